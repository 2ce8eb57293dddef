/**
 * The horizon, and the version chains that it lets go. A version may go when no live snapshot falls
 * between its timestamp and its successor's (I-5). A thread keeps the horizon it computed last: it
 * stays true, since no snapshot may begin below the bound.
 */
import {
  HORIZON_BOUND_OFFSET,
  SLOT_COUNT_OFFSET,
  SLOT_TABLE_ADDRESS,
} from '../arena-header-descriptor'
import { VERSION_CLASS } from '../page-descriptor'
import { SLOT_PHASE_OFFSET, STATE_ACTIVE } from '../slot-descriptor'
import { TAG_BLOCK_FIRST } from '../status-codes'
import { THREAD_HORIZON_OFFSET, THREAD_PUSH_COUNT_OFFSET } from '../thread-descriptor'
import { HANDLE_SHIFT, VERSION_META_OFFSET, VERSION_VALUE_OFFSET } from '../version-descriptor'
import { HEAD_SHIFT, STATE_MASK, TAG_MASK, TIMESTAMP_SHIFT } from '../word-descriptor'
import { give, giveData } from './allocator'
import { advanceClock } from './arena'
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

function raiseBound(wanted: u64): void {
  while (true) {
    const bound = atomic.load<u64>(0, HORIZON_BOUND_OFFSET)
    if (bound >= wanted) return
    atomic.cmpxchg<u64>(0, bound, wanted, HORIZON_BOUND_OFFSET)
  }
}

/**
 * Computes the horizon anew: the smallest snapshot of an active transaction. The running epoch is
 * closed first, so that what was committed in it can fall below the horizon. One that is stamped or
 * installing reads nothing any more. The bound is raised before the slots are looked at: a transaction
 * publishes its snapshot before it looks at the bound, so that one of the two sees the other.
 */
export function refreshHorizon(): void {
  let result = advanceClock()
  raiseBound(result)
  const count = slotCount()
  for (let id: u32 = 1; id <= count; id++) {
    const slot = slotAddress(id)
    if (slot == 0) continue
    const phase = atomic.load<u64>(slot, SLOT_PHASE_OFFSET)
    if ((<u32>phase & STATE_MASK) != STATE_ACTIVE) continue
    const timestamp = phase >> TIMESTAMP_SHIFT
    if (timestamp < result) result = timestamp
  }
  store<u64>(thread, result, THREAD_HORIZON_OFFSET)
  store<u32>(thread, 0, THREAD_PUSH_COUNT_OFFSET)
}

/** Gives back the block that a value with this meta word refers to, if it refers to one. */
export function giveValue(meta: u64, value: u64): void {
  if ((<u32>meta & TAG_MASK) >= <u32>TAG_BLOCK_FIRST)
    giveData((<usize>(<u32>value)) << HANDLE_SHIFT)
}

/** Gives a cut-off chain back, its blocks included. */
export function giveChain(handle: u32): u32 {
  let count: u32 = 0
  while (handle != 0) {
    const version = (<usize>handle) << HANDLE_SHIFT
    const meta = atomic.load<u64>(version, VERSION_META_OFFSET)
    giveValue(meta, atomic.load<u64>(version, VERSION_VALUE_OFFSET))
    give(VERSION_CLASS, version)
    handle = <u32>(meta >> HEAD_SHIFT)
    count++
  }
  return count
}
