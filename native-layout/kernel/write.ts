/** Writing cells: everything stays in the access set until the commit. */
import { CELL_SHIFT, CELL_VALUE_OFFSET, CELL_WORD_OFFSET } from '../cell-descriptor'
import {
  ENTRY_CELL_OFFSET,
  ENTRY_FLAGS_OFFSET,
  ENTRY_GAP,
  ENTRY_GENERATION_SHIFT,
  ENTRY_LENGTH,
  ENTRY_LENT,
  ENTRY_READ,
  ENTRY_SHIFT,
  ENTRY_TAG_OFFSET,
  ENTRY_VALUE_OFFSET,
  ENTRY_VERSION_OFFSET,
  ENTRY_WORD_OFFSET,
  ENTRY_WRITE,
} from '../entry-descriptor'
import {
  MODE_CLOSED,
  MODE_ISOLATION_MASK,
  MODE_READ_COMMITTED,
  SLOT_BOUND_OFFSET,
  SLOT_DROPPED_COUNT_OFFSET,
  SLOT_ENTRY_COUNT_OFFSET,
  SLOT_MODE_OFFSET,
  SLOT_TABLE_OFFSET,
  SLOT_WRITE_COUNT_OFFSET,
} from '../slot-descriptor'
import { STATUS_OK, STATUS_REF_EXPIRED, STATUS_SNAPSHOT_MOVED, TAG_NUMBER } from '../status-codes'
import { THREAD_OVERWRITE_COUNT_OFFSET } from '../thread-descriptor'
import { OWNER_MASK, PLAIN_FLAG, TIMESTAMP_SHIFT } from '../word-descriptor'
import { addEntry, entryAt, findEntry } from './access-set'
import { metaWith } from './cell'
import { isUpdate } from './commutative'
import { generationIn } from './hash-index'
import { giveValue } from './horizon'
import { linkOrdered } from './ordered-insert'
import { absentSince, gapOfCell, isOf, isUnborn, lost, roomFailure } from './read'
import { blame, extend } from './snapshot'
import { thread } from './thread-record'

/** Counts an entry that has become one that writes. */
export function countWrite(slot: usize): void {
  store<u32>(slot, load<u32>(slot, SLOT_WRITE_COUNT_OFFSET) + 1, SLOT_WRITE_COUNT_OFFSET)
}

/** Makes the entry of the gap that a first version of this cell has to write. */
function writeGap(slot: usize, cell: u32): u32 {
  const gap = gapOfCell(cell)
  const entry = findEntry(slot, gap)
  if (entry != 0) {
    const flags = load<u32>(entry, ENTRY_FLAGS_OFFSET)
    if (flags & ENTRY_WRITE) return STATUS_OK
    store<u32>(entry, flags | ENTRY_WRITE, ENTRY_FLAGS_OFFSET)
    store<u32>(entry, 0, ENTRY_TAG_OFFSET)
    store<u32>(entry, 0, ENTRY_VERSION_OFFSET)
  } else {
    // Nobody validates the word: with it the gap is locked at the first attempt.
    const word = atomic.load<u64>((<usize>gap) << CELL_SHIFT, CELL_WORD_OFFSET) & ~(<u64>OWNER_MASK)
    const fresh = addEntry(slot, gap, ENTRY_GAP | ENTRY_WRITE, word)
    if (fresh == 0) return roomFailure(slot)
    store<u32>(fresh, 0, ENTRY_TAG_OFFSET)
    store<u32>(fresh, 0, ENTRY_VERSION_OFFSET)
  }
  countWrite(slot)
  return STATUS_OK
}

/** Whether no key was inserted beside this one since the transaction found it missing, if it did. */
function isGapUnchanged(slot: usize, cell: u32): bool {
  const gap = gapOfCell(cell)
  const entry = findEntry(slot, gap)
  if (entry == 0 || !(load<u32>(entry, ENTRY_FLAGS_OFFSET) & ENTRY_READ)) return true
  const word = atomic.load<u64>((<usize>gap) << CELL_SHIFT, CELL_WORD_OFFSET)
  return (word & ~(<u64>OWNER_MASK)) == load<u64>(entry, ENTRY_WORD_OFFSET)
}

/** A transaction without a closed snapshot may write over a newer version only after moving to it. */
function mayWriteOver(slot: usize, cell: u32, stamp: u64): bool {
  const mode = load<u32>(slot, SLOT_MODE_OFFSET)
  if (mode & MODE_CLOSED) return true
  if ((mode & MODE_ISOLATION_MASK) == MODE_READ_COMMITTED) return isGapUnchanged(slot, cell)
  if (stamp <= load<u64>(slot, SLOT_BOUND_OFFSET)) return true
  blame(slot, cell, 0)
  return extend(slot)
}

/**
 * Writes another value over one that the entry was to write, and gives that back. A lent block stays
 * in memory until the transaction ends, in an entry that stands for no cell. Why there was no room.
 */
function overwrite(slot: usize, entry: usize, tag: u32, value: u64): u32 {
  const cell = load<u32>(entry, ENTRY_CELL_OFFSET)
  const flags = load<u32>(entry, ENTRY_FLAGS_OFFSET)
  let dropped: usize = 0
  if (flags & ENTRY_LENT) {
    dropped = addEntry(slot, 0, ENTRY_GAP | ENTRY_LENT, 0)
    if (dropped == 0) return roomFailure(slot)
    entry = findEntry(slot, cell)
  }
  const overwrites = load<u32>(thread, THREAD_OVERWRITE_COUNT_OFFSET) + 1
  store<u32>(thread, overwrites, THREAD_OVERWRITE_COUNT_OFFSET)
  const oldTag = load<u32>(entry, ENTRY_TAG_OFFSET)
  const oldValue = load<u64>(entry, ENTRY_VALUE_OFFSET)
  store<u32>(entry, tag, ENTRY_TAG_OFFSET)
  store<u64>(entry, value, ENTRY_VALUE_OFFSET)
  if (dropped == 0) {
    giveValue(oldTag, oldValue)
    return STATUS_OK
  }
  store<u32>(entry, flags & ~ENTRY_LENT, ENTRY_FLAGS_OFFSET)
  store<u32>(dropped, oldTag, ENTRY_TAG_OFFSET)
  store<u64>(dropped, oldValue, ENTRY_VALUE_OFFSET)
  store<u32>(slot, load<u32>(slot, SLOT_DROPPED_COUNT_OFFSET) + 1, SLOT_DROPPED_COUNT_OFFSET)
  return STATUS_OK
}

/**
 * Readies a cell in which nothing was committed for its first version: its leaf and its gap. Its entry
 * has ENTRY_READ afterwards if a scan of this transaction has found the key missing.
 */
export function linkFirst(slot: usize, cell: u32, generation: u32): u32 {
  const status = linkOrdered(slot, cell, generation)
  return status == STATUS_OK ? writeGap(slot, cell) : status
}

/** Whether a transaction that has not looked at a cell with this word and meta word may write over it. */
function mayWriteFirst(slot: usize, cell: u32, word: u64, meta: u64): bool {
  let stamp = word >> TIMESTAMP_SHIFT
  if (isUnborn(meta, atomic.load<u64>((<usize>cell) << CELL_SHIFT, CELL_VALUE_OFFSET))) {
    stamp = max(stamp, absentSince(cell))
  }
  return mayWriteOver(slot, cell, stamp)
}

/** Has an entry that was read be written. */
function fill(slot: usize, entry: usize, flags: u32, tag: u32, value: u64): u32 {
  store<u32>(entry, 0, ENTRY_VERSION_OFFSET)
  store<u32>(entry, tag, ENTRY_TAG_OFFSET)
  store<u64>(entry, value, ENTRY_VALUE_OFFSET)
  store<u32>(entry, flags | ENTRY_WRITE, ENTRY_FLAGS_OFFSET)
  countWrite(slot)
  return STATUS_OK
}

/** Writes a tag and a value; STATUS_OK or why not, in which case nothing changed. */
export function put(slot: usize, cell: u32, generation: u32, tag: u32, value: u64): u32 {
  const address = (<usize>cell) << CELL_SHIFT
  // The word before the generation: then it is from that generation's time, or an earlier one.
  const word = atomic.load<u64>(address, CELL_WORD_OFFSET) & ~(<u64>OWNER_MASK)
  const meta = metaWith(address, word)
  if (generationIn(meta) != generation) return STATUS_REF_EXPIRED
  let entry = findEntry(slot, cell)
  if (entry == 0) {
    if (!mayWriteFirst(slot, cell, word, meta)) return STATUS_SNAPSHOT_MOVED
    entry = addEntry(slot, cell, generation << ENTRY_GENERATION_SHIFT, word)
    if (entry == 0) return roomFailure(slot)
  } else if (!isOf(entry, generation)) {
    return lost(slot)
  }
  let flags = load<u32>(entry, ENTRY_FLAGS_OFFSET)
  if (flags & ENTRY_WRITE) {
    if (isUpdate(entry, flags)) {
      // The update has not looked at the cell: what is there now is what the write replaces.
      if (!mayWriteFirst(slot, cell, word, meta)) return STATUS_SNAPSHOT_MOVED
      store<u64>(entry, word, ENTRY_WORD_OFFSET)
    }
    return overwrite(slot, entry, tag, value)
  }
  if (isUnborn(meta, atomic.load<u64>(address, CELL_VALUE_OFFSET))) {
    const status = linkFirst(slot, cell, generation)
    if (status != STATUS_OK) return status
    entry = findEntry(slot, cell)
    flags = load<u32>(entry, ENTRY_FLAGS_OFFSET)
  }
  return fill(slot, entry, flags, tag, value)
}

/**
 * The entry in a small set that has nothing but the read of a plain number in this cell, or 0. What
 * became of the cell meanwhile, the commit finds out: it had a value, and its word does not come back.
 */
function findPlainRead(slot: usize, cell: u32, generation: u32): usize {
  if (load<u32>(slot, SLOT_TABLE_OFFSET) != 0) return 0
  let entry = entryAt(slot, 0)
  const end = entry + (load<u32>(slot, SLOT_ENTRY_COUNT_OFFSET) << ENTRY_SHIFT)
  while (entry < end && load<u32>(entry, ENTRY_CELL_OFFSET) != cell) entry += ENTRY_LENGTH
  if (entry >= end) return 0
  const flags = ENTRY_READ | (generation << ENTRY_GENERATION_SHIFT)
  if (load<u32>(entry, ENTRY_FLAGS_OFFSET) != flags) return 0
  return <u32>load<u64>(entry, ENTRY_WORD_OFFSET) & PLAIN_FLAG ? entry : 0
}

/** Writes a number; STATUS_OK or why not, in which case nothing changed. */
export function writeNumber(slot: usize, cell: u32, generation: u32, value: f64): u32 {
  const known = findPlainRead(slot, cell, generation)
  if (known != 0) {
    const flags = load<u32>(known, ENTRY_FLAGS_OFFSET)
    return fill(slot, known, flags, TAG_NUMBER, reinterpret<u64>(value))
  }
  return put(slot, cell, generation, TAG_NUMBER, reinterpret<u64>(value))
}

/** Writes an inline value of two 32-bit halves, or a block handle in the low half. */
export function writeValue(
  slot: usize,
  cell: u32,
  generation: u32,
  tag: u32,
  low: u32,
  high: u32,
): u32 {
  return put(slot, cell, generation, tag, ((<u64>high) << 32) | <u64>low)
}
