/** The write set in address order; locking it, and letting it go. */
import { CELL_SHIFT, CELL_WORD_OFFSET } from '../cell-descriptor'
import {
  ENTRY_CELL_OFFSET,
  ENTRY_FLAGS_OFFSET,
  ENTRY_GAP,
  ENTRY_GENERATION_SHIFT,
  ENTRY_IGNORED,
  ENTRY_LENGTH,
  ENTRY_READ,
  ENTRY_SHIFT,
  ENTRY_TAG_OFFSET,
  ENTRY_VALUE_OFFSET,
  ENTRY_WORD_OFFSET,
  ENTRY_WRITE,
} from '../entry-descriptor'
import {
  MODE_CLOSED,
  MODE_CONFLICT_APPEND,
  MODE_CONFLICT_FAIL,
  MODE_CONFLICT_IGNORE,
  MODE_CONFLICT_MASK,
  MODE_ISOLATION_MASK,
  MODE_SERIALIZABLE,
  MODE_UPDATES,
  SLOT_BOUND_OFFSET,
  SLOT_ENTRY_CAPACITY_OFFSET,
  SLOT_ENTRY_COUNT_OFFSET,
  SLOT_IGNORED_COUNT_OFFSET,
  SLOT_INLINE_ENTRY_COUNT,
  SLOT_MODE_OFFSET,
  SLOT_ORDER_OFFSET,
  SLOT_OWNER_OFFSET,
  SLOT_WRITE_COUNT_OFFSET,
} from '../slot-descriptor'
import {
  STATUS_LOCKED,
  STATUS_OK,
  STATUS_STALE_READ,
  STATUS_UNMERGED,
  STATUS_WRITE_CONFLICT,
  TAG_APPEND_ON_CONFLICT,
  TAG_BATCH,
} from '../status-codes'
import { OWNER_MASK, TIMESTAMP_SHIFT } from '../word-descriptor'
import { entryAt } from './access-set'
import { isUpdate } from './commutative'
import { generationOf, scratch } from './hash-index'
import { isMerged } from './merge'
import { isAddable } from './rows'
import { blameEntry } from './snapshot'

/** Times that a foreign lock is looked at again before the attempt ends. */
const LOCK_SPINS: u32 = 256

/** Steps of the pause before an update looks at a foreign lock again: some commits of its owner. */
const PAUSE_STEPS: u32 = 1000

/** Dropped writes that fit into the list that the commit leaves. */
const IGNORED_COUNT_MAX: u32 = 8192

/** Bits of a digit of a cell's id. With an even number of digits the sorted order ends where it began. */
const DIGIT_BITS: u32 = 7
const DIGIT_MASK: u32 = (1 << DIGIT_BITS) - 1

/** Digits of an id, which has 28 bits. */
const DIGITS: u32 = 4

/** Bytes of the counts of one digit's values. */
const COUNTS_LENGTH: u32 = 4 << DIGIT_BITS

/** Only there to be counted, so that a pause takes time. */
let pauses: u32 = 0

/** Largest timestamp that the locked cells had, which the commit has to exceed. */
export let largestStamp: u64 = 0

function cellOf(entry: usize): u32 {
  return load<u32>(entry, ENTRY_CELL_OFFSET)
}

/** Entry addresses of the write set, in the slot's lock order. */
function orderAt(order: usize, index: u32): usize {
  return load<u32>(order + (index << 2))
}

function insertInOrder(order: usize, length: u32, entry: usize): void {
  let at = length
  while (at > 0 && cellOf(orderAt(order, at - 1)) > cellOf(entry)) {
    store<u32>(order + (at << 2), <u32>orderAt(order, at - 1))
    at--
  }
  store<u32>(order + (at << 2), <u32>entry)
}

/** Counts how often each value of each digit occurs among the cells, in the scratch area. */
function countDigits(order: usize, length: u32): void {
  memory.fill(scratch(), 0, DIGITS * COUNTS_LENGTH)
  for (let i: u32 = 0; i < length; i++) {
    let rest = cellOf(orderAt(order, i))
    for (let digit: u32 = 0; digit < DIGITS; digit++) {
      const count = scratch() + digit * COUNTS_LENGTH + ((rest & DIGIT_MASK) << 2)
      store<u32>(count, load<u32>(count) + 1)
      rest >>= DIGIT_BITS
    }
  }
}

/** Sorts many entries by cell, one digit after the other from the lowest; `spare` is as long as the order. */
function sortByDigits(order: usize, spare: usize, length: u32): void {
  countDigits(order, length)
  let from = order
  let to = spare
  for (let digit: u32 = 0; digit < DIGITS; digit++) {
    const places = scratch() + digit * COUNTS_LENGTH
    let place = to
    for (let at = places; at < places + COUNTS_LENGTH; at += 4) {
      const count = load<u32>(at)
      store<u32>(at, <u32>place)
      place += count << 2
    }
    for (let i: u32 = 0; i < length; i++) {
      const entry = orderAt(from, i)
      const value = (cellOf(entry) >> (digit * DIGIT_BITS)) & DIGIT_MASK
      const free = <usize>load<u32>(places + (value << 2))
      store<u32>(free, <u32>entry)
      store<u32>(places + (value << 2), <u32>(free + 4))
    }
    const sorted = to
    to = from
    from = sorted
  }
}

/** Writes the addresses of the writing entries, sorted by cell, into the slot's lock order. */
export function orderWrites(slot: usize): void {
  const order = <usize>load<u32>(slot, SLOT_ORDER_OFFSET)
  const few = load<u32>(slot, SLOT_WRITE_COUNT_OFFSET) <= SLOT_INLINE_ENTRY_COUNT
  let entry = entryAt(slot, 0)
  const end = entry + (load<u32>(slot, SLOT_ENTRY_COUNT_OFFSET) << ENTRY_SHIFT)
  let length: u32 = 0
  for (; entry < end; entry += ENTRY_LENGTH) {
    if (!(load<u32>(entry, ENTRY_FLAGS_OFFSET) & ENTRY_WRITE)) continue
    if (few) insertInOrder(order, length, entry)
    else store<u32>(order + (length << 2), <u32>entry)
    length++
  }
  if (few) return
  const capacity = load<u32>(slot, SLOT_ENTRY_CAPACITY_OFFSET)
  sortByDigits(order, order + (capacity << 2), length)
}

/** Has a batch that met a conflict be added to what is there, if it can be; a conflict otherwise. */
function appendInstead(slot: usize, entry: usize): u32 {
  if (load<u32>(entry, ENTRY_TAG_OFFSET) != TAG_BATCH) return STATUS_WRITE_CONFLICT
  if (!isAddable(load<u64>(entry, ENTRY_VALUE_OFFSET))) return STATUS_WRITE_CONFLICT
  store<u32>(entry, TAG_APPEND_ON_CONFLICT, ENTRY_TAG_OFFSET)
  store<u32>(slot, load<u32>(slot, SLOT_MODE_OFFSET) | MODE_UPDATES, SLOT_MODE_OFFSET)
  return STATUS_OK
}

/**
 * First committer wins, and what the conflict mode makes of it: OK to lock the cell, WRITE_CONFLICT
 * or STALE_READ to abort, UNMERGED to merge. With `ignore` the entry is marked and the answer is OK.
 */
function resolve(slot: usize, entry: usize, flags: u32, word: u64): u32 {
  const mode = load<u32>(slot, SLOT_MODE_OFFSET)
  const same = word == load<u64>(entry, ENTRY_WORD_OFFSET)
  const validated = flags & ENTRY_READ && (mode & MODE_ISOLATION_MASK) == MODE_SERIALIZABLE
  if (flags & ENTRY_GAP) return validated && !same ? STATUS_STALE_READ : STATUS_OK
  // Whatever version is current is the one that it is made of.
  if (isUpdate(entry, flags)) return STATUS_OK
  // Made of one version and of no other, whatever the snapshot holds.
  if (isMerged(flags)) return same ? STATUS_OK : STATUS_UNMERGED
  // What a closed snapshot holds is no conflict, also when it was being installed at the first access.
  const isFirst =
    mode & MODE_CLOSED ? word >> TIMESTAMP_SHIFT <= load<u64>(slot, SLOT_BOUND_OFFSET) : same
  if (isFirst) return STATUS_OK
  const resolution = mode & MODE_CONFLICT_MASK
  if (resolution == MODE_CONFLICT_FAIL) return STATUS_WRITE_CONFLICT
  if (validated) return STATUS_STALE_READ
  if (resolution == MODE_CONFLICT_APPEND) return appendInstead(slot, entry)
  if (resolution == MODE_CONFLICT_IGNORE) {
    if (load<u32>(slot, SLOT_IGNORED_COUNT_OFFSET) == IGNORED_COUNT_MAX)
      return STATUS_WRITE_CONFLICT
    store<u32>(entry, flags | ENTRY_IGNORED, ENTRY_FLAGS_OFFSET)
    store<u32>(slot, load<u32>(slot, SLOT_IGNORED_COUNT_OFFSET) + 1, SLOT_IGNORED_COUNT_OFFSET)
  }
  return STATUS_OK
}

/** Whether a cell was given to another key than the one that an entry with these flags means. */
function isOther(address: usize, flags: u32): bool {
  if (flags & ENTRY_GAP) return false
  return generationOf(address) != flags >> ENTRY_GENERATION_SHIFT
}

/**
 * Lets the owner of a lock work: each look takes the line of the cell from it. Who waits with an update
 * will not be refused in the end, whatever the owner does.
 */
function pause(): void {
  for (let i: u32 = 0; i < PAUSE_STEPS; i++) pauses++
}

function lockOne(owner: u64, slot: usize, entry: usize): u32 {
  const cell = cellOf(entry)
  const address = (<usize>cell) << CELL_SHIFT
  const flags = load<u32>(entry, ENTRY_FLAGS_OFFSET)
  let word: u64 = 0
  for (let spins: u32 = 0; spins < LOCK_SPINS; spins++) {
    word = atomic.load<u64>(address, CELL_WORD_OFFSET)
    if (<u32>word & OWNER_MASK) {
      if (isUpdate(entry, flags)) pause()
      continue
    }
    const status = isOther(address, flags) ? STATUS_STALE_READ : resolve(slot, entry, flags, word)
    if (status != STATUS_OK) {
      blameEntry(slot, entry, word)
      return status
    }
    if (load<u32>(entry, ENTRY_FLAGS_OFFSET) & ENTRY_IGNORED) return STATUS_OK
    if (atomic.cmpxchg<u64>(address, word, word | owner, CELL_WORD_OFFSET) != word) continue
    const stamp = word >> TIMESTAMP_SHIFT
    if (stamp > largestStamp) largestStamp = stamp
    return STATUS_OK
  }
  blameEntry(slot, entry, word)
  return STATUS_LOCKED
}

/**
 * Locks the write set in order. After a failure some of it is locked: unlockWrites. A cell whose
 * word is as it was at the first access is free of conflicts and locked by one CAS; the rest, and
 * everything under a closed snapshot, is looked at more closely.
 */
export function lockWrites(slot: usize, mode: u32): u32 {
  let at = <usize>load<u32>(slot, SLOT_ORDER_OFFSET)
  const end = at + (load<u32>(slot, SLOT_WRITE_COUNT_OFFSET) << 2)
  const owner = <u64>load<u32>(slot, SLOT_OWNER_OFFSET)
  let largest: u64 = 0
  largestStamp = 0
  store<u32>(slot, 0, SLOT_IGNORED_COUNT_OFFSET)
  for (; at < end; at += 4) {
    const entry = <usize>load<u32>(at)
    if (!(mode & MODE_CLOSED)) {
      const expected = load<u64>(entry, ENTRY_WORD_OFFSET)
      const address = (<usize>cellOf(entry)) << CELL_SHIFT
      if (atomic.cmpxchg<u64>(address, expected, expected | owner, CELL_WORD_OFFSET) == expected) {
        if (expected > largest) largest = expected
        continue
      }
    }
    const status = lockOne(owner, slot, entry)
    if (status != STATUS_OK) return status
  }
  largest >>= TIMESTAMP_SHIFT
  if (largest > largestStamp) largestStamp = largest
  return STATUS_OK
}

/** Releases what lockWrites locked, and forgets which writes it dropped; the versions stay. */
export function unlockWrites(slot: usize): void {
  let at = <usize>load<u32>(slot, SLOT_ORDER_OFFSET)
  const end = at + (load<u32>(slot, SLOT_WRITE_COUNT_OFFSET) << 2)
  const owner = <u64>load<u32>(slot, SLOT_OWNER_OFFSET)
  for (; at < end; at += 4) {
    const entry = <usize>load<u32>(at)
    const flags = load<u32>(entry, ENTRY_FLAGS_OFFSET)
    if (flags & ENTRY_IGNORED) store<u32>(entry, flags & ~ENTRY_IGNORED, ENTRY_FLAGS_OFFSET)
    const address = (<usize>cellOf(entry)) << CELL_SHIFT
    const word = atomic.load<u64>(address, CELL_WORD_OFFSET)
    if ((word & OWNER_MASK) != owner) continue
    atomic.store<u64>(address, word & ~(<u64>OWNER_MASK), CELL_WORD_OFFSET)
  }
}
