/**
 * The stamps of the serial safety net (Wang, Johnson, Fekete, Pandis, VLDB Journal 26(4), 2017): for
 * each current version the largest stamp of its readers, for each replaced one pi of the transaction
 * that replaced it. See ARCHITECTURE.md, "Serializable".
 */
import { HEADER_GAP_ADDRESS_OFFSET, HEADER_GAP_COUNT_OFFSET } from '../arena-header-descriptor'
import { CELL_SHIFT, CELL_WORD_OFFSET } from '../cell-descriptor'
import {
  ENTRY_CELL_OFFSET,
  ENTRY_FLAGS_OFFSET,
  ENTRY_GAP,
  ENTRY_GENERATION_SHIFT,
  ENTRY_LENGTH,
  ENTRY_READ,
  ENTRY_SHIFT,
  ENTRY_WORD_OFFSET,
  ENTRY_WRITE,
} from '../entry-descriptor'
import { GAP_ID_SHIFT, GAP_PSTAMP_OFFSET } from '../gap-descriptor'
import { NODE_PSTAMP_OFFSET } from '../node-descriptor'
import { SLOT_ENTRY_COUNT_OFFSET } from '../slot-descriptor'
import {
  HANDLE_SHIFT,
  VERSION_CHAIN_OFFSET,
  VERSION_SSTAMP_OFFSET,
  VERSION_WORD_OFFSET,
} from '../version-descriptor'
import { HEAD_SHIFT, TIMESTAMP_SHIFT } from '../word-descriptor'
import { entryAt } from './access-set'
import { metaOf, nodeOf } from './cell'
import { generationIn } from './hash-index'

/** What `sstampOf` says when there is no such version. No pi is that small. */
export const NOT_KEPT: u64 = 1

/** The word of the cell of an entry. */
export function wordOf(entry: usize): u64 {
  const address = (<usize>load<u32>(entry, ENTRY_CELL_OFFSET)) << CELL_SHIFT
  return atomic.load<u64>(address, CELL_WORD_OFFSET)
}

/** Raises a stamp in memory; one that is larger stays. */
export function raise(address: usize, stamp: u64): void {
  while (true) {
    const old = atomic.load<u64>(address)
    if (old >= stamp || atomic.cmpxchg<u64>(address, old, stamp) == old) return
  }
}

/** Where the largest stamp of the readers of a cell is. */
function cellStamp(cell: u32): usize {
  return nodeOf((<usize>cell) << CELL_SHIFT) + NODE_PSTAMP_OFFSET
}

/** Where the largest stamp of those is who found a key of this gap missing; of a leaf the same. */
function gapStamp(gap: u32): usize {
  return ((<usize>gap) << CELL_SHIFT) + GAP_PSTAMP_OFFSET
}

/**
 * Hands the readers of a cell that is being taken from its key over to the gap of the key. The cell is
 * locked: who raises the stamp of the cell later finds its word changed.
 */
export function handOverReaders(cell: u32, gap: u32): void {
  raise(gapStamp(gap), atomic.load<u64>(cellStamp(cell)))
}

/** The largest stamp of the readers of what an entry stands for. */
export function pstampOf(entry: usize, flags: u32): u64 {
  const cell = load<u32>(entry, ENTRY_CELL_OFFSET)
  return atomic.load<u64>(flags & ENTRY_GAP ? gapStamp(cell) : cellStamp(cell))
}

/** Raises the stamp of what an entry stands for. */
export function raiseRead(entry: usize, flags: u32, stamp: u64): void {
  const cell = load<u32>(entry, ENTRY_CELL_OFFSET)
  raise(flags & ENTRY_GAP ? gapStamp(cell) : cellStamp(cell), stamp)
}

/** Whether the entry of a gap is that of a leaf of the ordered index. */
export function isLeafEntry(entry: usize, flags: u32): bool {
  if (!(flags & ENTRY_GAP)) return false
  const first = load<u32>(0, HEADER_GAP_ADDRESS_OFFSET) >> CELL_SHIFT
  const cell = load<u32>(entry, ENTRY_CELL_OFFSET)
  return cell - first >= load<u32>(0, HEADER_GAP_COUNT_OFFSET) << GAP_ID_SHIFT
}

/** Raises the stamps of what a transaction has read and does not write. */
export function raiseReads(slot: usize, stamp: u64): void {
  let entry = entryAt(slot, 0)
  const end = entry + (load<u32>(slot, SLOT_ENTRY_COUNT_OFFSET) << ENTRY_SHIFT)
  for (; entry < end; entry += ENTRY_LENGTH) {
    const flags = load<u32>(entry, ENTRY_FLAGS_OFFSET)
    if ((flags & (ENTRY_READ | ENTRY_WRITE)) == ENTRY_READ) raiseRead(entry, flags, stamp)
  }
}

/**
 * pi of the transaction that replaced the version which an entry has read; 0 when the cell is being
 * changed; NOT_KEPT when there is no such version. It is kept as long as its reader is ACTIVE, and if it
 * says that there was no value, when transactions were open that may be judged. The word of the cell was
 * `word` before, without a lock: chains change under locks only.
 */
export function sstampOf(entry: usize, word: u64): u64 {
  const cell = load<u32>(entry, ENTRY_CELL_OFFSET)
  const address = (<usize>cell) << CELL_SHIFT
  const wanted = load<u64>(entry, ENTRY_WORD_OFFSET) >> TIMESTAMP_SHIFT
  const meta = metaOf(address)
  let handle = <u32>(meta >> HEAD_SHIFT)
  const generation = load<u32>(entry, ENTRY_FLAGS_OFFSET) >> ENTRY_GENERATION_SHIFT
  if (handle != 0 && generationIn(meta) != generation) return 0
  while (handle != 0) {
    const version = (<usize>handle) << HANDLE_SHIFT
    const kept = atomic.load<u64>(version, VERSION_WORD_OFFSET)
    const stamp = kept >> TIMESTAMP_SHIFT
    const sstamp = atomic.load<u64>(version, VERSION_SSTAMP_OFFSET)
    const chain = atomic.load<u64>(version, VERSION_CHAIN_OFFSET)
    // A sweep changes chains, too, and leaves the word of the cell as it was.
    if (<u32>chain != cell) return 0
    if (atomic.load<u64>(version, VERSION_WORD_OFFSET) != kept) return 0
    if (stamp == wanted) {
      return atomic.load<u64>(address, CELL_WORD_OFFSET) == word ? sstamp : 0
    }
    handle = stamp < wanted ? 0 : <u32>(chain >> HEAD_SHIFT)
  }
  return atomic.load<u64>(address, CELL_WORD_OFFSET) == word ? NOT_KEPT : 0
}
