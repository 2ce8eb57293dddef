/** The parts of a cell, found from its address. */
import { CELL_LENGTH, CELLS_A_LINE, CELLS_A_PAGE } from '../cell-descriptor'
import { META_BIAS, META_START, META_WORD_OFFSET } from '../meta-descriptor'
import { NODE_START } from '../node-descriptor'
import { PAGE_LENGTH } from '../page-descriptor'
import { PLAIN_FLAG, PLAIN_META } from '../word-descriptor'

/** Mask of an address within its page. */
const PLACE_MASK: usize = PAGE_LENGTH - 1

/** Address of the node of the cell at this address. */
export function nodeOf(cell: usize): usize {
  return (cell & ~PLACE_MASK) + NODE_START + ((cell & PLACE_MASK) << 1)
}

/** Address of the cell with the node at this address. */
export function cellOf(node: usize): usize {
  return (node & ~PLACE_MASK) + (((node & PLACE_MASK) - NODE_START) >> 1)
}

function metaAddress(cell: usize): usize {
  return (cell & ~PLACE_MASK) + (META_START - META_BIAS) + ((cell & PLACE_MASK) >> 1)
}

/** The meta word of the cell at this address. */
export function metaOf(cell: usize): u64 {
  return atomic.load<u64>(metaAddress(cell), META_WORD_OFFSET)
}

/** Stores the meta word of the cell at this address. */
export function setMeta(cell: usize, meta: u64): void {
  atomic.store<u64>(metaAddress(cell), meta, META_WORD_OFFSET)
}

/** The meta word of the cell at this address while its word is this one, which may say it (W3). */
export function metaWith(cell: usize, word: u64): u64 {
  return <u32>word & PLAIN_FLAG ? PLAIN_META : metaOf(cell)
}

/** What a cell word with this timestamp says of this meta word: the word to store. */
export function wordWith(word: u64, meta: u64): u64 {
  return meta == PLAIN_META ? word | PLAIN_FLAG : word
}

/**
 * The cell to cut after the one at this address: every fourth one first, so that the cells of a small
 * table do not share cache lines, then those in between. Behind the last one comes the end of the cells.
 */
export function cellAfter(cell: usize): usize {
  const end = <usize>(CELLS_A_PAGE * CELL_LENGTH)
  const next = cell + CELLS_A_LINE * CELL_LENGTH
  const place = next & PLACE_MASK
  if (place < end) return next
  const isLast = place == end + (CELLS_A_LINE - 1) * CELL_LENGTH
  return isLast ? next - place + end : next - end + CELL_LENGTH
}
