/** Slots, and the beginning and the end of transactions. */
import {
  HORIZON_BOUND_OFFSET,
  SLOT_COUNT_MAX,
  SLOT_COUNT_OFFSET,
  SLOT_TABLE_ADDRESS,
} from '../arena-header-descriptor'
import {
  ENTRY_FLAGS_OFFSET,
  ENTRY_TAG_OFFSET,
  ENTRY_VALUE_OFFSET,
  ENTRY_WRITE,
} from '../entry-descriptor'
import { PAGE_LENGTH, PAGE_SLOTS, PAGE_THREAD_SHIFT, VERSION_CLASS } from '../page-descriptor'
import {
  MODE_CLOSED,
  MODE_ISOLATION_MASK,
  MODE_JUDGEABLE,
  MODE_READ_COMMITTED,
  MODE_SERIALIZABLE,
  MODE_UNSAFE,
  SLOT_BOUND_OFFSET,
  SLOT_BUDGET_OFFSET,
  SLOT_COMMIT_TIMESTAMP_OFFSET,
  SLOT_ENTRY_COUNT_OFFSET,
  SLOT_ID_OFFSET,
  SLOT_LENGTH,
  SLOT_MODE_OFFSET,
  SLOT_NAME_OFFSET,
  SLOT_NEXT_FREE_OFFSET,
  SLOT_OWNER_OFFSET,
  SLOT_PHASE_OFFSET,
  SLOT_PI_OFFSET,
  SLOT_SINCE_OFFSET,
  SLOT_THREAD_OFFSET,
  SLOT_WRITE_COUNT_OFFSET,
  STATE_ACTIVE,
  STATE_FREE,
  STATE_INSTALLING,
  STATE_PINNED,
  STATE_REVOKED,
} from '../slot-descriptor'
import { TAG_ABSENT } from '../status-codes'
import {
  THREAD_FREE_SLOT_OFFSET,
  THREAD_INDEX_OFFSET,
  THREAD_SLOT_CURSOR_END_OFFSET,
  THREAD_SLOT_CURSOR_OFFSET,
} from '../thread-descriptor'
import {
  GENERATION_MASK,
  GENERATION_SHIFT,
  OWNER_ID_SHIFT,
  STATE_MASK,
  TIMESTAMP_SHIFT,
} from '../word-descriptor'
import { clearAccessSet, entryAt, forgetEntries, hasBorrowed, useInlineEntries } from './access-set'
import { reserve } from './allocator'
import { advanceClock, clock, closeEpoch, lastJudged } from './arena'
import { settleWalk } from './hash-index'
import { giveValue, slotAddress } from './horizon'
import { claimPage } from './pages'
import {
  anyJudgeable,
  countAbort,
  enterClosed,
  enterJudgeable,
  leaveClosed,
  leaveJudgeable,
  thread,
} from './thread-record'

/** Entries that one transaction looks at in all while it moves its snapshot forward. */
const EXTENSION_BUDGET: u32 = 512

/** The next slot id, or 0. The count never passes the table: others look at all slots up to it. */
function takeSlotId(): u32 {
  while (true) {
    const count = atomic.load<u32>(0, SLOT_COUNT_OFFSET)
    if (count >= SLOT_COUNT_MAX - 1) return 0
    if (atomic.cmpxchg<u32>(0, count, count + 1, SLOT_COUNT_OFFSET) == count) return count + 1
  }
}

function makeSlot(): usize {
  let cursor = load<u32>(thread, THREAD_SLOT_CURSOR_OFFSET)
  if (cursor == load<u32>(thread, THREAD_SLOT_CURSOR_END_OFFSET)) {
    const index = load<u32>(thread, THREAD_INDEX_OFFSET)
    cursor = <u32>claimPage(PAGE_SLOTS | (index << PAGE_THREAD_SHIFT))
    if (cursor == 0) return 0
    store<u32>(thread, cursor + PAGE_LENGTH, THREAD_SLOT_CURSOR_END_OFFSET)
    store<u32>(thread, cursor, THREAD_SLOT_CURSOR_OFFSET)
    // While there is room: who finds the arena full can delete, for which commits reserve versions.
    reserve(VERSION_CLASS, 1)
  }
  const id = takeSlotId()
  if (id == 0) return 0
  const slot = <usize>cursor
  store<u32>(thread, cursor + SLOT_LENGTH, THREAD_SLOT_CURSOR_OFFSET)
  store<u32>(slot, id, SLOT_ID_OFFSET)
  store<u32>(slot, ownerAt(slot, 0), SLOT_OWNER_OFFSET)
  store<u32>(slot, load<u32>(thread, THREAD_INDEX_OFFSET), SLOT_THREAD_OFFSET)
  store<u32>(slot, EXTENSION_BUDGET, SLOT_BUDGET_OFFSET)
  useInlineEntries(slot)
  atomic.store<u32>(<usize>SLOT_TABLE_ADDRESS + (id << 2), cursor)
  return slot
}

/** A free slot of this thread, or 0 when the slots or the arena are used up. */
export function acquireSlot(): usize {
  const slot = <usize>load<u32>(thread, THREAD_FREE_SLOT_OFFSET)
  if (slot == 0) return makeSlot()
  store<u32>(thread, load<u32>(slot, SLOT_NEXT_FREE_OFFSET), THREAD_FREE_SLOT_OFFSET)
  return slot
}

/** Gives a slot back to this thread's pool. */
export function releaseSlot(slot: usize): void {
  store<u32>(slot, load<u32>(thread, THREAD_FREE_SLOT_OFFSET), SLOT_NEXT_FREE_OFFSET)
  store<u32>(thread, <u32>slot, THREAD_FREE_SLOT_OFFSET)
}

/** Names the transaction for the error messages of others; 0 takes the name away. */
export function nameSlot(slot: usize, handle: u32): void {
  if (atomic.load<u32>(slot, SLOT_NAME_OFFSET) != handle) {
    atomic.store<u32>(slot, handle, SLOT_NAME_OFFSET)
  }
}

/** The owner in words that a slot locks while its phase has this generation. */
function ownerAt(slot: usize, generation: u64): u32 {
  return (load<u32>(slot, SLOT_ID_OFFSET) << OWNER_ID_SHIFT) | (<u32>generation & 1)
}

/** The phase of a slot, of its present use or, while that has stored none, of the one before. */
function seenPhase(slot: usize): u64 {
  return atomic.load<u64>(slot, SLOT_PHASE_OFFSET)
}

/** A phase word of this slot's present use. */
export function phaseOf(slot: usize, timestamp: u64, state: u64): u64 {
  const generation = seenPhase(slot) >> GENERATION_SHIFT
  const step = (generation ^ <u64>load<u32>(slot, SLOT_OWNER_OFFSET)) & 1
  const bits = ((generation + step) & GENERATION_MASK) << GENERATION_SHIFT
  return (timestamp << TIMESTAMP_SHIFT) | bits | state
}

/** Publishes the snapshot, or a later one when the horizon has passed it; the one published. */
function publish(slot: usize, snapshot: u64, state: u64): u64 {
  while (true) {
    atomic.store<u64>(slot, phaseOf(slot, snapshot, state), SLOT_PHASE_OFFSET)
    if (atomic.load<u64>(0, HORIZON_BOUND_OFFSET) <= snapshot) return snapshot
    snapshot = state == STATE_ACTIVE ? closeEpoch() : clock()
  }
}

/**
 * Sets the mode of a transaction that has not begun to read. With MODE_CLOSED its snapshot is the
 * epoch that this call closes, and old versions are kept for it. Otherwise it reads current versions
 * only, moves its snapshot forward as it meets newer ones, and needs no call to begin: the snapshot
 * that the slot's last transaction ended with is as good as any. With MODE_JUDGEABLE it says that it
 * may be judged before its epoch is closed: whoever finds nobody that may be judged, after having
 * loaded the clock, knows that those who come have larger snapshots.
 */
export function begin(slot: usize, mode: u32): void {
  store<u32>(slot, mode, SLOT_MODE_OFFSET)
  if (!(mode & MODE_CLOSED)) return
  if (mode & MODE_JUDGEABLE) enterJudgeable()
  enterClosed()
  // At this level reads are of current versions, also of those that are newer than the snapshot.
  const pins = (mode & MODE_ISOLATION_MASK) == MODE_READ_COMMITTED
  const snapshot = pins ? advanceClock() : closeEpoch()
  const state = pins ? STATE_PINNED : STATE_ACTIVE
  const published = publish(slot, snapshot, state)
  store<u64>(slot, published, SLOT_BOUND_OFFSET)
  if ((mode & MODE_ISOLATION_MASK) != MODE_SERIALIZABLE) return
  if (mode & MODE_JUDGEABLE || !isSafe(published)) {
    store<u32>(slot, mode | MODE_UNSAFE, SLOT_MODE_OFFSET)
  }
}

/**
 * Whether nobody that may be judged was open when this closed snapshot was taken, or all of them have
 * ended without a place before it. First who is open, then who was judged: it says so before it ends.
 */
function isSafe(snapshot: u64): bool {
  return !anyJudgeable(0) && lastJudged() <= snapshot
}

/**
 * Whether the closed snapshot of a transaction that has read nothing yet is safe. If it is not, and nobody that may be judged is open any more, it is begun again.
 */
export function settleSnapshot(slot: usize): bool {
  const mode = load<u32>(slot, SLOT_MODE_OFFSET)
  if (!(mode & MODE_UNSAFE)) return true
  if (anyJudgeable(0)) return false
  finish(slot)
  begin(slot, mode & ~MODE_UNSAFE)
  return !(load<u32>(slot, SLOT_MODE_OFFSET) & MODE_UNSAFE)
}

/** Whether the slot's snapshot is published; not for one that is being committed. */
export function isPinned(slot: usize): bool {
  const state = <u32>seenPhase(slot) & STATE_MASK
  return state != STATE_FREE && state != STATE_INSTALLING
}

/** Publishes a snapshot: no block that is current now is freed before the transaction ends. */
export function pin(slot: usize): void {
  publish(slot, clock(), STATE_PINNED)
}

/** Whether the transaction still has the right to its snapshot. */
export function isLive(slot: usize): bool {
  return (<u32>atomic.load<u64>(slot, SLOT_PHASE_OFFSET) & STATE_MASK) != STATE_REVOKED
}

/** Takes the right to its snapshot from the transaction in a slot, if its phase is still this one. */
export function revokeSlot(id: u32, phase: u64): bool {
  const slot = slotAddress(id)
  const state = <u32>phase & STATE_MASK
  if (state != STATE_ACTIVE && state != STATE_PINNED) return false
  const wanted = (phase & ~(<u64>STATE_MASK)) | STATE_REVOKED
  return atomic.cmpxchg<u64>(slot, phase, wanted, SLOT_PHASE_OFFSET) == phase
}

/** Readies a slot, whose access set is empty, for its next use. */
function endUse(slot: usize, generation: u64): void {
  store<u32>(slot, ownerAt(slot, generation), SLOT_OWNER_OFFSET)
  const mode = load<u32>(slot, SLOT_MODE_OFFSET)
  if (mode & MODE_CLOSED) leaveClosed()
  if (mode & MODE_JUDGEABLE) leaveJudgeable()
  store<u64>(slot, 0, SLOT_PI_OFFSET)
  store<u64>(slot, 0, SLOT_SINCE_OFFSET)
  store<u32>(slot, EXTENSION_BUDGET, SLOT_BUDGET_OFFSET)
}

/**
 * Ends the use of a slot: empties its access set, frees its phase, readies it for the next. The set
 * is emptied first: what it wrote is no longer the slot's to drop or to install.
 */
export function finish(slot: usize): void {
  clearAccessSet(slot)
  const generation = (seenPhase(slot) >> GENERATION_SHIFT) + 1
  const phase = ((generation & GENERATION_MASK) << GENERATION_SHIFT) | STATE_FREE
  atomic.store<u64>(slot, phase, SLOT_PHASE_OFFSET)
  endUse(slot, generation)
}

/**
 * Ends the use of a slot in which all is installed. Its phase stays as it is, which saves an atomic
 * store: locks of the next use have another owner, so that nobody takes it for that one's.
 */
export function conclude(slot: usize): void {
  if (hasBorrowed(slot)) clearAccessSet(slot)
  else forgetEntries(slot)
  endUse(slot, (seenPhase(slot) >> GENERATION_SHIFT) + 1)
}

/** Gives back what an entry was to write, once; after a death in between it is lost. */
export function dropWrite(entry: usize): void {
  const tag = load<u32>(entry, ENTRY_TAG_OFFSET)
  store<u32>(entry, TAG_ABSENT, ENTRY_TAG_OFFSET)
  giveValue(tag, load<u64>(entry, ENTRY_VALUE_OFFSET))
}

/** Gives back the blocks that the transaction wrote but did not publish. */
export function dropWrites(slot: usize): void {
  if (load<u32>(slot, SLOT_WRITE_COUNT_OFFSET) == 0) return
  const count = load<u32>(slot, SLOT_ENTRY_COUNT_OFFSET)
  for (let i: u32 = 0; i < count; i++) {
    const entry = entryAt(slot, i)
    if (load<u32>(entry, ENTRY_FLAGS_OFFSET) & ENTRY_WRITE) dropWrite(entry)
  }
}

/** Ends a transaction that holds no lock, without its writes; counts the cause. */
export function abort(slot: usize, cause: u32): void {
  // The body may have been thrown out of a call, and its thread may not come to look up a key for long.
  settleWalk()
  store<u64>(slot, 0, SLOT_COMMIT_TIMESTAMP_OFFSET)
  dropWrites(slot)
  finish(slot)
  countAbort(cause)
}

/** Ends a transaction that has read only, and of which nobody wants to know whether it could commit. */
export function dismiss(slot: usize): void {
  if (isPinned(slot)) finish(slot)
  else clearAccessSet(slot)
}
