/**
 * Retired blocks: values that commits of this thread have replaced while nobody reads old versions.
 * Who reads current versions may still be copying one, and has published a snapshot before: a block
 * is given back once no pin is older than the commit that replaced it (I-5). The thread's commits
 * have rising timestamps, so the list is a queue.
 */
import { BLOCK_LENGTH_DISTANCE } from '../block-descriptor'
import {
  RETIRED_COUNT_MAX,
  RETIRED_HANDLE_OFFSET,
  RETIRED_SHIFT,
  RETIRED_TIMESTAMP_OFFSET,
} from '../retired-descriptor'
import {
  THREAD_PUSH_COUNT_OFFSET,
  THREAD_QUEUE_OFFSET,
  THREAD_RELEASED_COUNT_OFFSET,
  THREAD_RETIRED_COUNT_OFFSET,
} from '../thread-descriptor'
import { HANDLE_SHIFT } from '../version-descriptor'
import { giveData } from './allocator'
import { refreshHorizon, settled } from './horizon'
import { releaseLimbo } from './recycle'
import { releaseReplaced } from './replaced'
import { thread } from './thread-record'

/** Length of the largest block that is retired: what an idle thread has retired stays with it. */
const RETIRED_LENGTH_MAX: u32 = 1024

function retiredAt(record: usize, number: u32): usize {
  const queue = <usize>load<u32>(record, THREAD_QUEUE_OFFSET)
  return queue + ((number & (RETIRED_COUNT_MAX - 1)) << RETIRED_SHIFT)
}

/** Whether the block that this value refers to can be retired; otherwise it is kept as a version. */
export function mayRetire(handle: u32): bool {
  const retired = load<u32>(thread, THREAD_RETIRED_COUNT_OFFSET)
  if (retired - load<u32>(thread, THREAD_RELEASED_COUNT_OFFSET) == RETIRED_COUNT_MAX) return false
  const payload = (<usize>handle) << HANDLE_SHIFT
  return load<u32>(payload - BLOCK_LENGTH_DISTANCE) <= RETIRED_LENGTH_MAX
}

/** Retires a block of the thread with this record that was replaced at a timestamp. */
export function retire(record: usize, handle: u32, timestamp: u64): void {
  const count = load<u32>(record, THREAD_RETIRED_COUNT_OFFSET)
  const place = retiredAt(record, count)
  store<u64>(place, timestamp, RETIRED_TIMESTAMP_OFFSET)
  store<u64>(place, <u64>handle, RETIRED_HANDLE_OFFSET)
  store<u32>(record, count + 1, THREAD_RETIRED_COUNT_OFFSET)
  const pushes = load<u32>(record, THREAD_PUSH_COUNT_OFFSET) + 1
  store<u32>(record, pushes, THREAD_PUSH_COUNT_OFFSET)
}

/** Whether this was the last block that the thread with this record retired. */
export function isLastRetired(record: usize, handle: u32): bool {
  const count = load<u32>(record, THREAD_RETIRED_COUNT_OFFSET)
  if (count == load<u32>(record, THREAD_RELEASED_COUNT_OFFSET)) return false
  return load<u64>(retiredAt(record, count - 1), RETIRED_HANDLE_OFFSET) == <u64>handle
}

/**
 * Computes the horizon anew and gives back the retired blocks of this thread that it lets go, and the
 * cells that it has in limbo; how many.
 */
export function releaseRetired(): u32 {
  refreshHorizon()
  const cells = releaseLimbo()
  releaseReplaced(thread)
  const count = load<u32>(thread, THREAD_RETIRED_COUNT_OFFSET)
  const first = load<u32>(thread, THREAD_RELEASED_COUNT_OFFSET)
  let released = first
  while (released != count) {
    const place = retiredAt(thread, released)
    if (load<u64>(place, RETIRED_TIMESTAMP_OFFSET) > settled()) break
    released++
    // Taken off the list first: after a death in between it is lost, and not given back twice.
    store<u32>(thread, released, THREAD_RELEASED_COUNT_OFFSET)
    giveData((<usize>(<u32>load<u64>(place, RETIRED_HANDLE_OFFSET))) << HANDLE_SHIFT)
  }
  return cells + released - first
}
