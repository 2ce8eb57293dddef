/**
 * The commit protocol: lock, stamp, validate, install (after Silo, Tu et al., SOSP 2013, and TL2,
 * Dice, Shalev and Shavit, DISC 2006; the epoch clock is described in ARCHITECTURE.md).
 */
import { CELL_SHIFT, CELL_WORD_OFFSET } from '../cell-descriptor'
import {
  ENTRY_CELL_OFFSET,
  ENTRY_FLAGS_OFFSET,
  ENTRY_LENGTH,
  ENTRY_READ,
  ENTRY_SHIFT,
  ENTRY_STALE,
  ENTRY_TAG_OFFSET,
  ENTRY_WORD_OFFSET,
  ENTRY_WRITE,
} from '../entry-descriptor'
import { VERSION_CLASS } from '../page-descriptor'
import {
  MODE_CLOSED,
  MODE_ISOLATION_MASK,
  MODE_JUDGEABLE,
  MODE_READ_COMMITTED,
  MODE_SERIALIZABLE,
  MODE_UNSAFE,
  MODE_UPDATES,
  SLOT_BOUND_OFFSET,
  SLOT_COMMIT_TIMESTAMP_OFFSET,
  SLOT_ENTRY_COUNT_OFFSET,
  SLOT_IGNORED_COUNT_OFFSET,
  SLOT_MODE_OFFSET,
  SLOT_PHASE_OFFSET,
  SLOT_WRITE_COUNT_OFFSET,
  STATE_ABORTING,
  STATE_INSTALLING,
  STATE_REVOKED,
  STATE_STAMPED,
  STATE_SWEEPING,
} from '../slot-descriptor'
import {
  STATUS_ARENA_FULL,
  STATUS_BUSY,
  STATUS_FAILURE_FIRST,
  STATUS_LOCKED,
  STATUS_OK,
  STATUS_SNAPSHOT_TOO_OLD,
  STATUS_STALE_READ,
  STATUS_UNMERGED,
  STATUS_UPDATE_REFUSED,
  STATUS_WRITE_CONFLICT,
  TAG_APPEND_ON_CONFLICT,
} from '../status-codes'
import {
  THREAD_CLOCK_MOVES_OFFSET,
  THREAD_COMMITS_OFFSET,
  THREAD_JUDGED_COMMITS_OFFSET,
  THREAD_PUSH_COUNT_OFFSET,
  THREAD_READ_COMMITS_OFFSET,
} from '../thread-descriptor'
import { OWNER_MASK, STATE_MASK } from '../word-descriptor'
import { clearAccessSet, entryAt } from './access-set'
import { countFree, reserve } from './allocator'
import { advanceClockFrom, clock, lastJudged, newestClosed } from './arena'
import { computeUpdates, hasMetRows } from './commutative'
import { settleWalk } from './hash-index'
import { install } from './install'
import { examine, judge, judgeReads, leaveJudge, placeReads, takeJudge } from './judge'
import { largestStamp, lockWrites, orderWrites, unlockWrites } from './lock'
import { hasLost } from './read'
import { releaseRetired } from './retired'
import { blameEntry, ownerPhase } from './snapshot'
import { raiseReads } from './stamps'
import { anyClosed, anyJudgeable, count, countAbort, thread } from './thread-record'
import { abort, conclude, dropWrites, finish, isLive, isPinned, phaseOf } from './transaction'

/** Times that the judge is looked at while somebody else has it. */
const JUDGE_SPINS: u32 = 256

/** Versions and blocks that a thread leaves behind before it computes the horizon again. */
const PUSHES_A_HORIZON: u32 = 64

/** Versions up to this timestamp that the running commit replaces may be read by somebody; 0: none. */
let keptUpTo: u64 = 0

/** Whether transactions are open that may be judged: the running commit leaves stamps for them. */
let leavesStamps: bool = false

/** The same of those that also look for keys which have had no value: see installOne. */
let leavesTraces: bool = false

/** Whether the running commit has the judge. */
let hasJudge: bool = false

/** c(T) of the running commit. */
let timestamp: u64 = 0

/**
 * Takes c(T), the clock plus one and more than any version that T replaces (I-3), and publishes it
 * with the given state. The clock is looked at again after the store, so that whoever closes an
 * epoch and then finds this slot without a timestamp knows that c(T) lies above that epoch; and
 * whoever reads old versions has said so before it closed its epoch. 0: the right to the snapshot
 * was lost meanwhile.
 */
function stamp(slot: usize, mode: u32, state: u64): u64 {
  let phase = atomic.load<u64>(slot, SLOT_PHASE_OFFSET)
  if ((<u32>phase & STATE_MASK) == STATE_REVOKED) return 0
  while (true) {
    const epoch = clock()
    if (largestStamp > epoch) {
      advanceClockFrom(epoch)
      count(THREAD_CLOCK_MOVES_OFFSET)
      continue
    }
    keptUpTo = anyClosed(mode & MODE_CLOSED ? 1 : 0) ? newestClosed() : 0
    leavesStamps = state == STATE_STAMPED && anyJudgeable(mode & MODE_JUDGEABLE ? 1 : 0)
    leavesTraces = keptUpTo != 0 && anyJudgeable(0)
    const stamped = phaseOf(slot, epoch + 1, state)
    if (atomic.cmpxchg<u64>(slot, phase, stamped, SLOT_PHASE_OFFSET) != phase) return 0
    if (clock() == epoch) {
      store<u64>(slot, epoch + 1, SLOT_COMMIT_TIMESTAMP_OFFSET)
      return epoch + 1
    }
    phase = stamped
  }
}

/** Whether a cell is locked by somebody who prunes its chain or swaps it, and is otherwise as it was read. */
function isBeingSwept(address: usize, word: u64, expected: u64): bool {
  if ((word & ~(<u64>OWNER_MASK)) != expected) return false
  const isSwept = (<u32>ownerPhase(word) & STATE_MASK) == STATE_SWEEPING
  // A commit of the same slot would have moved the word before the slot came to sweep; or it has ended.
  const now = atomic.load<u64>(address, CELL_WORD_OFFSET)
  return now == expected || (isSwept && now == word)
}

/** Validates the reads: each word is the one that was read and nobody commits over it (I-6). */
function validate(slot: usize): u32 {
  let entry = entryAt(slot, 0)
  const end = entry + (load<u32>(slot, SLOT_ENTRY_COUNT_OFFSET) << ENTRY_SHIFT)
  for (; entry < end; entry += ENTRY_LENGTH) {
    const flags = load<u32>(entry, ENTRY_FLAGS_OFFSET)
    if ((flags & (ENTRY_READ | ENTRY_WRITE)) != ENTRY_READ) continue
    const cell = load<u32>(entry, ENTRY_CELL_OFFSET)
    const word = atomic.load<u64>((<usize>cell) << CELL_SHIFT, CELL_WORD_OFFSET)
    const expected = load<u64>(entry, ENTRY_WORD_OFFSET)
    if (!(flags & ENTRY_STALE)) {
      if (word == expected || isBeingSwept((<usize>cell) << CELL_SHIFT, word, expected)) continue
    }
    blameEntry(slot, entry, word)
    return <u32>word & OWNER_MASK ? STATUS_LOCKED : STATUS_STALE_READ
  }
  return STATUS_OK
}

function giveUp(slot: usize, status: u32): u32 {
  store<u64>(slot, 0, SLOT_COMMIT_TIMESTAMP_OFFSET)
  atomic.store<u64>(slot, phaseOf(slot, 0, STATE_ABORTING), SLOT_PHASE_OFFSET)
  unlockWrites(slot)
  dropWrites(slot)
  finish(slot)
  leaveJudge(slot)
  countAbort(status - STATUS_FAILURE_FIRST)
  return status
}

/**
 * Whether what a transaction without writes has read is a state between the serializable
 * transactions. Without any that may be judged every state that existed is. First who is open, then
 * who was judged: it says so before it ends.
 */
function settleReads(slot: usize, mode: u32): u32 {
  if (mode & MODE_CLOSED) return mode & MODE_UNSAFE ? judgeReads(slot) : STATUS_OK
  if (anyJudgeable(0)) return placeReads(slot)
  return lastJudged() <= load<u64>(slot, SLOT_BOUND_OFFSET) ? STATUS_OK : placeReads(slot)
}

function commitReads(slot: usize): u32 {
  store<u64>(slot, 0, SLOT_COMMIT_TIMESTAMP_OFFSET)
  store<u32>(slot, 0, SLOT_IGNORED_COUNT_OFFSET)
  const mode = load<u32>(slot, SLOT_MODE_OFFSET)
  let status = STATUS_OK
  if ((mode & MODE_ISOLATION_MASK) == MODE_SERIALIZABLE) status = settleReads(slot, mode)
  if (!isLive(slot)) status = STATUS_SNAPSHOT_TOO_OLD
  if (status == STATUS_BUSY) return status
  if (status != STATUS_OK) {
    abort(slot, status - STATUS_FAILURE_FIRST)
    return status
  }
  if (isPinned(slot)) finish(slot)
  else clearAccessSet(slot)
  count(THREAD_COMMITS_OFFSET)
  count(THREAD_READ_COMMITS_OFFSET)
  return STATUS_OK
}

/** Whether reads have to be validated: those of written cells were, when the cells were locked. */
function mustValidate(slot: usize, mode: u32, writes: u32): bool {
  if ((mode & MODE_ISOLATION_MASK) != MODE_SERIALIZABLE) return false
  return load<u32>(slot, SLOT_ENTRY_COUNT_OFFSET) != writes
}

/**
 * Takes c(T) and finds out whether the reads allow a commit at it. Who may be judged and finds only now
 * that a read is stale goes on to the judge if nobody has it: nobody waits for it with locks of his own.
 */
function certify(slot: usize, mode: u32): u32 {
  timestamp = stamp(slot, mode, STATE_STAMPED)
  if (timestamp == 0) return STATUS_SNAPSHOT_TOO_OLD
  if (hasJudge) return judge(slot, timestamp)
  if (leavesStamps) raiseReads(slot, timestamp)
  const valid = validate(slot)
  if (valid == STATUS_OK || !(mode & MODE_JUDGEABLE) || !takeJudge(slot, 1)) return valid
  hasJudge = true
  return judge(slot, timestamp)
}

/**
 * Ends a transaction with an update that cannot be made: for good, unless it has read what is no longer
 * so, which may be why it was to be made, or rows have met a batch of another schema than the one that they
 * were made for.
 */
function refuseUpdate(slot: usize, refused: usize, validates: bool): u32 {
  const valid = validates ? validate(slot) : STATUS_OK
  if (valid != STATUS_OK) return giveUp(slot, valid)
  blameEntry(slot, refused, 0)
  const isConflict =
    load<u32>(refused, ENTRY_TAG_OFFSET) == TAG_APPEND_ON_CONFLICT || hasMetRows(slot)
  return giveUp(slot, isConflict ? STATUS_WRITE_CONFLICT : STATUS_UPDATE_REFUSED)
}

/**
 * Commits or aborts, and ends the transaction in either case. STATUS_OK: its writes are visible,
 * whole, at the timestamp in the slot. STATUS_BUSY: a lock was not to be had; STATUS_UNMERGED: a write
 * that is merged has met another version than the one that it is based on; STATUS_ARENA_FULL: there is no
 * room for the versions that it replaces; in these three the transaction is still open. Any other status: it
 * left nothing.
 */
export function commit(slot: usize): u32 {
  settleWalk()
  const writes = load<u32>(slot, SLOT_WRITE_COUNT_OFFSET)
  if (writes == 0) return commitReads(slot)
  const mode = load<u32>(slot, SLOT_MODE_OFFSET)
  store<u64>(slot, 0, SLOT_COMMIT_TIMESTAMP_OFFSET)
  if (load<u32>(thread, THREAD_PUSH_COUNT_OFFSET) >= PUSHES_A_HORIZON) releaseRetired()
  orderWrites(slot)
  if (countFree(VERSION_CLASS) < writes && !reserve(VERSION_CLASS, writes)) return STATUS_ARENA_FULL
  const validates = mustValidate(slot, mode, writes)
  hasJudge = validates && (mode & MODE_JUDGEABLE) != 0 && !examine(slot)
  if (hasJudge && !takeJudge(slot, JUDGE_SPINS)) return STATUS_BUSY
  const locked = lockWrites(slot, mode)
  if (locked == STATUS_LOCKED || locked == STATUS_UNMERGED) {
    // Whoever holds the lock may have been put to sleep, and a merge takes as long as it takes: nobody
    // waits with locks of his own (I-7).
    unlockWrites(slot)
    if (hasJudge) leaveJudge(slot)
    return locked == STATUS_LOCKED ? STATUS_BUSY : STATUS_UNMERGED
  }
  if (locked != STATUS_OK) return giveUp(slot, locked)
  if ((mode & MODE_ISOLATION_MASK) == MODE_READ_COMMITTED && hasLost(slot, ENTRY_READ)) {
    return giveUp(slot, STATUS_STALE_READ)
  }
  // A conflict may have made updates of writes.
  if (load<u32>(slot, SLOT_MODE_OFFSET) & MODE_UPDATES) {
    const refused = computeUpdates(slot)
    if (refused != 0) return refuseUpdate(slot, refused, validates)
  }
  if (validates) {
    const status = certify(slot, mode)
    if (status != STATUS_OK) return giveUp(slot, status)
    atomic.store<u64>(slot, phaseOf(slot, timestamp, STATE_INSTALLING), SLOT_PHASE_OFFSET)
  } else {
    timestamp = stamp(slot, mode, STATE_INSTALLING)
    if (timestamp == 0) return giveUp(slot, STATUS_SNAPSHOT_TOO_OLD)
  }
  if (!install(slot, keptUpTo, leavesTraces, timestamp))
    store<u64>(slot, 0, SLOT_COMMIT_TIMESTAMP_OFFSET)
  conclude(slot)
  count(THREAD_COMMITS_OFFSET)
  if (hasJudge) {
    leaveJudge(slot)
    count(THREAD_JUDGED_COMMITS_OFFSET)
  }
  return STATUS_OK
}
