/** The parts of a cell, found from its address, as the kernel finds them. */

import { META_BIAS, META_START } from '../../native-layout/meta-descriptor.ts'
import { NODE_START } from '../../native-layout/node-descriptor.ts'
import { PAGE_LENGTH } from '../../native-layout/page-descriptor.ts'

/** Returns the address of the meta word of the cell at an address. */
export function metaAddress(cell: number): number {
  const place = cell % PAGE_LENGTH
  return cell - place + META_START - META_BIAS + place / 2
}

/** Returns the address of the node of the cell at an address. */
export function nodeAddress(cell: number): number {
  const place = cell % PAGE_LENGTH
  return cell - place + NODE_START + place * 2
}

/** Returns the address of the cell with the node at an address. */
export function cellAddress(node: number): number {
  const place = node % PAGE_LENGTH
  return node - place + (place - NODE_START) / 2
}
