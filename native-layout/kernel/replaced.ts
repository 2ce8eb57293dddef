/**
 * Batches that others with the same rows were put in the place of, until nobody can stand on them: for
 * each thread a queue, to which it adds and which anybody shortens, so that a thread that does nothing any
 * more keeps no memory. It ends with a record that is still to be filled. Without locks: who shortens it
 * moves its beginning by a CAS, whose count tells one record from another that came to lie in its place.
 *
 * After Michael and Scott, Simple, Fast, and Practical Non-Blocking and Blocking Concurrent Queue
 * Algorithms (PODC 1996), with one thread that adds.
 */
import { THREAD_COUNT_OFFSET } from '../arena-header-descriptor'
import {
  REPLACED_CHUNK_OFFSET,
  REPLACED_LENGTH,
  REPLACED_NEXT_OFFSET,
  REPLACED_TIMESTAMP_OFFSET,
} from '../replaced-descriptor'
import { THREAD_REPLACED_FIRST_OFFSET, THREAD_REPLACED_LAST_OFFSET } from '../thread-descriptor'
import { giveData, takeData } from './allocator'
import { clock } from './arena'
import { dropChunk } from './chunk'
import { horizon } from './horizon'
import { thread, threadRecord } from './thread-record'

/** What comes behind the next batch that is replaced: an address, or 0 when the arena is full. */
export function takeRecord(): usize {
  if (atomic.load<u64>(thread, THREAD_REPLACED_FIRST_OFFSET) == 0) {
    const first = takeData(REPLACED_LENGTH)
    if (first == 0) return 0
    atomic.store<u32>(thread, <u32>first, THREAD_REPLACED_LAST_OFFSET)
    atomic.store<u64>(thread, <u64>first, THREAD_REPLACED_FIRST_OFFSET)
  }
  return takeData(REPLACED_LENGTH)
}

/** Keeps the reference to a batch that was replaced until nobody can stand on it. */
export function letGoLater(record: usize, chunk: u32): void {
  const last = <usize>atomic.load<u32>(thread, THREAD_REPLACED_LAST_OFFSET)
  atomic.store<u32>(last, chunk, REPLACED_CHUNK_OFFSET)
  // Who has found it has published a snapshot before, which is not above the clock.
  atomic.store<u64>(last, clock() + 1, REPLACED_TIMESTAMP_OFFSET)
  // After a death before the second store the last record is filled again: the batch in it is lost.
  atomic.store<u32>(last, <u32>record, REPLACED_NEXT_OFFSET)
  atomic.store<u32>(thread, <u32>record, THREAD_REPLACED_LAST_OFFSET)
}

/** Lets go of the batches in the queue of a thread that no snapshot is old enough to stand on. */
export function releaseReplaced(owner: usize): void {
  while (true) {
    const first = atomic.load<u64>(owner, THREAD_REPLACED_FIRST_OFFSET)
    const record = <usize>(<u32>first)
    if (record == 0 || record == atomic.load<u32>(owner, THREAD_REPLACED_LAST_OFFSET)) return
    // If somebody else has let go of it, what is read is anything, and is put nowhere.
    if (atomic.load<u64>(record, REPLACED_TIMESTAMP_OFFSET) > horizon()) return
    const chunk = atomic.load<u32>(record, REPLACED_CHUNK_OFFSET)
    const next = <u64>atomic.load<u32>(record, REPLACED_NEXT_OFFSET)
    const moved = (((first >> 32) + 1) << 32) | next
    // After a death behind it the batch and the record are lost, and not given back twice.
    if (atomic.cmpxchg<u64>(owner, first, moved, THREAD_REPLACED_FIRST_OFFSET) != first) continue
    giveData(record)
    dropChunk(chunk)
  }
}

/** Does so for all threads, by the horizon that this one has computed last. */
export function releaseReplacedOfAll(): void {
  const count = atomic.load<u32>(0, THREAD_COUNT_OFFSET)
  for (let index: u32 = 0; index < count; index++) {
    const owner = threadRecord(index)
    if (owner != 0) releaseReplaced(owner)
  }
}
