/** The record of the thread that this instance of the kernel runs in. */
import {
  CLOSED_MAP_OFFSET,
  JUDGEABLE_MAP_OFFSET,
  PAGE_TABLE_ADDRESS,
  THREAD_COUNT_MAX,
  THREAD_COUNT_OFFSET,
  THREAD_TABLE_OFFSET,
} from '../arena-header-descriptor'
import { PAGE_FREE, PAGE_SHIFT, PAGE_THREAD } from '../page-descriptor'
import { RETIRED_BIAS } from '../retired-descriptor'
import {
  THREAD_ABORTS_OFFSET,
  THREAD_ATTACHED,
  THREAD_CLOSED_COUNT_OFFSET,
  THREAD_DEAD,
  THREAD_INDEX_OFFSET,
  THREAD_JUDGEABLE_COUNT_OFFSET,
  THREAD_QUEUE_OFFSET,
  THREAD_RETIRED_OFFSET,
  THREAD_STATE_OFFSET,
  THREAD_UNUSED,
  THREAD_WALK_OFFSET,
} from '../thread-descriptor'
import { claimPage } from './pages'

/** Address of this thread's record, 0 before it is attached. */
export let thread: usize = 0

/** Address of the record with this index, or 0. */
export function threadRecord(index: u32): usize {
  return atomic.load<u32>(<usize>(index << 2), THREAD_TABLE_OFFSET)
}

/** State and id of a record that the thread with this id of Node's has. */
function attachedAs(nodeId: i32): u64 {
  return ((<u64>(<u32>nodeId)) << 32) | <u64>THREAD_ATTACHED
}

function adopt(record: usize, nodeId: i32): bool {
  const seen = atomic.load<u64>(record, THREAD_STATE_OFFSET)
  if (<u32>seen != THREAD_UNUSED) return false
  return atomic.cmpxchg<u64>(record, seen, attachedAs(nodeId), THREAD_STATE_OFFSET) == seen
}

function countThread(index: u32): void {
  while (true) {
    const count = atomic.load<u32>(0, THREAD_COUNT_OFFSET)
    if (count > index) return
    atomic.cmpxchg<u32>(0, count, index + 1, THREAD_COUNT_OFFSET)
  }
}

/**
 * Gives this thread a record: one that a detached thread left, its free blocks included, or a new
 * one. The record's index, -1 when the table is full, -2 when the
 * arena is.
 */
export function attachThread(nodeId: i32): i32 {
  let fresh: usize = 0
  for (let index: u32 = 0; index < <u32>THREAD_COUNT_MAX; index++) {
    let record = threadRecord(index)
    if (record == 0) {
      if (fresh == 0) fresh = claimPage(PAGE_THREAD)
      if (fresh == 0) return -2
      store<u32>(fresh, index, THREAD_INDEX_OFFSET)
      store<u32>(fresh, <u32>fresh + THREAD_RETIRED_OFFSET - RETIRED_BIAS, THREAD_QUEUE_OFFSET)
      atomic.store<u64>(fresh, attachedAs(nodeId), THREAD_STATE_OFFSET)
      if (atomic.cmpxchg<u32>(<usize>(index << 2), 0, <u32>fresh, THREAD_TABLE_OFFSET) == 0) {
        countThread(index)
        enter(fresh)
        return <i32>index
      }
      record = threadRecord(index)
    }
    if (adopt(record, nodeId)) {
      if (fresh != 0) {
        atomic.store<u32>(<usize>PAGE_TABLE_ADDRESS + ((<u32>fresh >> PAGE_SHIFT) << 2), PAGE_FREE)
      }
      enter(record)
      return <i32>index
    }
  }
  return -1
}

function enter(record: usize): void {
  atomic.store<u64>(record, 0, THREAD_WALK_OFFSET)
  thread = record
}

/** Index of the attached thread with this id of Node's, or -1. */
export function findThread(nodeId: i32): i32 {
  const count = atomic.load<u32>(0, THREAD_COUNT_OFFSET)
  for (let index: u32 = 0; index < count; index++) {
    const record = threadRecord(index)
    if (record == 0) continue
    if (atomic.load<u64>(record, THREAD_STATE_OFFSET) == attachedAs(nodeId)) return <i32>index
  }
  return -1
}

/**
 * Says how many transactions of this thread read old versions, and how many may be judged, whatever
 * was said before.
 */
export function setClosedCount(count: u32, judgeable: u32): void {
  store<u32>(thread, count, THREAD_CLOSED_COUNT_OFFSET)
  store<u32>(thread, judgeable, THREAD_JUDGEABLE_COUNT_OFFSET)
  const index = load<u32>(thread, THREAD_INDEX_OFFSET)
  const word = <usize>((index >> 6) << 3)
  const bit = (<u64>1) << (index & 63)
  if (judgeable != 0) atomic.or<u64>(word, bit, JUDGEABLE_MAP_OFFSET)
  else atomic.and<u64>(word, ~bit, JUDGEABLE_MAP_OFFSET)
  if (count != 0) atomic.or<u64>(word, bit, CLOSED_MAP_OFFSET)
  else atomic.and<u64>(word, ~bit, CLOSED_MAP_OFFSET)
}

/** Takes the closed mark off a dead thread, and the judgeable one. */
export function clearClosed(record: usize, index: u32): void {
  store<u32>(record, 0, THREAD_CLOSED_COUNT_OFFSET)
  store<u32>(record, 0, THREAD_JUDGEABLE_COUNT_OFFSET)
  const word = <usize>((index >> 6) << 3)
  const mask = ~((<u64>1) << (index & 63))
  atomic.and<u64>(word, mask, CLOSED_MAP_OFFSET)
  atomic.and<u64>(word, mask, JUDGEABLE_MAP_OFFSET)
}

/** Has a record be that of a dead thread; false when no thread has it. */
export function markDead(record: usize): bool {
  const seen = atomic.load<u64>(record, THREAD_STATE_OFFSET)
  if (<u32>seen == THREAD_DEAD) return true
  if (<u32>seen != THREAD_ATTACHED) return false
  return atomic.cmpxchg<u64>(record, seen, <u64>THREAD_DEAD, THREAD_STATE_OFFSET) == seen
}

/** Leaves a record, with its free blocks, to the next thread that attaches. */
export function leaveRecord(record: usize): void {
  atomic.store<u64>(record, <u64>THREAD_UNUSED, THREAD_STATE_OFFSET)
}

/** Leaves the record of this thread. */
export function detachThread(): void {
  leaveRecord(thread)
  thread = 0
}

/** Says that this thread has one more transaction open that reads old versions. */
export function enterClosed(): void {
  const count = load<u32>(thread, THREAD_CLOSED_COUNT_OFFSET)
  store<u32>(thread, count + 1, THREAD_CLOSED_COUNT_OFFSET)
  if (count != 0) return
  const index = load<u32>(thread, THREAD_INDEX_OFFSET)
  atomic.or<u64>(<usize>((index >> 6) << 3), (<u64>1) << (index & 63), CLOSED_MAP_OFFSET)
}

/** Takes the last enterClosed back. */
export function leaveClosed(): void {
  const count = load<u32>(thread, THREAD_CLOSED_COUNT_OFFSET) - 1
  store<u32>(thread, count, THREAD_CLOSED_COUNT_OFFSET)
  if (count != 0) return
  const index = load<u32>(thread, THREAD_INDEX_OFFSET)
  atomic.and<u64>(<usize>((index >> 6) << 3), ~((<u64>1) << (index & 63)), CLOSED_MAP_OFFSET)
}

/** Says that this thread has one more transaction open that may be judged. */
export function enterJudgeable(): void {
  const count = load<u32>(thread, THREAD_JUDGEABLE_COUNT_OFFSET)
  store<u32>(thread, count + 1, THREAD_JUDGEABLE_COUNT_OFFSET)
  if (count != 0) return
  const index = load<u32>(thread, THREAD_INDEX_OFFSET)
  atomic.or<u64>(<usize>((index >> 6) << 3), (<u64>1) << (index & 63), JUDGEABLE_MAP_OFFSET)
}

/** Takes the last enterJudgeable back. */
export function leaveJudgeable(): void {
  const count = load<u32>(thread, THREAD_JUDGEABLE_COUNT_OFFSET) - 1
  store<u32>(thread, count, THREAD_JUDGEABLE_COUNT_OFFSET)
  if (count != 0) return
  const index = load<u32>(thread, THREAD_INDEX_OFFSET)
  atomic.and<u64>(<usize>((index >> 6) << 3), ~((<u64>1) << (index & 63)), JUDGEABLE_MAP_OFFSET)
}

/** Whether any thread has its bit in a map. */
function isAnySet(map: usize): bool {
  const first = atomic.load<u64>(map)
  const second = atomic.load<u64>(map + 8)
  const third = atomic.load<u64>(map + 16)
  const fourth = atomic.load<u64>(map + 24)
  return (first | second | third | fourth) != 0
}

/** Whether any other thread has its bit in a map. */
function isOtherSet(map: usize): bool {
  const index = load<u32>(thread, THREAD_INDEX_OFFSET)
  const own = <usize>((index >> 6) << 3)
  let others: u64 = 0
  for (let word: usize = 0; word < 32; word += 8) {
    const bits = atomic.load<u64>(map + word)
    others |= word == own ? bits & ~((<u64>1) << (index & 63)) : bits
  }
  return others != 0
}

/** Whether any transaction may read old versions, `own` of this thread's not counted. */
export function anyClosed(own: u32): bool {
  if (!isAnySet(CLOSED_MAP_OFFSET)) return false
  return own != load<u32>(thread, THREAD_CLOSED_COUNT_OFFSET) || isOtherSet(CLOSED_MAP_OFFSET)
}

/** Whether any transaction may be judged, `own` of this thread's not counted. */
export function anyJudgeable(own: u32): bool {
  if (!isAnySet(JUDGEABLE_MAP_OFFSET)) return false
  return own != load<u32>(thread, THREAD_JUDGEABLE_COUNT_OFFSET) || isOtherSet(JUDGEABLE_MAP_OFFSET)
}

/** Counts an abort. */
export function countAbort(cause: u32): void {
  const counter = thread + (cause << 3)
  store<i64>(counter, load<i64>(counter, THREAD_ABORTS_OFFSET) + 1, THREAD_ABORTS_OFFSET)
}

/** Adds to a statistic of this thread. */
export function count(offset: usize): void {
  store<i64>(thread + offset, load<i64>(thread + offset) + 1)
}
