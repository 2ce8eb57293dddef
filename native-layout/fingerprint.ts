/**
 * The fingerprint of all descriptors. It stands in the header of every arena; a thread whose own
 * fingerprint differs must not touch that arena.
 */
import * as arenaHeader from './arena-header-descriptor.ts'
import * as batch from './batch-descriptor.ts'
import * as block from './block-descriptor.ts'
import * as cell from './cell-descriptor.ts'
import * as chunk from './chunk-descriptor.ts'
import * as entry from './entry-descriptor.ts'
import * as gap from './gap-descriptor.ts'
import * as index from './index-descriptor.ts'
import * as meta from './meta-descriptor.ts'
import * as node from './node-descriptor.ts'
import * as orderedNode from './ordered-node-descriptor.ts'
import * as page from './page-descriptor.ts'
import * as pin from './pin-descriptor.ts'
import * as replaced from './replaced-descriptor.ts'
import * as retired from './retired-descriptor.ts'
import * as scan from './scan-descriptor.ts'
import * as slot from './slot-descriptor.ts'
import * as status from './status-codes.ts'
import * as thread from './thread-descriptor.ts'
import * as version from './version-descriptor.ts'
import * as word from './word-descriptor.ts'

/** Every descriptor by name. */
export const DESCRIPTORS: Readonly<Record<string, Readonly<Record<string, number>>>> = {
  arenaHeader,
  batch,
  block,
  cell,
  chunk,
  entry,
  gap,
  index,
  meta,
  node,
  orderedNode,
  page,
  pin,
  replaced,
  retired,
  scan,
  slot,
  status,
  thread,
  version,
  word,
}

const FNV_OFFSET = 0x811c9dc5
const FNV_PRIME = 0x01000193

/** Hash of a text (FNV-1a, 32 bits). */
export function textFingerprint(text: string): number {
  let hash = FNV_OFFSET
  for (const character of text) hash = Math.imul(hash ^ (character.codePointAt(0) ?? 0), FNV_PRIME)
  return hash >>> 0
}

/** Fingerprint of the names and numbers of all descriptors, in the order of names. */
export function layoutFingerprint(descriptors: typeof DESCRIPTORS = DESCRIPTORS): number {
  const lines: string[] = []
  for (const [name, constants] of Object.entries(descriptors)) {
    for (const [constant, value] of Object.entries(constants)) {
      lines.push(`${name}.${constant}=${value}`)
    }
  }
  return textFingerprint(lines.sort().join('\n'))
}
