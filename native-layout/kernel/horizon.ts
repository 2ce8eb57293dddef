/**
 * Which versions live snapshots need. A version may go when none falls between its timestamp and its
 * successor's (I-5). A thread keeps what it found when it last looked: it stays true, since no
 * snapshot may begin below the bound.
 */
import {
  HORIZON_BOUND_OFFSET,
  SLOT_COUNT_OFFSET,
  SLOT_TABLE_ADDRESS,
} from '../arena-header-descriptor'
import { VERSION_CLASS } from '../page-descriptor'
import { SLOT_PHASE_OFFSET, STATE_ACTIVE, STATE_PINNED } from '../slot-descriptor'
import { TAG_APPEND, TAG_APPEND_ON_CONFLICT, TAG_BATCH, TAG_BLOCK_FIRST } from '../status-codes'
import {
  SNAPSHOT_COUNT_MAX,
  THREAD_HORIZON_OFFSET,
  THREAD_PUSH_COUNT_OFFSET,
  THREAD_SETTLED_OFFSET,
  THREAD_SNAPSHOT_COUNT_OFFSET,
  THREAD_SNAPSHOTS_OFFSET,
} from '../thread-descriptor'
import {
  HANDLE_SHIFT,
  VERSION_BIAS,
  VERSION_VALUE_OFFSET,
  VERSION_WORD_OFFSET,
} from '../version-descriptor'
import { STATE_MASK, TAG_MASK, TIMESTAMP_SHIFT } from '../word-descriptor'
import { give, giveData } from './allocator'
import { advanceClock } from './arena'
import { dropChunk } from './chunk'
import { thread } from './thread-record'

/** Address of the slot with this id. */
export function slotAddress(id: u32): usize {
  return atomic.load<u32>(<usize>SLOT_TABLE_ADDRESS + (id << 2))
}

/** Slot ids handed out so far. */
export function slotCount(): u32 {
  return atomic.load<u32>(0, SLOT_COUNT_OFFSET)
}

/** The horizon that this thread knows. */
export function horizon(): u64 {
  return load<u64>(thread, THREAD_HORIZON_OFFSET)
}

/** What was replaced up to here is read by listed snapshots only, as far as this thread knows. */
export function settled(): u64 {
  return load<u64>(thread, THREAD_SETTLED_OFFSET)
}

/**
 * Whether somebody may read a version: one that was current from one timestamp until it was replaced
 * at another. A snapshot between the two needs it, a pin before the second may be copying its block.
 */
export function isNeeded(from: u64, until: u64): bool {
  return until > settled() || isListed(from, until)
}

/** Whether one of the listed snapshots falls between two timestamps. */
export function isListed(from: u64, until: u64): bool {
  const count = load<u32>(thread, THREAD_SNAPSHOT_COUNT_OFFSET)
  for (let i: u32 = 0; i < count; i++) {
    const snapshot = load<u64>(thread + (i << 3), THREAD_SNAPSHOTS_OFFSET)
    if (from <= snapshot && snapshot < until) return true
  }
  return false
}

function raiseBound(wanted: u64): void {
  while (true) {
    const bound = atomic.load<u64>(0, HORIZON_BOUND_OFFSET)
    if (bound >= wanted) return
    atomic.cmpxchg<u64>(0, bound, wanted, HORIZON_BOUND_OFFSET)
  }
}

/**
 * Looks at all live snapshots anew. The running epoch is closed first, so that what was committed in
 * it can be given back. A slot that is stamped or installing reads nothing any more. The bound is
 * raised before the slots are looked at: a transaction publishes its snapshot before it looks at the
 * bound, so that one of the two sees the other.
 */
export function refreshHorizon(): void {
  let settled = advanceClock()
  // Who is thrown out while the list is written leaves one that must not be believed: all is needed then.
  store<u64>(thread, 0, THREAD_SETTLED_OFFSET)
  raiseBound(settled)
  let smallest = settled
  let listed: u32 = 0
  const count = slotCount()
  for (let id: u32 = 1; id <= count; id++) {
    const slot = slotAddress(id)
    if (slot == 0) continue
    const phase = atomic.load<u64>(slot, SLOT_PHASE_OFFSET)
    const state = <u32>phase & STATE_MASK
    if (state != STATE_ACTIVE && state != STATE_PINNED) continue
    const snapshot = phase >> TIMESTAMP_SHIFT
    if (snapshot < smallest) smallest = snapshot
    if (state == STATE_ACTIVE && listed < SNAPSHOT_COUNT_MAX) {
      store<u64>(thread + (listed << 3), snapshot, THREAD_SNAPSHOTS_OFFSET)
      listed++
    } else if (snapshot < settled) {
      settled = snapshot
    }
  }
  store<u64>(thread, smallest, THREAD_HORIZON_OFFSET)
  store<u32>(thread, listed, THREAD_SNAPSHOT_COUNT_OFFSET)
  store<u32>(thread, 0, THREAD_PUSH_COUNT_OFFSET)
  store<u64>(thread, settled, THREAD_SETTLED_OFFSET)
}

/** Gives back what a value refers to, whose tag is in this word: a block, a reference to a chunk, or nothing. */
export function giveValue(word: u64, value: u64): void {
  const tag = <u32>word & TAG_MASK
  if (tag == TAG_BATCH || tag == TAG_APPEND || tag == TAG_APPEND_ON_CONFLICT) dropChunk(<u32>value)
  else if (tag >= <u32>TAG_BLOCK_FIRST) giveData((<usize>(<u32>value)) << HANDLE_SHIFT)
}

/** Gives back a version that was taken out of its chain, its block included. */
export function giveVersion(version: usize): void {
  const word = atomic.load<u64>(version, VERSION_WORD_OFFSET)
  giveValue(word, atomic.load<u64>(version, VERSION_VALUE_OFFSET))
  give(VERSION_CLASS, version + VERSION_BIAS)
}
