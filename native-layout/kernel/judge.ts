/**
 * The judge: commits a transaction with stale reads when it is no pivot (the serial safety net; S-1
 * to S-7 in ARCHITECTURE.md, "Serializable"). It is a lock, not a thread: whoever commits such a
 * transaction holds it meanwhile. Nothing in here waits.
 */
import { JUDGE_OFFSET, LAST_JUDGED_OFFSET } from '../arena-header-descriptor'
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
  ENTRY_STALE,
  ENTRY_VALUE_OFFSET,
  ENTRY_WORD_OFFSET,
  ENTRY_WRITE,
} from '../entry-descriptor'
import { GAP_JUDGED_OFFSET } from '../gap-descriptor'
import {
  SLOT_BOUND_OFFSET,
  SLOT_ENTRY_COUNT_OFFSET,
  SLOT_ID_OFFSET,
  SLOT_OPPONENT_OFFSET,
  SLOT_PHASE_OFFSET,
  SLOT_PI_OFFSET,
  SLOT_SINCE_OFFSET,
  STATE_ACTIVE,
  STATE_RECYCLING,
} from '../slot-descriptor'
import {
  STATUS_BUSY,
  STATUS_MISSING_STAMP,
  STATUS_OK,
  STATUS_PIVOT,
  STATUS_STALE_READ,
} from '../status-codes'
import { OWNER_MASK, STATE_MASK, TIMESTAMP_SHIFT } from '../word-descriptor'
import { entryAt } from './access-set'
import { clock, lastJudged } from './arena'
import { generationOf } from './hash-index'
import { blameEntry, isCurrent, isUnstamped, ownerPhase } from './snapshot'
import {
  isLeafEntry,
  NOT_KEPT,
  pstampOf,
  raise,
  raiseRead,
  raiseReads,
  sstampOf,
  wordOf,
} from './stamps'

/** Times that a cell which is being changed is looked at while nothing is held. */
const EXAMINING_LOOKS: u32 = 64

/** What became of a read: the version is the current one. */
const CURRENT: u64 = u64.MAX_VALUE

/** What became of a read: the version was or is being replaced, and it is not known by whom. */
const UNKNOWN: u64 = 0

/**
 * Takes the judge for a slot; false when somebody else has it, also after so many looks, who is then
 * the opponent.
 */
export function takeJudge(slot: usize, looks: u32): bool {
  const id = load<u32>(slot, SLOT_ID_OFFSET)
  let owner: u32 = 0
  for (let spins: u32 = 0; spins < looks; spins++) {
    owner = atomic.load<u32>(0, JUDGE_OFFSET)
    if (owner == 0 && atomic.cmpxchg<u32>(0, 0, id, JUDGE_OFFSET) == 0) return true
  }
  store<u32>(slot, owner, SLOT_OPPONENT_OFFSET)
  return false
}

/** Lets the judge go if this slot has it. */
export function leaveJudge(slot: usize): void {
  const id = load<u32>(slot, SLOT_ID_OFFSET)
  if (atomic.load<u32>(0, JUDGE_OFFSET) == id) atomic.store<u32>(0, 0, JUDGE_OFFSET)
}

/** Whether a transaction keeps what it has read: it is neither stamped nor has it lost its right. */
function isActive(slot: usize): bool {
  return (<u32>atomic.load<u64>(slot, SLOT_PHASE_OFFSET) & STATE_MASK) == STATE_ACTIVE
}

/**
 * What became of the version that an entry of a closed snapshot has read: CURRENT, UNKNOWN, or pi of
 * who replaced it, or a smaller number in its place.
 */
function look(slot: usize, entry: usize, flags: u32, snapshot: u64): u64 {
  const address = (<usize>load<u32>(entry, ENTRY_CELL_OFFSET)) << CELL_SHIFT
  const expected = load<u64>(entry, ENTRY_WORD_OFFSET)
  const word = atomic.load<u64>(address, CELL_WORD_OFFSET)
  if (<u32>word & OWNER_MASK) {
    if (flags & ENTRY_STALE || (word & ~(<u64>OWNER_MASK)) != expected) return UNKNOWN
    // An owner without a timestamp looks at the clock later, and comes later.
    if (!isUnstamped(word, ownerPhase(word))) return UNKNOWN
    return atomic.load<u64>(address, CELL_WORD_OFFSET) == word ? CURRENT : UNKNOWN
  }
  if (isLeafEntry(entry, flags)) return word == expected ? CURRENT : UNKNOWN
  if (flags & ENTRY_GAP) {
    // The gap speaks of other keys, too: what is not newer than the snapshot changed nothing in it.
    if (word == expected || word >> TIMESTAMP_SHIFT <= snapshot) return CURRENT
    return atomic.load<u64>(address, GAP_JUDGED_OFFSET) > snapshot ? UNKNOWN : snapshot + 1
  }
  if (!(flags & ENTRY_STALE) && word == expected) return CURRENT
  const sstamp = sstampOf(entry, word)
  if (sstamp != NOT_KEPT) return sstamp
  // Nobody could be judged when it was replaced, nor was it, unless the version went with its snapshot,
  // or the cell was taken from its key since that was looked at.
  return isActive(slot) && !isTaken(entry, flags) ? snapshot + 1 : UNKNOWN
}

/** Whether the cell of an entry was or is being taken from its key. */
function isTaken(entry: usize, flags: u32): bool {
  if (flags & ENTRY_GAP) return false
  const word = wordOf(entry)
  if (<u32>word & OWNER_MASK && (<u32>ownerPhase(word) & STATE_MASK) == STATE_RECYCLING) return true
  const address = (<usize>load<u32>(entry, ENTRY_CELL_OFFSET)) << CELL_SHIFT
  return generationOf(address) != flags >> ENTRY_GENERATION_SHIFT
}

/**
 * Looks at the reads of a judgeable transaction while its snapshot still keeps what they have read,
 * and notes with each what became of it. Whether all are current.
 */
export function examine(slot: usize): bool {
  const snapshot = load<u64>(slot, SLOT_BOUND_OFFSET)
  let isCurrent = true
  let entry = entryAt(slot, 0)
  const end = entry + (load<u32>(slot, SLOT_ENTRY_COUNT_OFFSET) << ENTRY_SHIFT)
  for (; entry < end; entry += ENTRY_LENGTH) {
    const flags = load<u32>(entry, ENTRY_FLAGS_OFFSET)
    if ((flags & (ENTRY_READ | ENTRY_WRITE)) != ENTRY_READ) continue
    let found = UNKNOWN
    for (let looks: u32 = 0; looks < EXAMINING_LOOKS && found == UNKNOWN; looks++) {
      if (isTaken(entry, flags)) break
      found = look(slot, entry, flags, snapshot)
    }
    if (found != CURRENT) isCurrent = false
    store<u64>(entry, found == CURRENT ? UNKNOWN : found, ENTRY_VALUE_OFFSET)
  }
  return isCurrent
}

/**
 * What became of a read that was current or unknown when the transaction was examined. Who replaced
 * it after the snapshot and was not judged has a timestamp above it for its pi. Nobody has that to do
 * with a cell that was taken from its key: the stamp of its reader is nowhere to be left.
 */
function settle(slot: usize, entry: usize, flags: u32, snapshot: u64): u64 {
  if (isTaken(entry, flags)) return UNKNOWN
  const found = look(slot, entry, flags, snapshot)
  // Who inserted the key that has come has not seen the stamp that was just left in the leaf.
  if (isLeafEntry(entry, flags)) return found
  return found == UNKNOWN && lastJudged() <= snapshot ? snapshot + 1 : found
}

/**
 * The timestamp of the version that an entry has read. The word of a gap speaks of other keys, too: a
 * key that was deleted and lost its cell was deleted before every snapshot.
 */
function readStamp(entry: usize, flags: u32, snapshot: u64): u64 {
  if (isLeafEntry(entry, flags)) return 0
  const stamp = load<u64>(entry, ENTRY_WORD_OFFSET) >> TIMESTAMP_SHIFT
  return flags & ENTRY_GAP ? min(stamp, snapshot) : stamp
}

/** The largest stamp among the version that a locked cell has and the readers of it. */
function etaOf(entry: usize, flags: u32, snapshot: u64): u64 {
  const stamp = wordOf(entry) >> TIMESTAMP_SHIFT
  return max(pstampOf(entry, flags), flags & ENTRY_GAP ? min(stamp, snapshot) : stamp)
}

/**
 * Judges a transaction that is stamped, holds its locks, and was examined: STATUS_OK to install, with
 * pi in its slot, or why not. The stamps of the readers of what it replaces are loaded only now: c(T) was
 * taken before. Its own are raised before it looks at what it has read, so that it finds who comes
 * before them.
 */
export function judge(slot: usize, timestamp: u64): u32 {
  const snapshot = load<u64>(slot, SLOT_BOUND_OFFSET)
  let pi = timestamp
  let eta = load<u64>(slot, SLOT_SINCE_OFFSET)
  let pivotal: usize = 0
  let isStale = false
  let entry = entryAt(slot, 0)
  const end = entry + (load<u32>(slot, SLOT_ENTRY_COUNT_OFFSET) << ENTRY_SHIFT)
  for (; entry < end; entry += ENTRY_LENGTH) {
    const flags = load<u32>(entry, ENTRY_FLAGS_OFFSET)
    if (flags & ENTRY_WRITE) {
      if (!(flags & ENTRY_IGNORED)) eta = max(eta, etaOf(entry, flags, snapshot))
      continue
    }
    if (!(flags & ENTRY_READ)) continue
    eta = max(eta, readStamp(entry, flags, snapshot))
    let found = load<u64>(entry, ENTRY_VALUE_OFFSET)
    // A gap speaks of other keys, too: that one of them has come does not say that the missing one has.
    if (found == UNKNOWN || flags & ENTRY_GAP) {
      raiseRead(entry, flags, timestamp)
      found = settle(slot, entry, flags, snapshot)
    }
    if (found == UNKNOWN) {
      blameEntry(slot, entry, 0)
      return STATUS_MISSING_STAMP
    }
    // Who replaced it with the same timestamp may have done so before. CURRENT is larger than all.
    if (found > timestamp) continue
    isStale = true
    if (found > pi) continue
    pi = found
    pivotal = entry
  }
  if (!isStale) return STATUS_OK
  if (eta >= pi) {
    blameEntry(slot, pivotal, 0)
    return STATUS_PIVOT
  }
  store<u64>(slot, pi, SLOT_PI_OFFSET)
  raise(LAST_JUDGED_OFFSET, timestamp)
  return STATUS_OK
}

/**
 * Raises the stamps of what a transaction has read that only reads, to its snapshot; false when a
 * reader of a key must be known to its gap by now.
 */
function leaveStamps(slot: usize, snapshot: u64): bool {
  let entry = entryAt(slot, 0)
  const end = entry + (load<u32>(slot, SLOT_ENTRY_COUNT_OFFSET) << ENTRY_SHIFT)
  for (; entry < end; entry += ENTRY_LENGTH) {
    const flags = load<u32>(entry, ENTRY_FLAGS_OFFSET)
    if (!(flags & ENTRY_READ) || flags & ENTRY_STALE) continue
    raiseRead(entry, flags, snapshot)
    if (isTaken(entry, flags)) {
      blameEntry(slot, entry, 0)
      return false
    }
  }
  return true
}

/**
 * Whether the closed snapshot of a transaction that only reads has a place among the others: nobody
 * who was judged comes before what it saw and has a timestamp behind it. STATUS_BUSY: not known yet.
 */
export function judgeReads(slot: usize): u32 {
  const snapshot = load<u64>(slot, SLOT_BOUND_OFFSET)
  if (!leaveStamps(slot, snapshot)) return STATUS_MISSING_STAMP
  // Who is judged from now on finds the stamps. Who is judged now says so before it is done.
  if (atomic.load<u32>(0, JUDGE_OFFSET) == 0 && lastJudged() <= snapshot) return STATUS_OK
  let pi = u64.MAX_VALUE
  let eta = load<u64>(slot, SLOT_SINCE_OFFSET)
  let pivotal: usize = 0
  let entry = entryAt(slot, 0)
  const end = entry + (load<u32>(slot, SLOT_ENTRY_COUNT_OFFSET) << ENTRY_SHIFT)
  for (; entry < end; entry += ENTRY_LENGTH) {
    const flags = load<u32>(entry, ENTRY_FLAGS_OFFSET)
    // A key that came into a leaf has the stamp that was left there before it was read.
    if (!(flags & ENTRY_READ) || isLeafEntry(entry, flags)) continue
    eta = max(eta, readStamp(entry, flags, snapshot))
    const found = look(slot, entry, flags, snapshot)
    if (found == UNKNOWN) {
      const word = wordOf(entry)
      blameEntry(slot, entry, word)
      return flags & ENTRY_GAP && !(<u32>word & OWNER_MASK) ? STATUS_MISSING_STAMP : STATUS_BUSY
    }
    if (found >= pi) continue
    pi = found
    pivotal = entry
  }
  if (eta < pi) return STATUS_OK
  blameEntry(slot, pivotal, 0)
  return STATUS_PIVOT
}

/**
 * Gives a transaction that only reads current versions its place in the order, where transactions that
 * may be judged are open or were: as if it committed now. STATUS_STALE_READ: a read is not current.
 */
export function placeReads(slot: usize): u32 {
  const now = clock()
  raiseReads(slot, now + 1)
  let entry = entryAt(slot, 0)
  const end = entry + (load<u32>(slot, SLOT_ENTRY_COUNT_OFFSET) << ENTRY_SHIFT)
  for (; entry < end; entry += ENTRY_LENGTH) {
    if (!(load<u32>(entry, ENTRY_FLAGS_OFFSET) & ENTRY_READ) || isCurrent(entry)) continue
    blameEntry(slot, entry, 0)
    return STATUS_STALE_READ
  }
  store<u64>(slot, now, SLOT_BOUND_OFFSET)
  return STATUS_OK
}
