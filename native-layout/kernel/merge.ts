/**
 * Writes that TypeScript merges with what others have committed. Such a write is based on exactly one
 * version, whose word its entry holds: first the base, which is looked at and not read, then whatever
 * version it was merged with. A commit that meets another word says so, and stays open.
 */
import { CELL_SHIFT, CELL_WORD_OFFSET } from '../cell-descriptor'
import {
  ENTRY_CELL_OFFSET,
  ENTRY_FLAGS_OFFSET,
  ENTRY_GAP,
  ENTRY_GENERATION_SHIFT,
  ENTRY_LENT,
  ENTRY_MERGED,
  ENTRY_READ,
  ENTRY_TAG_OFFSET,
  ENTRY_VALUE_OFFSET,
  ENTRY_WORD_OFFSET,
  ENTRY_WRITE,
} from '../entry-descriptor'
import {
  MODE_ISOLATION_MASK,
  MODE_READ_COMMITTED,
  MODE_SERIALIZABLE,
  SLOT_BUDGET_OFFSET,
  SLOT_ENTRY_COUNT_OFFSET,
  SLOT_MODE_OFFSET,
  SLOT_TAG_OFFSET,
} from '../slot-descriptor'
import { STATUS_FAILURE_FIRST, STATUS_SNAPSHOT_MOVED, STATUS_WRITE_CONFLICT } from '../status-codes'
import { entryAt, findEntry } from './access-set'
import { isUpdate, typeOf } from './commutative'
import { fail, gapOfCell, isOf, lost, readSlowly } from './read'
import { blame } from './snapshot'

/** Whether an entry with these flags is a write that is based on the one version whose word it holds. */
export function isMerged(flags: u32): bool {
  return (flags & (ENTRY_WRITE | ENTRY_READ | ENTRY_MERGED)) == (ENTRY_WRITE | ENTRY_MERGED)
}

/** The isolation level of a transaction. */
function levelOf(slot: usize): u32 {
  return load<u32>(slot, SLOT_MODE_OFFSET) & MODE_ISOLATION_MASK
}

/** Whether the key of a cell may have come after the transaction had found it missing. */
function hasMissed(slot: usize, cell: u32): bool {
  const gap = gapOfCell(cell)
  const entry = findEntry(slot, gap)
  if (entry == 0 || !(load<u32>(entry, ENTRY_FLAGS_OFFSET) & ENTRY_READ)) return false
  // While it is locked, the cell may be that of the owner already.
  const word = atomic.load<u64>((<usize>gap) << CELL_SHIFT, CELL_WORD_OFFSET)
  return word != load<u64>(entry, ENTRY_WORD_OFFSET)
}

/** Ends the attempt: what the write is to be based on is not known any more. */
function refuse(slot: usize, cell: u32, status: u32): f64 {
  blame(slot, cell, 0)
  return fail(slot, status)
}

/**
 * Takes the word of the version that was just looked at over into the entry that its cell has, where that
 * was not read; of one that was read it is the version that was read. False: it is another one.
 */
function adopt(slot: usize, entry: usize, noted: usize): bool {
  const word = load<u64>(noted, ENTRY_WORD_OFFSET)
  // One entry a cell (E1).
  store<u32>(noted, 0, ENTRY_CELL_OFFSET)
  store<u32>(noted, ENTRY_GAP, ENTRY_FLAGS_OFFSET)
  store<u64>(noted, 0, ENTRY_VALUE_OFFSET)
  const flags = load<u32>(entry, ENTRY_FLAGS_OFFSET)
  if (flags & ENTRY_READ) {
    // Above this level it is the same one: that of the snapshot.
    if (levelOf(slot) != MODE_READ_COMMITTED) return true
    return load<u64>(entry, ENTRY_WORD_OFFSET) == word
  }
  // An update that is about to be written over is an ordinary write then.
  const tag = load<u32>(entry, ENTRY_TAG_OFFSET)
  if (isUpdate(entry, flags)) store<u32>(entry, typeOf(tag), ENTRY_TAG_OFFSET)
  store<u64>(entry, word, ENTRY_WORD_OFFSET)
  return true
}

/**
 * Looks at what a write of a cell is based on: as `read`, but that own writes are passed over, and that it
 * does not become part of what is validated. WRITE_CONFLICT: at read-committed, the cell was read and has
 * changed since.
 */
export function readBase(slot: usize, cell: u32, generation: u32): f64 {
  const at = load<u32>(slot, SLOT_ENTRY_COUNT_OFFSET)
  const known = findEntry(slot, cell)
  if (known != 0 && !isOf(known, generation)) return fail(slot, lost(slot))
  const found = readSlowly(slot, cell, generation, 0)
  if (load<u32>(slot, SLOT_TAG_OFFSET) >= <u32>STATUS_FAILURE_FIRST) return found
  const noted = entryAt(slot, at)
  if (known != 0) {
    if (adopt(slot, findEntry(slot, cell), noted)) return found
    return refuse(slot, cell, STATUS_WRITE_CONFLICT)
  }
  if (levelOf(slot) == MODE_READ_COMMITTED && hasMissed(slot, cell)) {
    return refuse(slot, cell, STATUS_SNAPSHOT_MOVED)
  }
  store<u32>(noted, generation << ENTRY_GENERATION_SHIFT, ENTRY_FLAGS_OFFSET)
  return found
}

/**
 * Has the write of a cell, whose base was looked at, be merged where it meets another version. What was
 * read at serializable stays a read; below, reads are not validated, and it counts as a write alone. Such
 * a one does not hold back a snapshot that moves, so that of a transaction that has read it stays.
 */
export function mergeWrite(slot: usize, cell: u32): void {
  const entry = findEntry(slot, cell)
  const flags = load<u32>(entry, ENTRY_FLAGS_OFFSET)
  if (flags & ENTRY_READ) {
    if (levelOf(slot) == MODE_SERIALIZABLE) return
    store<u32>(slot, 0, SLOT_BUDGET_OFFSET)
  }
  store<u32>(entry, (flags & ~ENTRY_READ) | ENTRY_MERGED, ENTRY_FLAGS_OFFSET)
}

/**
 * Bases the write of a cell on the version that another slot has read there; false when it is already, or
 * is none that is merged. With `keeps` the block to write stays in memory until the transaction ends,
 * also when it is written over.
 */
export function rebaseWrite(slot: usize, cell: u32, other: usize, keeps: bool): bool {
  const entry = findEntry(slot, cell)
  const flags = load<u32>(entry, ENTRY_FLAGS_OFFSET)
  const word = load<u64>(findEntry(other, cell), ENTRY_WORD_OFFSET)
  if (!isMerged(flags) || load<u64>(entry, ENTRY_WORD_OFFSET) == word) return false
  store<u64>(entry, word, ENTRY_WORD_OFFSET)
  if (keeps) store<u32>(entry, flags | ENTRY_LENT, ENTRY_FLAGS_OFFSET)
  return true
}
