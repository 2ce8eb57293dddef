/**
 * Size-class allocator. Each thread takes and gives blocks on lists of its own, without an atomic
 * operation; full batches travel between threads over one lock-free stack a class, whose heads
 * carry a pop count against ABA.
 */
import { BLOCK_LENGTH_DISTANCE, BLOCK_PREFIX_LENGTH } from '../block-descriptor'
import { CELL_LENGTH, CELLS_A_PAGE } from '../cell-descriptor'
import { CHUNK_LENGTH } from '../chunk-descriptor'
import { ORDERED_LENGTH } from '../ordered-node-descriptor'
import {
  BATCH_BLOCK_COUNT,
  CELL_CLASS,
  CHUNK_CLASS,
  CLASS_COUNT,
  DATA_CLASS_FIRST,
  DATA_LENGTH_MAX,
  DATA_LENGTH_MIN,
  FREE_BATCH_LINK_OFFSET,
  FREE_LINK_OFFSET,
  ORDERED_BATCH_COUNT,
  ORDERED_CLASS,
  PAGE_CLASS_SHIFT,
  PAGE_LENGTH,
  PAGE_SLAB,
  PAGE_THREAD_SHIFT,
  VERSION_CLASS,
} from '../page-descriptor'
import {
  THREAD_CURSOR_ENDS_OFFSET,
  THREAD_CURSORS_OFFSET,
  THREAD_FREE_COUNTS_OFFSET,
  THREAD_FREE_LISTS_OFFSET,
  THREAD_GIVEN_OFFSET,
  THREAD_INDEX_OFFSET,
  THREAD_TAKEN_OFFSET,
} from '../thread-descriptor'
import { HANDLE_SHIFT, VERSION_LENGTH } from '../version-descriptor'
import { batchStack } from './arena'
import { cellAfter, nodeOf } from './cell'
import { claimPage, claimSpan, releaseSpan } from './pages'
import { thread } from './thread-record'

/** Blocks of a class that move between a thread and the shared stack at once; twice as many are kept. */
function batchCount(sizeClass: u32): u32 {
  return sizeClass == ORDERED_CLASS ? ORDERED_BATCH_COUNT : BATCH_BLOCK_COUNT
}

/** Length in bytes of the blocks of a size class; of cells that of the part which comes first. */
export function classLength(sizeClass: u32): u32 {
  if (sizeClass == CELL_CLASS) return CELL_LENGTH
  if (sizeClass == VERSION_CLASS) return VERSION_LENGTH
  if (sizeClass == ORDERED_CLASS) return ORDERED_LENGTH
  if (sizeClass == CHUNK_CLASS) return CHUNK_LENGTH
  const step = sizeClass - DATA_CLASS_FIRST
  const power: u32 = DATA_LENGTH_MIN << (step >> 1)
  return step & 1 ? power + (power >> 1) : power
}

/** The size class of a data block of `length` bytes in all, at most DATA_LENGTH_MAX. */
export function classOf(length: u32): u32 {
  if (length <= DATA_LENGTH_MIN) return DATA_CLASS_FIRST
  const top: u32 = 31 - clz(length - 1)
  const half: u32 = length <= (<u32>3) << (top - 1) ? 1 : 2
  return DATA_CLASS_FIRST + ((top - 4) << 1) + half
}

function popBatch(sizeClass: u32): usize {
  const stack = batchStack(sizeClass)
  while (true) {
    const head = atomic.load<u64>(stack)
    const batch = (<usize>head) << HANDLE_SHIFT
    if (batch == 0) return 0
    const next = atomic.load<u32>(batch, FREE_BATCH_LINK_OFFSET)
    const count = (head >> 32) + 1
    if (atomic.cmpxchg<u64>(stack, head, (count << 32) | <u64>next) == head) return batch
  }
}

function pushBatch(sizeClass: u32, batch: usize): void {
  const stack = batchStack(sizeClass)
  while (true) {
    const head = atomic.load<u64>(stack)
    atomic.store<u32>(batch, <u32>head, FREE_BATCH_LINK_OFFSET)
    const next = ((head >> 32) << 32) | <u64>(batch >> HANDLE_SHIFT)
    if (atomic.cmpxchg<u64>(stack, head, next) == head) return
  }
}

function cut(sizeClass: u32): usize {
  const fields = thread + (sizeClass << 2)
  const length = classLength(sizeClass)
  const isCell = sizeClass == CELL_CLASS
  let cursor = load<u32>(fields, THREAD_CURSORS_OFFSET)
  let end = load<u32>(fields, THREAD_CURSOR_ENDS_OFFSET)
  if (cursor == end || end == 0) {
    const index = load<u32>(thread, THREAD_INDEX_OFFSET)
    cursor = <u32>(
      claimPage(PAGE_SLAB | (sizeClass << PAGE_CLASS_SHIFT) | (index << PAGE_THREAD_SHIFT))
    )
    if (cursor == 0) return 0
    const count: u32 = isCell ? CELLS_A_PAGE : PAGE_LENGTH / length
    end = cursor + count * length
    // At no instant do the two lie in different pages, whenever the thread is thrown out.
    store<u32>(fields, 0, THREAD_CURSOR_ENDS_OFFSET)
  }
  const next = isCell ? <u32>cellAfter(cursor) : cursor + length
  store<u32>(fields, next, THREAD_CURSORS_OFFSET)
  store<u32>(fields, end, THREAD_CURSOR_ENDS_OFFSET)
  return isCell ? nodeOf(cursor) : cursor
}

/** The last block of a batch. */
function endOfBatch(sizeClass: u32, batch: usize): usize {
  let block = batch
  for (let i = batchCount(sizeClass); i > 1; i--) block = load<u32>(block, FREE_LINK_OFFSET)
  return block
}

/** Puts a batch of the shared stack in front of this thread's list; false when there is none. */
function fetchBatch(sizeClass: u32): bool {
  const batch = popBatch(sizeClass)
  if (batch == 0) return false
  const fields = thread + (sizeClass << 2)
  const list = load<u32>(fields, THREAD_FREE_LISTS_OFFSET)
  store<u32>(endOfBatch(sizeClass, batch), list, FREE_LINK_OFFSET)
  store<u32>(fields, <u32>batch, THREAD_FREE_LISTS_OFFSET)
  const count = load<u32>(fields, THREAD_FREE_COUNTS_OFFSET) + batchCount(sizeClass)
  store<u32>(fields, count, THREAD_FREE_COUNTS_OFFSET)
  return true
}

/** Moves a batch from the front of this thread's list to the shared stack. */
function shareBatch(sizeClass: u32): void {
  const fields = thread + (sizeClass << 2)
  const batch = <usize>load<u32>(fields, THREAD_FREE_LISTS_OFFSET)
  const end = endOfBatch(sizeClass, batch)
  store<u32>(fields, load<u32>(end, FREE_LINK_OFFSET), THREAD_FREE_LISTS_OFFSET)
  store<u32>(end, 0, FREE_LINK_OFFSET)
  const count = load<u32>(fields, THREAD_FREE_COUNTS_OFFSET) - batchCount(sizeClass)
  store<u32>(fields, count, THREAD_FREE_COUNTS_OFFSET)
  pushBatch(sizeClass, batch)
}

function putInList(sizeClass: u32, block: usize): u32 {
  const fields = thread + (sizeClass << 2)
  store<u32>(block, load<u32>(fields, THREAD_FREE_LISTS_OFFSET), FREE_LINK_OFFSET)
  store<u32>(fields, <u32>block, THREAD_FREE_LISTS_OFFSET)
  const count = load<u32>(fields, THREAD_FREE_COUNTS_OFFSET) + 1
  store<u32>(fields, count, THREAD_FREE_COUNTS_OFFSET)
  return count
}

/** Free blocks of a size class that this thread has at hand. */
export function countFree(sizeClass: u32): u32 {
  return load<u32>(thread + (sizeClass << 2), THREAD_FREE_COUNTS_OFFSET)
}

/** Makes sure that the next `wanted` calls of take succeed; false when the arena is full. */
export function reserve(sizeClass: u32, wanted: u32): bool {
  while (countFree(sizeClass) < wanted) {
    if (fetchBatch(sizeClass)) continue
    const block = cut(sizeClass)
    if (block == 0) return false
    putInList(sizeClass, block)
  }
  return true
}

/** Takes over free blocks of a thread that died, until this one has as many at hand. */
export function takeOver(record: usize, sizeClass: u32, wanted: u32): void {
  const fields = record + (sizeClass << 2)
  while (countFree(sizeClass) < wanted) {
    const block = <usize>load<u32>(fields, THREAD_FREE_LISTS_OFFSET)
    if (block == 0) return
    store<u32>(fields, load<u32>(block, FREE_LINK_OFFSET), THREAD_FREE_LISTS_OFFSET)
    const count = load<u32>(fields, THREAD_FREE_COUNTS_OFFSET) - 1
    store<u32>(fields, count, THREAD_FREE_COUNTS_OFFSET)
    putInList(sizeClass, block)
  }
}

/** Takes a block of a size class: its address, of a cell that of its node; 0 when the arena is full. */
export function take(sizeClass: u32): usize {
  const fields = thread + (sizeClass << 2)
  let block: usize = load<u32>(fields, THREAD_FREE_LISTS_OFFSET)
  if (block == 0 && fetchBatch(sizeClass)) block = load<u32>(fields, THREAD_FREE_LISTS_OFFSET)
  if (block == 0) {
    block = cut(sizeClass)
    if (block == 0) return 0
  } else {
    store<u32>(fields, load<u32>(block, FREE_LINK_OFFSET), THREAD_FREE_LISTS_OFFSET)
    const count = load<u32>(fields, THREAD_FREE_COUNTS_OFFSET) - 1
    store<u32>(fields, count, THREAD_FREE_COUNTS_OFFSET)
  }
  const statistics = thread + (sizeClass << 3)
  store<i64>(statistics, load<i64>(statistics, THREAD_TAKEN_OFFSET) + 1, THREAD_TAKEN_OFFSET)
  return block
}

/** Gives a block of a size class back; nobody may be able to reach it any more (I-5). */
export function give(sizeClass: u32, block: usize): void {
  if (putInList(sizeClass, block) >= batchCount(sizeClass) << 1) shareBatch(sizeClass)
  const statistics = thread + (sizeClass << 3)
  store<i64>(statistics, load<i64>(statistics, THREAD_GIVEN_OFFSET) + 1, THREAD_GIVEN_OFFSET)
}

/** Takes a data block for `length` payload bytes: the payload's address, or 0. */
export function takeData(length: u32): usize {
  const whole = length + BLOCK_PREFIX_LENGTH
  if (whole < length) return 0
  const block = whole <= <u32>DATA_LENGTH_MAX ? take(classOf(whole)) : claimSpan(whole)
  if (block == 0) return 0
  const payload = block + BLOCK_PREFIX_LENGTH
  store<u32>(payload - BLOCK_LENGTH_DISTANCE, length)
  return payload
}

/** Gives the data block with this payload address back. */
export function giveData(payload: usize): void {
  const whole = load<u32>(payload - BLOCK_LENGTH_DISTANCE) + BLOCK_PREFIX_LENGTH
  const block = payload - BLOCK_PREFIX_LENGTH
  if (whole <= <u32>DATA_LENGTH_MAX) give(classOf(whole), block)
  else releaseSpan(block)
}

/** Counts the free blocks of a thread again, which was thrown out at any instruction. */
export function recountFree(record: usize): void {
  for (let sizeClass: u32 = 0; sizeClass < CLASS_COUNT; sizeClass++) {
    const fields = record + (sizeClass << 2)
    let count: u32 = 0
    let block = <usize>load<u32>(fields, THREAD_FREE_LISTS_OFFSET)
    while (block != 0) {
      count++
      block = load<u32>(block, FREE_LINK_OFFSET)
    }
    store<u32>(fields, count, THREAD_FREE_COUNTS_OFFSET)
  }
}
