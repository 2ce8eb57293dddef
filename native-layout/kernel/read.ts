/** Reading cells: own writes first, then the current version, then the chain. */

import {
  HEADER_GAP_ADDRESS_OFFSET,
  HEADER_GAP_COUNT_OFFSET,
  RECYCLE_COUNT_OFFSET,
} from '../arena-header-descriptor'
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
  ENTRY_STALE,
  ENTRY_TAG_OFFSET,
  ENTRY_VALUE_OFFSET,
  ENTRY_WORD_OFFSET,
  ENTRY_WRITE,
} from '../entry-descriptor'
import { GAP_ID_SHIFT } from '../gap-descriptor'
import { NODE_KEY_OFFSET } from '../node-descriptor'
import {
  MODE_CLOSED,
  MODE_ISOLATION_MASK,
  MODE_READ_COMMITTED,
  SLOT_BOUND_OFFSET,
  SLOT_ENTRY_CAPACITY_OFFSET,
  SLOT_ENTRY_COUNT_OFFSET,
  SLOT_FILTER_OFFSET,
  SLOT_MODE_OFFSET,
  SLOT_RECYCLE_COUNT_OFFSET,
  SLOT_SINCE_OFFSET,
  SLOT_TAG_OFFSET,
  SLOT_VALUE_OFFSET,
  SLOT_WRITE_COUNT_OFFSET,
  STATE_INSTALLING,
  STATE_RECYCLING,
} from '../slot-descriptor'
import {
  STATUS_ARENA_FULL,
  STATUS_LOCKED,
  STATUS_OK,
  STATUS_REF_EXPIRED,
  STATUS_SNAPSHOT_MOVED,
  STATUS_SNAPSHOT_TOO_OLD,
  STATUS_TOO_LARGE,
  TAG_ABSENT,
  TAG_BATCH,
  TAG_BLOCK_FIRST,
  TAG_NUMBER,
} from '../status-codes'
import {
  HANDLE_SHIFT,
  VERSION_CHAIN_OFFSET,
  VERSION_VALUE_OFFSET,
  VERSION_WORD_OFFSET,
} from '../version-descriptor'
import {
  HEAD_SHIFT,
  OWNER_MASK,
  PLAIN_FLAG,
  PLAIN_GENERATION,
  STATE_MASK,
  TAG_MASK,
  TIMESTAMP_SHIFT,
} from '../word-descriptor'
import { addEntry, entryAt, filterBit, findEntry, SCAN_COUNT_MAX } from './access-set'
import { metaOf, metaWith, nodeOf } from './cell'
import { isUpdateTag } from './commutative'
import { generationIn, generationOf, lookUp, scratchHash } from './hash-index'
import { isMarked } from './index-list'
import { blame, extend, isUnstamped, ownerPhase } from './snapshot'
import { isLive, isPinned, pin } from './transaction'
import { settleUpdate } from './update'

/** Times that a locked or changing cell is looked at again before the caller is told to wait. */
const READ_SPINS: u32 = 512

/** Entries of an access set that cannot grow any more. */
const LARGE_ENTRY_COUNT: u32 = 1 << 20

/** Hands a value over: numbers as the result, everything else, and NaN, through tag and value. */
export function deliver(slot: usize, tag: u32, value: u64): f64 {
  store<u64>(slot, value, SLOT_VALUE_OFFSET)
  store<u32>(slot, tag, SLOT_TAG_OFFSET)
  return tag == TAG_NUMBER ? load<f64>(slot, SLOT_VALUE_OFFSET) : NaN
}

/** Has a batch that the transaction is to write stay in memory until it ends: there are views of it. */
export function lend(entry: usize): void {
  store<u32>(entry, load<u32>(entry, ENTRY_FLAGS_OFFSET) | ENTRY_LENT, ENTRY_FLAGS_OFFSET)
}

export function fail(slot: usize, status: u32): f64 {
  store<u32>(slot, status, SLOT_TAG_OFFSET)
  return NaN
}

/** Whether an entry was made for the cell while it had this generation. */
export function isOf(entry: usize, generation: u32): bool {
  return load<u32>(entry, ENTRY_FLAGS_OFFSET) >> ENTRY_GENERATION_SHIFT == generation
}

/** Says that a cell was taken from the key that this transaction met there. */
export function lost(slot: usize): u32 {
  blame(slot, 0, 0)
  return STATUS_SNAPSHOT_MOVED
}

/** Why an entry could not be added. */
export function roomFailure(slot: usize): u32 {
  const large = load<u32>(slot, SLOT_ENTRY_CAPACITY_OFFSET) >= LARGE_ENTRY_COUNT
  return large ? STATUS_TOO_LARGE : STATUS_ARENA_FULL
}

/** Whether a transaction in this mode moves its snapshot forward when it meets what is newer. */
export function moves(mode: u32): bool {
  return !(mode & MODE_CLOSED) && (mode & MODE_ISOLATION_MASK) != MODE_READ_COMMITTED
}

/** Whether nothing was committed in a cell yet (C3). While a first or last version comes, perhaps not. */
export function isUnborn(meta: u64, value: u64): bool {
  return (<u32>meta & TAG_MASK) == TAG_ABSENT && value != 0
}

/** Whether what was read of a cell does not say since when its key has had no value. */
function saysNothing(word: u64, meta: u64, value: u64): bool {
  const isFirst = (<u32>meta & TAG_MASK) == TAG_ABSENT && word >> TIMESTAMP_SHIFT == 0
  return isFirst || isUnborn(meta, value)
}

/** The timestamp since which the key of an unborn cell has had no value, or a later one. */
export function absentSince(cell: u32): u64 {
  const gap = (<usize>gapOfCell(cell)) << CELL_SHIFT
  return atomic.load<u64>(gap, CELL_WORD_OFFSET) >> TIMESTAMP_SHIFT
}

/**
 * Why the absence of a key since this timestamp can not be part of the snapshot; 0 when it can. A closed
 * snapshot keeps the timestamp for the judge: who has found a key missing comes after its deletion, as after
 * a version that it has read.
 */
export function refuseAbsence(slot: usize, cell: u32, since: u64): u32 {
  const mode = load<u32>(slot, SLOT_MODE_OFFSET)
  const bound = load<u64>(slot, SLOT_BOUND_OFFSET)
  if (mode & MODE_CLOSED) {
    const seen = min(since, bound)
    if (seen > load<u64>(slot, SLOT_SINCE_OFFSET)) store<u64>(slot, seen, SLOT_SINCE_OFFSET)
  }
  if (since <= bound) return STATUS_OK
  if (!isLive(slot)) return STATUS_SNAPSHOT_TOO_OLD
  if (!moves(mode)) return STATUS_OK
  blame(slot, cell, 0)
  return extend(slot) ? STATUS_OK : STATUS_SNAPSHOT_MOVED
}

/** Notes which version of a cell was read, also in an entry that a failed write has left. */
function noteRead(slot: usize, entry: usize, cell: u32, flags: u32, word: u64): u32 {
  if (entry == 0) {
    return addEntry(slot, cell, flags, word) == 0 ? roomFailure(slot) : STATUS_OK
  }
  if (load<u32>(entry, ENTRY_FLAGS_OFFSET) & (ENTRY_READ | ENTRY_WRITE)) return STATUS_OK
  if (!isOf(entry, flags >> ENTRY_GENERATION_SHIFT)) return lost(slot)
  store<u32>(entry, flags, ENTRY_FLAGS_OFFSET)
  store<u64>(entry, word, ENTRY_WORD_OFFSET)
  return STATUS_OK
}

function accept(
  slot: usize,
  entry: usize,
  cell: u32,
  flags: u32,
  word: u64,
  meta: u64,
  value: u64,
): f64 {
  if ((<u32>meta & TAG_MASK) >= <u32>TAG_BLOCK_FIRST && !isPinned(slot)) {
    pin(slot)
    return readSlowly(slot, cell, flags >> ENTRY_GENERATION_SHIFT, entry)
  }
  const noted = noteRead(slot, entry, cell, flags, word)
  if (noted != STATUS_OK) return fail(slot, noted)
  if (saysNothing(word, meta, value)) {
    // The key may have been deleted and its former cell recycled: the gap says when.
    const status = refuseAbsence(slot, cell, absentSince(cell))
    if (status != STATUS_OK) return fail(slot, status)
  }
  return deliver(slot, <u32>meta & TAG_MASK, value)
}

/** Notes that a plain number was read, in a small set that has no entry of its cell; hands it over. */
function acceptPlain(slot: usize, count: u32, cell: u32, word: u64, value: u64): f64 {
  const entry = entryAt(slot, count)
  store<u32>(entry, cell, ENTRY_CELL_OFFSET)
  store<u32>(entry, ENTRY_READ | (PLAIN_GENERATION << ENTRY_GENERATION_SHIFT), ENTRY_FLAGS_OFFSET)
  store<u64>(entry, word, ENTRY_WORD_OFFSET)
  store<u32>(slot, count + 1, SLOT_ENTRY_COUNT_OFFSET)
  store<u64>(slot, load<u64>(slot, SLOT_FILTER_OFFSET) | filterBit(cell), SLOT_FILTER_OFFSET)
  return deliver(slot, TAG_NUMBER, value)
}

/**
 * Reads a cell. A number is the result; for anything else the result is NaN and the slot holds tag
 * and value, or a status: SNAPSHOT_MOVED ends this attempt, LOCKED asks to wait and call again.
 */
export function read(slot: usize, cell: u32, generation: u32): f64 {
  const address = (<usize>cell) << CELL_SHIFT
  const word = atomic.load<u64>(address, CELL_WORD_OFFSET)
  const value = atomic.load<u64>(address, CELL_VALUE_OFFSET)
  const entries = load<u32>(slot, SLOT_ENTRY_COUNT_OFFSET)
  if (
    (<u32>word & (PLAIN_FLAG | OWNER_MASK)) == PLAIN_FLAG &&
    generation == PLAIN_GENERATION &&
    word >> TIMESTAMP_SHIFT <= load<u64>(slot, SLOT_BOUND_OFFSET) &&
    entries < SCAN_COUNT_MAX &&
    (load<u64>(slot, SLOT_FILTER_OFFSET) & filterBit(cell)) == 0 &&
    atomic.load<u64>(address, CELL_WORD_OFFSET) == word
  ) {
    return acceptPlain(slot, entries, cell, word, value)
  }
  const meta = metaWith(address, word)
  if (generationIn(meta) != generation) return fail(slot, STATUS_REF_EXPIRED)
  const entry = findEntry(slot, cell)
  if (entry != 0 && load<u32>(entry, ENTRY_FLAGS_OFFSET) & ENTRY_WRITE) {
    if (!isOf(entry, generation)) return fail(slot, lost(slot))
    const tag = load<u32>(entry, ENTRY_TAG_OFFSET)
    if (isUpdateTag(tag)) return settleUpdate(slot, cell, generation)
    if (tag == TAG_BATCH) lend(entry)
    return deliver(slot, tag, load<u64>(entry, ENTRY_VALUE_OFFSET))
  }
  if (
    (<u32>word & OWNER_MASK) == 0 &&
    word >> TIMESTAMP_SHIFT <= load<u64>(slot, SLOT_BOUND_OFFSET) &&
    atomic.load<u64>(address, CELL_WORD_OFFSET) == word
  ) {
    const flags = ENTRY_READ | (generation << ENTRY_GENERATION_SHIFT)
    return accept(slot, entry, cell, flags, word, meta, value)
  }
  return readSlowly(slot, cell, generation, entry)
}

export function readSlowly(slot: usize, cell: u32, generation: u32, entry: usize): f64 {
  const address = (<usize>cell) << CELL_SHIFT
  const flags = ENTRY_READ | (generation << ENTRY_GENERATION_SHIFT)
  const mode = load<u32>(slot, SLOT_MODE_OFFSET)
  const committed = (mode & MODE_ISOLATION_MASK) == MODE_READ_COMMITTED
  const closed = (mode & MODE_CLOSED) != 0
  let bound = load<u64>(slot, SLOT_BOUND_OFFSET)
  let word: u64 = 0
  for (let spins: u32 = 0; spins < READ_SPINS; spins++) {
    word = atomic.load<u64>(address, CELL_WORD_OFFSET)
    const value = atomic.load<u64>(address, CELL_VALUE_OFFSET)
    const meta = metaWith(address, word)
    if (generationIn(meta) != generation) return fail(slot, STATUS_REF_EXPIRED)
    const stamp = word >> TIMESTAMP_SHIFT
    if (<u32>word & OWNER_MASK) {
      const phase = ownerPhase(word)
      if (!isUnstamped(word, phase)) {
        if ((<u32>phase & STATE_MASK) == STATE_RECYCLING) continue
        if (!closed || phase >> TIMESTAMP_SHIFT <= bound) continue
        if ((<u32>phase & STATE_MASK) == STATE_INSTALLING) {
          if (committed) continue
          // The phase may be that of the slot's next transaction but one: not while the word is the same.
          if (atomic.load<u64>(address, CELL_WORD_OFFSET) != word) continue
          if (stamp == 0) return accept(slot, entry, cell, flags | ENTRY_STALE, 0, TAG_ABSENT, 0)
          if (stamp <= bound && readKept(slot, cell, generation, entry, word)) return replay(slot)
        }
      }
    }
    if (atomic.load<u64>(address, CELL_WORD_OFFSET) != word) continue
    const unlocked = word & ~(<u64>OWNER_MASK)
    const known = entry != 0 && load<u64>(entry, ENTRY_WORD_OFFSET) == unlocked
    if (stamp <= bound || committed || known) {
      return accept(slot, entry, cell, flags, unlocked, meta, value)
    }
    if (closed) return readOlder(slot, cell, generation, entry)
    blame(slot, cell, word)
    if (entry != 0 || !extend(slot)) return fail(slot, STATUS_SNAPSHOT_MOVED)
    bound = load<u64>(slot, SLOT_BOUND_OFFSET)
    // What was read before the clock was loaded may have been replaced before, too.
    // First the owner, then the word: an owner that is done changed the word before its phase.
    if (<u32>word & OWNER_MASK && !isUnstamped(word, ownerPhase(word))) continue
    if (atomic.load<u64>(address, CELL_WORD_OFFSET) != word) continue
    return accept(slot, entry, cell, flags, unlocked, meta, value)
  }
  blame(slot, cell, word)
  return fail(slot, STATUS_LOCKED)
}

function replay(slot: usize): f64 {
  return load<u32>(slot, SLOT_TAG_OFFSET) == TAG_NUMBER ? load<f64>(slot, SLOT_VALUE_OFFSET) : NaN
}

/** While a later commit is being installed: the version kept of the one that was current. */
function readKept(slot: usize, cell: u32, generation: u32, entry: usize, word: u64): bool {
  const address = (<usize>cell) << CELL_SHIFT
  const head = (<usize>(<u32>(metaOf(address) >> HEAD_SHIFT))) << HANDLE_SHIFT
  if (head == 0) return false
  const stamp = word >> TIMESTAMP_SHIFT
  const kept = atomic.load<u64>(head, VERSION_WORD_OFFSET)
  if (kept >> TIMESTAMP_SHIFT != stamp) return false
  const value = atomic.load<u64>(head, VERSION_VALUE_OFFSET)
  if (<u32>atomic.load<u64>(head, VERSION_CHAIN_OFFSET) != cell) return false
  if (atomic.load<u64>(head, VERSION_WORD_OFFSET) != kept) return false
  const flags = ENTRY_READ | ENTRY_STALE | (generation << ENTRY_GENERATION_SHIFT)
  if (!isLive(slot)) fail(slot, STATUS_SNAPSHOT_TOO_OLD)
  else accept(slot, entry, cell, flags, stamp << TIMESTAMP_SHIFT, kept, value)
  return true
}

/** Walks the chain to the newest version at or before the snapshot. */
function readOlder(slot: usize, cell: u32, generation: u32, entry: usize): f64 {
  const address = (<usize>cell) << CELL_SHIFT
  const bound = load<u64>(slot, SLOT_BOUND_OFFSET)
  const flags = ENTRY_READ | ENTRY_STALE | (generation << ENTRY_GENERATION_SHIFT)
  let newest = metaOf(address)
  let handle = <u32>(newest >> HEAD_SHIFT)
  while (handle != 0 && generationIn(newest) == generation) {
    const version = (<usize>handle) << HANDLE_SHIFT
    const word = atomic.load<u64>(version, VERSION_WORD_OFFSET)
    const value = atomic.load<u64>(version, VERSION_VALUE_OFFSET)
    const chain = atomic.load<u64>(version, VERSION_CHAIN_OFFSET)
    const same = <u32>chain == cell && atomic.load<u64>(version, VERSION_WORD_OFFSET) == word
    if (!same) {
      if (!isLive(slot)) return fail(slot, STATUS_SNAPSHOT_TOO_OLD)
      newest = metaOf(address)
      handle = <u32>(newest >> HEAD_SHIFT)
    } else if (word >> TIMESTAMP_SHIFT <= bound) {
      if (!isLive(slot)) return fail(slot, STATUS_SNAPSHOT_TOO_OLD)
      return accept(slot, entry, cell, flags, word & ~(<u64>TAG_MASK), word, value)
    } else {
      handle = <u32>(chain >> HEAD_SHIFT)
    }
  }
  if (generationIn(newest) != generation) return fail(slot, STATUS_REF_EXPIRED)
  if (!isLive(slot)) return fail(slot, STATUS_SNAPSHOT_TOO_OLD)
  return accept(slot, entry, cell, flags, 0, TAG_ABSENT, 0)
}

/** The gap cell of a key hash. */
export function gapOf(hash: u32): u32 {
  const mask = load<u32>(0, HEADER_GAP_COUNT_OFFSET) - 1
  const number = (hash ^ (hash >> 16)) & mask
  return (load<u32>(0, HEADER_GAP_ADDRESS_OFFSET) >> CELL_SHIFT) + (number << GAP_ID_SHIFT)
}

/** The gap cell of the key of a cell. */
export function gapOfCell(cell: u32): u32 {
  return gapOf(<u32>(atomic.load<u64>(nodeOf((<usize>cell) << CELL_SHIFT), NODE_KEY_OFFSET) >> 32))
}

/** The unlocked word of the gap of a hash, to be loaded before the look-up that finds nothing. */
function gapWord(hash: u32): u64 {
  return atomic.load<u64>((<usize>gapOf(hash)) << CELL_SHIFT, CELL_WORD_OFFSET) & ~(<u64>OWNER_MASK)
}

/**
 * Records that a key was looked up and not there, while its gap had this word. A status that is not
 * ABSENT ends the attempt.
 */
function readGap(slot: usize, hash: u32, word: u64): u32 {
  const gap = gapOf(hash)
  const mode = load<u32>(slot, SLOT_MODE_OFFSET)
  const entry = findEntry(slot, gap)
  if (entry != 0) {
    const flags = load<u32>(entry, ENTRY_FLAGS_OFFSET)
    if (flags & ENTRY_READ) {
      if (!isLive(slot)) return STATUS_SNAPSHOT_TOO_OLD
      if (load<u64>(entry, ENTRY_WORD_OFFSET) == word) return TAG_ABSENT
      if (moves(mode)) {
        blame(slot, gap, word)
        return STATUS_SNAPSHOT_MOVED
      }
    } else {
      store<u32>(entry, flags | ENTRY_READ, ENTRY_FLAGS_OFFSET)
      store<u64>(entry, word, ENTRY_WORD_OFFSET)
    }
  } else if (addEntry(slot, gap, ENTRY_GAP | ENTRY_READ, word) == 0) {
    return roomFailure(slot)
  }
  const status = refuseAbsence(slot, gap, word >> TIMESTAMP_SHIFT)
  return status == STATUS_OK ? TAG_ABSENT : status
}

/**
 * Whether a cell that this transaction has written to was taken from its key: who looks that key up
 * does not find what was written. At read-committed, which validates nothing, and in the commit also
 * one that it has read: another cell of that key may have been written over meanwhile. Looks at the
 * cells only when some were recycled since it last did.
 */
export function hasLost(slot: usize, wanted: u32): bool {
  const count = atomic.load<u64>(0, RECYCLE_COUNT_OFFSET)
  if (load<u64>(slot, SLOT_RECYCLE_COUNT_OFFSET) == count) return false
  let isSettled = true
  let entry = entryAt(slot, 0)
  const end = entry + (load<u32>(slot, SLOT_ENTRY_COUNT_OFFSET) << ENTRY_SHIFT)
  for (; entry < end; entry += ENTRY_LENGTH) {
    const flags = load<u32>(entry, ENTRY_FLAGS_OFFSET)
    if (flags & ENTRY_GAP || !(flags & wanted)) continue
    const cell = load<u32>(entry, ENTRY_CELL_OFFSET)
    const address = (<usize>cell) << CELL_SHIFT
    // The lock first: a cell is locked, the count moves, the cell is marked, its generation moves, and
    // it is unlocked.
    if (<u32>atomic.load<u64>(address, CELL_WORD_OFFSET) & OWNER_MASK) isSettled = false
    if (isMarked(address) || !isOf(entry, generationOf(address))) {
      lost(slot)
      return true
    }
  }
  const mode = load<u32>(slot, SLOT_MODE_OFFSET)
  // There the commit has to look at the reads, too.
  if (isSettled && (mode & MODE_ISOLATION_MASK) != MODE_READ_COMMITTED) {
    store<u64>(slot, count, SLOT_RECYCLE_COUNT_OFFSET)
  }
  return false
}

/**
 * The id of the cell of the key in the scratch area. 0 when there is none: then its gap was read,
 * and the slot's tag is ABSENT or a status as in `read`.
 */
export function lookUpForRead(slot: usize, length: u32): u32 {
  let cell = lookUp(length)
  if (load<u32>(slot, SLOT_WRITE_COUNT_OFFSET) != 0 && hasLost(slot, ENTRY_WRITE)) {
    store<u32>(slot, STATUS_SNAPSHOT_MOVED, SLOT_TAG_OFFSET)
    return 0
  }
  if (cell != 0) return cell
  const hash = scratchHash(length)
  const word = gapWord(hash)
  cell = lookUp(length)
  if (cell == 0) store<u32>(slot, readGap(slot, hash, word), SLOT_TAG_OFFSET)
  return cell
}
