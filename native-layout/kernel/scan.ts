/**
 * Scans: the keys of a range in order, in calls of some hundred. A leaf is read under its word, which
 * joins the access set as the gap of all keys of its range; each cell is read as any other one is.
 */
import { CELL_SHIFT, CELL_VALUE_OFFSET, CELL_WORD_OFFSET } from '../cell-descriptor'
import { ENTRY_GAP, ENTRY_READ, ENTRY_WORD_OFFSET, ENTRY_WRITE } from '../entry-descriptor'
import {
  ORDERED_DEAD,
  ORDERED_LEVEL_OFFSET,
  ORDERED_PERMUTATION_OFFSET,
  ORDERED_SINCE_OFFSET,
} from '../ordered-node-descriptor'
import {
  SCAN_AFTER_START,
  SCAN_ANSWER_START,
  SCAN_BEFORE_END,
  SCAN_CELLS_START,
  SCAN_ELEMENT_LENGTH,
  SCAN_ELEMENTS,
  SCAN_END_KEY_START,
  SCAN_FOUND_START,
  SCAN_HAS_END,
  SCAN_HAS_START,
  SCAN_KEY_LENGTH_MAX,
  SCAN_NUMBERS,
  SCAN_READ_ONLY,
  SCAN_REVERSE,
} from '../scan-descriptor'
import {
  MODE_CLOSED,
  MODE_ISOLATION_MASK,
  MODE_READ_COMMITTED,
  MODE_SERIALIZABLE,
  MODE_UNSAFE,
  SLOT_BOUND_OFFSET,
  SLOT_ENTRY_COUNT_OFFSET,
  SLOT_MODE_OFFSET,
  SLOT_TAG_OFFSET,
  SLOT_VALUE_OFFSET,
  SLOT_WRITE_COUNT_OFFSET,
} from '../slot-descriptor'
import {
  STATUS_FAILURE_FIRST,
  STATUS_LOCKED,
  STATUS_OK,
  STATUS_REF_EXPIRED,
  STATUS_SNAPSHOT_MOVED,
  TAG_ABSENT,
  TAG_BLOCK_FIRST,
  TAG_NUMBER,
} from '../status-codes'
import { THREAD_SCRATCH_LENGTH } from '../thread-descriptor'
import { OWNER_MASK, TAG_MASK, TIMESTAMP_SHIFT } from '../word-descriptor'
import { addEntry, findEntry } from './access-set'
import { metaWith } from './cell'
import { blockLength, generationIn, keyOf, scratch } from './hash-index'
import { leaveList } from './index-list'
import { compareKeys, compareToHigh, lowOf, placeAt, positionOf, referenceAt } from './ordered-key'
import { holderIn, raiseLeafPstamp, wordOf } from './ordered-node'
import { enterOrdered, rightOf, walkTo } from './ordered-walk'
import { hasLost, moves, read, refuseAbsence, roomFailure } from './read'
import { blame } from './snapshot'
import { thread } from './thread-record'
import { begin, isLive, isPinned } from './transaction'

/** Times that leaves which change are looked at again before the caller is told to wait. */
const SCAN_SPINS: u32 = 1024

/** The bits of NaN. */
const NOT_A_NUMBER: u64 = 0x7ff8000000000000

/** Not a status: the call has found as much as it may, and there may be more. */
const FULL: u32 = 1

/** Not a status: goes on with the neighbour of the leaf. */
const ONWARD: u32 = 2

/** Not a status: goes on with the start key, which has moved. */
const AGAIN: u32 = 3

// One scan at a time: these are of the running call.
let startKey: usize = 0
let startLength: u32 = 0
let startIsPassed: bool = false
let endKey: usize = 0
let endLength: u32 = 0
let wanted: u32 = 0
let found: u32 = 0
let limit: u32 = 0
let keysAt: usize = 0
let answerAt: usize = 0
/** Whether the reads of the running call stay in the access set. */
let isRemembered: bool = true
/** Whether the leaves do, too. */
let leavesMatter: bool = true
/** Whether the snapshot of the running call is closed. */
let isClosed: bool = false
/** The stamp that is left in a leaf before it is read, 0 for none. */
let announced: u64 = 0

/**
 * Whether a later call may have to look at the reads again: to validate them, to move the snapshot, or
 * to leave stamps. Who reads a closed snapshot that is safe and writes nothing does nothing of that; nor
 * does who reads what is committed.
 */
function remembers(mode: u32): bool {
  if (!(wanted & SCAN_READ_ONLY) || mode & MODE_UNSAFE) return true
  return !(mode & MODE_CLOSED) && (mode & MODE_ISOLATION_MASK) != MODE_READ_COMMITTED
}

/**
 * Reads on in a range: from the start key in the scratch area, up to `count` keys that have values.
 * How many were found; the tag of the slot is STATUS_OK, or says why it ended before. The answer in the
 * scratch area says whether there is more and where to go on; what was found before a failure counts.
 */
export function scan(slot: usize, keyLength: u32, lastLength: u32, flags: u32, count: u32): u32 {
  begins(slot, keyLength, lastLength, flags, count)
  enterOrdered()
  const end = run(slot)
  answer(end)
  leaveList(thread)
  store<u32>(slot, end < <u32>STATUS_FAILURE_FIRST ? STATUS_OK : end, SLOT_TAG_OFFSET)
  return found
}

function begins(slot: usize, keyLength: u32, lastLength: u32, flags: u32, count: u32): void {
  wanted = flags
  answerAt = scratch() + SCAN_ANSWER_START
  limit = count
  found = 0
  const bytes = scratch()
  keysAt = bytes + SCAN_FOUND_START
  if (flags & SCAN_ELEMENTS) keysAt += count * SCAN_ELEMENT_LENGTH
  startLength = flags & SCAN_HAS_START ? keyLength : 0
  startKey = flags & SCAN_REVERSE && !(flags & SCAN_HAS_START) ? 0 : bytes
  startIsPassed = (flags & SCAN_AFTER_START) != 0
  store<u64>(bytes + startLength, 0)
  endKey = flags & SCAN_HAS_END ? bytes + SCAN_END_KEY_START : 0
  endLength = lastLength
  if (endKey != 0) store<u64>(endKey + endLength, 0)
  let mode = load<u32>(slot, SLOT_MODE_OFFSET)
  if (flags & SCAN_READ_ONLY && moves(mode) && load<u32>(slot, SLOT_ENTRY_COUNT_OFFSET) == 0) {
    // It has read nothing yet: with a closed snapshot it need not remember what it reads.
    if (!isPinned(slot)) {
      mode |= MODE_CLOSED
      begin(slot, mode)
      mode = load<u32>(slot, SLOT_MODE_OFFSET)
    }
  }
  isClosed = (mode & MODE_CLOSED) != 0
  isRemembered = remembers(mode)
  const isSerializable = (mode & MODE_ISOLATION_MASK) == MODE_SERIALIZABLE
  leavesMatter = isRemembered && (isSerializable || moves(mode))
  announced = mode & MODE_UNSAFE ? load<u64>(slot, SLOT_BOUND_OFFSET) : 0
  if (announced != 0 && wanted & SCAN_READ_ONLY) leavesMatter = false
}

/** Says where to go on. */
function answer(end: u32): void {
  const bytes = scratch()
  let said: u64 = end == STATUS_OK ? 0 : 1
  if (end != STATUS_OK && startKey != 0) {
    if (startKey != bytes) memory.copy(bytes, startKey, startLength)
    const bits: u64 = startIsPassed ? SCAN_HAS_START | SCAN_AFTER_START : SCAN_HAS_START
    said |= (bits << 32) | ((<u64>startLength) << 1)
  }
  store<u64>(answerAt, said)
}

function run(slot: usize): u32 {
  const isReverse = (wanted & SCAN_REVERSE) != 0
  let leaf: usize = 0
  let isFirst = true
  for (let spins: u32 = 0; spins < SCAN_SPINS; spins++) {
    if (isFirst) leaf = walkTo(startKey, startLength, isReverse && startIsPassed, 0)
    if (leaf == 0) break
    const next = visit(slot, leaf, isFirst)
    if (next == ONWARD) {
      spins = 0
      leaf = nextLeaf
      isFirst = isReverse
    } else if (next == AGAIN) {
      isFirst = true
    } else {
      return next
    }
  }
  blame(slot, 0, 0)
  return STATUS_LOCKED
}

/** The leaf to the right of the one that was visited. */
let nextLeaf: usize = 0

/** Goes on at a key from here. */
function startAt(key: usize, length: u32, isPassed: bool): void {
  startKey = key
  startLength = length
  startIsPassed = isPassed
}

/** Whether the start key lies behind the range of a leaf, or right at its end. */
function isBehind(leaf: usize): bool {
  if (startKey == 0) return rightOf(leaf) != 0
  const order = compareToHigh(leaf, startKey, startLength)
  return wanted & SCAN_REVERSE && startIsPassed ? order > 0 : order >= 0
}

/** Whether the range ends in a leaf. */
function endsIn(leaf: usize): bool {
  if (wanted & SCAN_REVERSE) {
    const low = lowOf(leaf)
    if (low == 0) return true
    return endKey != 0 && compareKeys(endKey, endLength, low, blockLength(low)) >= 0
  }
  if (rightOf(leaf) == 0) return true
  if (endKey == 0) return false
  const order = compareToHigh(leaf, endKey, endLength)
  return order < 0 || (order == 0 && (wanted & SCAN_BEFORE_END) != 0)
}

/** Reads the cells of a leaf that lie in the range. With `isFirst` the start key does, too. */
function visit(slot: usize, leaf: usize, isFirst: bool): u32 {
  // Whatever happens, what was read of the leaves before is not read again.
  if (!isFirst) startAt(lowOf(leaf), blockLength(lowOf(leaf)), false)
  // A key that comes into the leaf after the word was loaded takes the stamp over.
  if (announced != 0) raiseLeafPstamp(leaf, announced)
  const word = wordOf(leaf)
  if (holderIn(word) != 0) return AGAIN
  if (atomic.load<u32>(leaf, ORDERED_LEVEL_OFFSET) & ORDERED_DEAD) return AGAIN
  if (isFirst && isBehind(leaf)) return AGAIN
  const isReverse = (wanted & SCAN_REVERSE) != 0
  const permutation = atomic.load<u64>(leaf, ORDERED_PERMUTATION_OFFSET)
  const isLast = endsIn(leaf)
  let from: u32 = 0
  let to = <u32>permutation & 15
  if (isReverse) {
    if (startKey != 0) to = positionOf(leaf, permutation, startKey, startLength, !startIsPassed)
    if (isLast && endKey != 0) {
      from = positionOf(leaf, permutation, endKey, endLength, (wanted & SCAN_BEFORE_END) != 0)
    }
  } else {
    if (isFirst) from = positionOf(leaf, permutation, startKey, startLength, startIsPassed)
    if (isLast && endKey != 0) {
      to = positionOf(leaf, permutation, endKey, endLength, !(wanted & SCAN_BEFORE_END))
    }
  }
  const count = noteCells(leaf, permutation, from, to)
  const since = atomic.load<u64>(leaf, ORDERED_SINCE_OFFSET)
  nextLeaf = rightOf(leaf)
  if (wordOf(leaf) != word) return AGAIN
  // What this transaction has written to a cell that was taken from its key would not be met.
  if (load<u32>(slot, SLOT_WRITE_COUNT_OFFSET) != 0 && hasLost(slot, ENTRY_WRITE)) {
    return STATUS_SNAPSHOT_MOVED
  }
  if (leavesMatter) {
    const status = noteLeaf(slot, <u32>(leaf >> CELL_SHIFT), word)
    if (status != STATUS_OK) return status
  }
  const refusal = refuseAbsence(slot, 0, since)
  if (refusal != STATUS_OK) return refusal
  const end = readCells(slot, count)
  if (end != STATUS_OK) return end
  if (isLast) return STATUS_OK
  if (isReverse) startAt(lowOf(leaf), blockLength(lowOf(leaf)), true)
  return ONWARD
}

/** Notes the cells of some positions of a leaf, with their generations, in the order of the scan. */
function noteCells(leaf: usize, permutation: u64, from: u32, to: u32): u32 {
  if (from >= to) return 0
  let at = scratch() + SCAN_CELLS_START
  const isReverse = (wanted & SCAN_REVERSE) != 0
  for (let i = from; i < to; i++) {
    const cell = referenceAt(leaf, placeAt(permutation, isReverse ? to - 1 - (i - from) : i))
    const address = (<usize>cell) << CELL_SHIFT
    const meta = metaWith(address, atomic.load<u64>(address, CELL_WORD_OFFSET))
    store<u64>(at, ((<u64>generationIn(meta)) << 32) | <u64>cell)
    at += 8
  }
  return to - from
}

/** Has the word of a leaf join the access set: it changes when a key comes or goes in its range. */
function noteLeaf(slot: usize, leaf: u32, word: u64): u32 {
  const entry = findEntry(slot, leaf)
  if (entry == 0) {
    return addEntry(slot, leaf, ENTRY_GAP | ENTRY_READ, word) == 0 ? roomFailure(slot) : STATUS_OK
  }
  if (!moves(load<u32>(slot, SLOT_MODE_OFFSET)) || load<u64>(entry, ENTRY_WORD_OFFSET) == word) {
    return STATUS_OK
  }
  blame(slot, 0, 0)
  return STATUS_SNAPSHOT_MOVED
}

/** Reads the cells that were noted. */
function readCells(slot: usize, count: u32): u32 {
  let at = scratch() + SCAN_CELLS_START
  for (let i: u32 = 0; i < count; i++) {
    const noted = load<u64>(at)
    const cell = <u32>noted
    const generation = <u32>(noted >> 32)
    at += 8
    if (found == limit || keysAt + SCAN_KEY_LENGTH_MAX > scratch() + THREAD_SCRATCH_LENGTH) {
      startAt(keyOf(cell), blockLength(keyOf(cell)), false)
      return FULL
    }
    if (!isRemembered && takeCurrent(slot, cell, generation)) continue
    read(slot, cell, generation)
    const tag = load<u32>(slot, SLOT_TAG_OFFSET)
    if (tag >= <u32>STATUS_FAILURE_FIRST) {
      startAt(keyOf(cell), blockLength(keyOf(cell)), false)
      // It was taken from its key since its leaf was read.
      return tag == STATUS_REF_EXPIRED ? AGAIN : tag
    }
    if (tag != TAG_ABSENT) emit(cell, tag, load<u64>(slot, SLOT_VALUE_OFFSET))
  }
  return STATUS_OK
}

/** Reads a cell whose current version belongs to the snapshot, without a trace; whether it does. */
function takeCurrent(slot: usize, cell: u32, generation: u32): bool {
  const address = (<usize>cell) << CELL_SHIFT
  const word = atomic.load<u64>(address, CELL_WORD_OFFSET)
  if (<u32>word & OWNER_MASK || word >> TIMESTAMP_SHIFT > load<u64>(slot, SLOT_BOUND_OFFSET)) {
    return false
  }
  const value = atomic.load<u64>(address, CELL_VALUE_OFFSET)
  const meta = metaWith(address, word)
  if (atomic.load<u64>(address, CELL_WORD_OFFSET) != word) return false
  const tag = <u32>meta & TAG_MASK
  if (generationIn(meta) != generation) return false
  // What says otherwise, a deletion after the snapshot, is forgotten only when nobody has a right to it.
  if (tag == TAG_ABSENT) return isClosed && isLive(slot)
  if (tag >= <u32>TAG_BLOCK_FIRST && !isPinned(slot)) return false
  emit(cell, tag, value)
  return true
}

/** Hands a value over. */
function emit(cell: u32, tag: u32, value: u64): void {
  const at = scratch() + SCAN_FOUND_START + (found << 3)
  if (wanted & SCAN_NUMBERS) {
    store<u64>(at, tag == TAG_NUMBER ? value : NOT_A_NUMBER)
  } else if (wanted & SCAN_ELEMENTS) {
    const key = keyOf(cell)
    const length = blockLength(key)
    store<u64>(at, value)
    store<u64>(at + (limit << 3), ((<u64>keysAt) << 32) | ((<u64>length) << 8) | <u64>tag)
    for (let i: u32 = 0; i < length; i += 8) store<u64>(keysAt + i, load<u64>(key + i))
    keysAt += (length + 7) & ~7
  }
  found++
}
