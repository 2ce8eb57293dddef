/** The access set of a transaction: one entry a cell, found by a filter, a scan or a hash table. */
import {
  ENTRY_BIAS,
  ENTRY_CELL_OFFSET,
  ENTRY_FLAGS_OFFSET,
  ENTRY_LENGTH,
  ENTRY_SHIFT,
  ENTRY_TAG_OFFSET,
  ENTRY_VALUE_OFFSET,
  ENTRY_WORD_OFFSET,
  ENTRY_WRITE,
} from '../entry-descriptor'
import {
  SLOT_DROPPED_COUNT_OFFSET,
  SLOT_ENTRIES_OFFSET,
  SLOT_ENTRY_CAPACITY_OFFSET,
  SLOT_ENTRY_COUNT_OFFSET,
  SLOT_FILTER_OFFSET,
  SLOT_INLINE_ENTRIES_OFFSET,
  SLOT_INLINE_ENTRY_COUNT,
  SLOT_INLINE_ORDER_OFFSET,
  SLOT_ORDER_OFFSET,
  SLOT_TABLE_MASK_OFFSET,
  SLOT_TABLE_OFFSET,
  SLOT_WRITE_COUNT_OFFSET,
} from '../slot-descriptor'
import { THREAD_LARGEST_SET_OFFSET } from '../thread-descriptor'
import { giveData, takeData } from './allocator'
import { giveValue } from './horizon'
import { thread } from './thread-record'

/** Entries that are found by a scan; a larger set has a table. */
export const SCAN_COUNT_MAX: u32 = 24

/** Entries at most. */
const ENTRY_COUNT_MAX: u32 = 1 << 20

/** The bit of a cell in the filter of an access set. */
export function filterBit(cell: u32): u64 {
  return (<u64>1) << ((cell * 0x9e3779b1) >> 26)
}

/** Gives back the lent blocks that were written over. */
function giveDropped(slot: usize): void {
  const count = load<u32>(slot, SLOT_ENTRY_COUNT_OFFSET)
  for (let i: u32 = 0; i < count; i++) {
    const entry = entryAt(slot, i)
    const value = load<u64>(entry, ENTRY_VALUE_OFFSET)
    if (load<u32>(entry, ENTRY_CELL_OFFSET) != 0 || value == 0) continue
    store<u64>(entry, 0, ENTRY_VALUE_OFFSET)
    giveValue(load<u32>(entry, ENTRY_TAG_OFFSET), value)
  }
  // Only now: who recovers the slot of a thread that died here gives back the rest.
  store<u32>(slot, 0, SLOT_DROPPED_COUNT_OFFSET)
}

/** Empties an access set that has borrowed nothing. */
export function forgetEntries(slot: usize): void {
  store<u32>(slot, 0, SLOT_ENTRY_COUNT_OFFSET)
  store<u32>(slot, 0, SLOT_WRITE_COUNT_OFFSET)
  store<u64>(slot, 0, SLOT_FILTER_OFFSET)
}

/** Whether an access set has borrowed blocks. */
export function hasBorrowed(slot: usize): bool {
  const borrowed = load<u32>(slot, SLOT_DROPPED_COUNT_OFFSET) | load<u32>(slot, SLOT_TABLE_OFFSET)
  return borrowed != 0 || load<u32>(slot, SLOT_ENTRY_CAPACITY_OFFSET) != SLOT_INLINE_ENTRY_COUNT
}

/**
 * Empties the access set and returns what it had borrowed. Here as everywhere: what is given back is
 * let go of first, so that a thread which is thrown out in between loses it and cannot give it twice.
 */
export function clearAccessSet(slot: usize): void {
  if (load<u32>(slot, SLOT_DROPPED_COUNT_OFFSET) != 0) giveDropped(slot)
  forgetEntries(slot)
  if (load<u32>(slot, SLOT_ENTRY_CAPACITY_OFFSET) != SLOT_INLINE_ENTRY_COUNT) {
    const entries = <usize>load<u32>(slot, SLOT_ENTRIES_OFFSET) + ENTRY_BIAS
    useInlineEntries(slot)
    giveData(entries)
  }
  const table = load<u32>(slot, SLOT_TABLE_OFFSET)
  if (table != 0) {
    store<u32>(slot, 0, SLOT_TABLE_OFFSET)
    giveData(table)
  }
}

/** Points a slot at the access set that lies in it. */
export function useInlineEntries(slot: usize): void {
  store<u32>(slot, <u32>slot + SLOT_INLINE_ENTRIES_OFFSET - ENTRY_BIAS, SLOT_ENTRIES_OFFSET)
  store<u32>(slot, SLOT_INLINE_ENTRY_COUNT, SLOT_ENTRY_CAPACITY_OFFSET)
  store<u32>(slot, <u32>slot + SLOT_INLINE_ORDER_OFFSET, SLOT_ORDER_OFFSET)
}

/** Address of the entry with this number. */
export function entryAt(slot: usize, index: u32): usize {
  return <usize>load<u32>(slot, SLOT_ENTRIES_OFFSET) + (index << ENTRY_SHIFT)
}

/** Address of the entry of a cell, or 0. */
export function findEntry(slot: usize, cell: u32): usize {
  if ((load<u64>(slot, SLOT_FILTER_OFFSET) & filterBit(cell)) == 0) return 0
  const table = <usize>load<u32>(slot, SLOT_TABLE_OFFSET)
  if (table != 0) return findInTable(slot, table, cell)
  let entry = <usize>load<u32>(slot, SLOT_ENTRIES_OFFSET)
  const end = entry + (load<u32>(slot, SLOT_ENTRY_COUNT_OFFSET) << ENTRY_SHIFT)
  while (entry < end) {
    if (load<u32>(entry, ENTRY_CELL_OFFSET) == cell) return entry
    entry += ENTRY_LENGTH
  }
  return 0
}

/** Whether a transaction is going to write a cell. */
export function hasWritten(slot: usize, cell: u32): bool {
  const entry = findEntry(slot, cell)
  return entry != 0 && (load<u32>(entry, ENTRY_FLAGS_OFFSET) & ENTRY_WRITE) != 0
}

function findInTable(slot: usize, table: usize, cell: u32): usize {
  const mask = load<u32>(slot, SLOT_TABLE_MASK_OFFSET)
  let at = (cell * 0x9e3779b1) & mask
  while (true) {
    const number = load<u32>(table + (at << 2))
    if (number == 0) return 0
    const entry = entryAt(slot, number - 1)
    if (load<u32>(entry, ENTRY_CELL_OFFSET) == cell) return entry
    at = (at + 1) & mask
  }
}

function putInTable(slot: usize, cell: u32, number: u32): void {
  const table = <usize>load<u32>(slot, SLOT_TABLE_OFFSET)
  const mask = load<u32>(slot, SLOT_TABLE_MASK_OFFSET)
  let at = (cell * 0x9e3779b1) & mask
  while (load<u32>(table + (at << 2)) != 0) at = (at + 1) & mask
  store<u32>(table + (at << 2), number)
}

function makeTable(slot: usize, count: u32): bool {
  const size = (<u32>1) << (34 - clz(count))
  const table = takeData(size << 2)
  if (table == 0) return false
  memory.fill(table, 0, size << 2)
  const old = load<u32>(slot, SLOT_TABLE_OFFSET)
  store<u32>(slot, <u32>table, SLOT_TABLE_OFFSET)
  store<u32>(slot, size - 1, SLOT_TABLE_MASK_OFFSET)
  if (old != 0) giveData(old)
  for (let i: u32 = 0; i < count; i++) {
    putInTable(slot, load<u32>(entryAt(slot, i), ENTRY_CELL_OFFSET), i + 1)
  }
  return true
}

function growEntries(slot: usize, count: u32): bool {
  if (count == ENTRY_COUNT_MAX) return false
  const capacity = min(count << 1, ENTRY_COUNT_MAX)
  // Behind the entries their lock order, and as much again to sort it.
  const entries = takeData(capacity * (ENTRY_LENGTH + 8))
  if (entries == 0) return false
  const old = entryAt(slot, 0) + ENTRY_BIAS
  memory.copy(entries, old, count << ENTRY_SHIFT)
  store<u32>(slot, <u32>entries - ENTRY_BIAS, SLOT_ENTRIES_OFFSET)
  store<u32>(slot, <u32>entries + (capacity << ENTRY_SHIFT), SLOT_ORDER_OFFSET)
  store<u32>(slot, capacity, SLOT_ENTRY_CAPACITY_OFFSET)
  if (count != SLOT_INLINE_ENTRY_COUNT) giveData(old)
  if (load<i64>(thread, THREAD_LARGEST_SET_OFFSET) < <i64>capacity) {
    store<i64>(thread, <i64>capacity, THREAD_LARGEST_SET_OFFSET)
  }
  return true
}

function makeRoom(slot: usize, count: u32): bool {
  if (count == load<u32>(slot, SLOT_ENTRY_CAPACITY_OFFSET) && !growEntries(slot, count))
    return false
  if (count < SCAN_COUNT_MAX) return true
  const table = load<u32>(slot, SLOT_TABLE_OFFSET)
  if (table != 0 && count << 1 <= load<u32>(slot, SLOT_TABLE_MASK_OFFSET)) return true
  return makeTable(slot, count)
}

/** Makes sure that the next call of addEntry succeeds; false when there is no room. Moves the entries. */
export function reserveEntry(slot: usize): bool {
  const count = load<u32>(slot, SLOT_ENTRY_COUNT_OFFSET)
  return count < SCAN_COUNT_MAX || makeRoom(slot, count)
}

/** Adds an entry; its address, or 0 when there is no room for it. Moves the others. */
export function addEntry(slot: usize, cell: u32, flags: u32, word: u64): usize {
  if (!reserveEntry(slot)) return 0
  const count = load<u32>(slot, SLOT_ENTRY_COUNT_OFFSET)
  const entry = entryAt(slot, count)
  store<u32>(entry, cell, ENTRY_CELL_OFFSET)
  store<u32>(entry, flags, ENTRY_FLAGS_OFFSET)
  store<u64>(entry, word, ENTRY_WORD_OFFSET)
  if (cell == 0) store<u64>(entry, 0, ENTRY_VALUE_OFFSET)
  store<u32>(slot, count + 1, SLOT_ENTRY_COUNT_OFFSET)
  store<u64>(slot, load<u64>(slot, SLOT_FILTER_OFFSET) | filterBit(cell), SLOT_FILTER_OFFSET)
  if (count >= SCAN_COUNT_MAX) putInTable(slot, cell, count + 1)
  return entry
}
