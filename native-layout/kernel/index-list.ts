/**
 * The list under the hash index: a lock-free split-ordered list (see ../index-descriptor.ts), from
 * which cells are taken as in M. Michael, SPAA 2002: a cell is marked in its own link, then whoever
 * comes by unlinks it. Who changes the list announces it, so that nothing that it may stand on is
 * used again; a thread that dies in any of this leaves a list that is whole.
 */
import {
  BUCKET_COUNT_OFFSET,
  CELL_COUNT_OFFSET,
  SEGMENT_TABLE_OFFSET,
  THREAD_COUNT_OFFSET,
} from '../arena-header-descriptor'
import { CELL_SHIFT } from '../cell-descriptor'
import {
  BUCKET_COUNT_MAX_SHIFT,
  BUCKET_FLAG,
  BUCKET_SHIFT,
  DELETED_FLAG,
  PENDING_FLAG,
  SEGMENT_BUCKETS_MIN,
  SEGMENT_SHIFT,
  TARGET_MASK,
} from '../index-descriptor'
import { NODE_LINK_OFFSET } from '../node-descriptor'
import { THREAD_WALK_OFFSET } from '../thread-descriptor'
import { clock } from './arena'
import { nodeOf } from './cell'
import { claimZeroedSpan, releaseSpan } from './pages'
import { thread, threadRecord } from './thread-record'

/** The end of the list: no target, behind the largest split key, which two hashes have, too. */
const LIST_END: u64 = 0xffffffff00000000

/** Where `seek` stopped: the address of a link of a cell or bucket that is in the list. */
export let foundLink: usize = 0

/** What that link held. */
export let foundValue: u64 = 0

/** Says that this thread changes the list until `leaveList`. */
export function enterList(): void {
  atomic.store<u64>(thread, clock() + 1, THREAD_WALK_OFFSET)
}

/** Takes enterList back. */
export function leaveList(record: usize): void {
  atomic.store<u64>(record, 0, THREAD_WALK_OFFSET)
}

/** The smallest announcement of all threads, or the largest number when there is none. */
export function oldestWalk(): u64 {
  let oldest = u64.MAX_VALUE
  const count = atomic.load<u32>(0, THREAD_COUNT_OFFSET)
  for (let index: u32 = 0; index < count; index++) {
    const record = threadRecord(index)
    if (record == 0) continue
    const walk = atomic.load<u64>(record, THREAD_WALK_OFFSET)
    if (walk != 0 && walk < oldest) oldest = walk
  }
  return oldest
}

/** The split key of a cell's hash. */
export function splitOf(hash: u32): u32 {
  return reverseBits(hash) | 1
}

function reverseBits(value: u32): u32 {
  let x = value
  x = ((x >> 1) & 0x55555555) | ((x & 0x55555555) << 1)
  x = ((x >> 2) & 0x33333333) | ((x & 0x33333333) << 2)
  x = ((x >> 4) & 0x0f0f0f0f) | ((x & 0x0f0f0f0f) << 4)
  x = ((x >> 8) & 0x00ff00ff) | ((x & 0x00ff00ff) << 8)
  return (x >> 16) | (x << 16)
}

function bucketAddress(bucket: u32): usize {
  if (bucket < <u32>SEGMENT_BUCKETS_MIN) {
    return <usize>atomic.load<u32>(0, SEGMENT_TABLE_OFFSET) + (bucket << BUCKET_SHIFT)
  }
  const top: u32 = 31 - clz(bucket)
  const segment = atomic.load<u32>(<usize>((top - SEGMENT_SHIFT + 1) << 2), SEGMENT_TABLE_OFFSET)
  return <usize>segment + ((bucket ^ (1 << top)) << BUCKET_SHIFT)
}

/** Links bucket 0, the head of the list. */
export function linkFirstBucket(): void {
  atomic.store<u64>(bucketAddress(0), LIST_END)
}

/** Whether a cell is out of the list or about to be. */
export function isMarked(cell: usize): bool {
  return (<u32>atomic.load<u64>(nodeOf(cell), NODE_LINK_OFFSET) & DELETED_FLAG) != 0
}

/** Address of the link of what a link refers to. */
export function linkOf(target: u32): usize {
  if (target & BUCKET_FLAG) return bucketAddress(target & TARGET_MASK)
  return nodeOf((<usize>(target & TARGET_MASK)) << CELL_SHIFT) + NODE_LINK_OFFSET
}

/** The first link's content behind `link` whose target's split key is not below `split`. */
export function walk(link: usize, split: u32): u64 {
  let value = atomic.load<u64>(link)
  while (<u32>(value >> 32) < split) value = atomic.load<u64>(linkOf(<u32>value))
  return value
}

/**
 * Goes from `start`, the link of a bucket, to the last link whose target's split key is below `split`,
 * and unlinks the deleted cells on the way. Only between enterList and leaveList.
 */
export function seek(start: usize, split: u32): void {
  foundLink = start
  foundValue = atomic.load<u64>(start)
  while (<u32>(foundValue >> 32) < split) {
    if (!step()) {
      foundLink = start
      foundValue = atomic.load<u64>(start)
    }
  }
}

/** Goes on to the next link, or unlinks the target when it is deleted; false when the place is lost. */
export function step(): bool {
  const link = linkOf(<u32>foundValue)
  const next = atomic.load<u64>(link)
  if (!(<u32>next & DELETED_FLAG)) {
    foundLink = link
    foundValue = next
    return true
  }
  const rest = next & ~(<u64>DELETED_FLAG)
  if (!replaceLink(foundLink, foundValue, rest)) return false
  foundValue = rest | (foundValue & <u64>PENDING_FLAG)
  return true
}

/** The bucket above one in the tree of splits, which is not bucket 0. */
function parentOf(bucket: u32): u32 {
  return bucket ^ (1 << (31 - clz(bucket)))
}

/**
 * Looks at the buckets that an insert of this hash is likely to need, so that the processor fetches them
 * at once: without it, only when it has the first one does it know whether it needs the one above.
 */
export function touchBuckets(hash: u32): void {
  const bucket = bucketOf(hash)
  if (bucket != 0) atomic.load<u64>(bucketAddress(parentOf(bucket)))
}

/** The bucket of a hash. */
function bucketOf(hash: u32): u32 {
  return hash & (atomic.load<u32>(0, BUCKET_COUNT_OFFSET) - 1)
}

/** The nearest linked bucket at or above the one of a hash in the tree of splits. */
export function startOfHash(hash: u32): usize {
  return startOf(bucketOf(hash))
}

/** Whether walks begin at a bucket that holds this. */
function isLinked(value: u64): bool {
  return value != 0 && !(<u32>value & PENDING_FLAG)
}

/** Whether the bucket of a hash is linked: before that most keys with the hash are new ones. */
export function isBucketLinked(hash: u32): bool {
  return isLinked(atomic.load<u64>(bucketAddress(bucketOf(hash))))
}

/** The nearest linked bucket at or above `bucket` in the tree of splits; links it on the way. */
function startOf(bucket: u32): usize {
  const address = bucketAddress(bucket)
  const value = atomic.load<u64>(address)
  if (isLinked(value)) return address
  const parent = startOf(parentOf(bucket))
  if (value != 0) return parent
  const announced = atomic.load<u64>(thread, THREAD_WALK_OFFSET) != 0
  if (!announced) enterList()
  const isMine = linkBucket(bucket, address, parent)
  if (!announced) leaveList(thread)
  return isMine ? address : parent
}

/** Links a bucket, unless somebody else has begun to; whether this thread did. */
function linkBucket(bucket: u32, address: usize, parent: usize): bool {
  const split = reverseBits(bucket)
  const link = ((<u64>split) << 32) | BUCKET_FLAG | bucket
  seek(parent, split)
  if (atomic.cmpxchg<u64>(address, 0, foundValue | <u64>PENDING_FLAG) != 0) return false
  while (!replaceLink(foundLink, foundValue, link)) {
    seek(parent, split)
    atomic.store<u64>(address, foundValue | <u64>PENDING_FLAG)
  }
  let value = atomic.load<u64>(address)
  while (atomic.cmpxchg<u64>(address, value, value & ~(<u64>PENDING_FLAG)) != value) {
    value = atomic.load<u64>(address)
  }
  return true
}

/** Changes a link, keeping its pending flag. */
function replaceLink(link: usize, expected: u64, wanted: u64): bool {
  return atomic.cmpxchg<u64>(link, expected, wanted | (expected & <u64>PENDING_FLAG)) == expected
}

/** Links a complete cell where `seek` and `step` stopped; false when the place is lost. */
export function linkCell(cell: usize, split: u32): bool {
  const own = nodeOf(cell) + NODE_LINK_OFFSET
  const next = foundValue & ~(<u64>PENDING_FLAG)
  if (atomic.load<u64>(own) != next) atomic.store<u64>(own, next)
  return replaceLink(foundLink, foundValue, ((<u64>split) << 32) | <u64>(cell >> CELL_SHIFT))
}

/** Counts a linked cell, and doubles the buckets when they are too few. */
export function countCell(): void {
  if (atomic.add<u32>(0, 1, CELL_COUNT_OFFSET) >= atomic.load<u32>(0, BUCKET_COUNT_OFFSET)) grow()
}

/** Takes countCell back. Threads that died between linking and counting may have left too few. */
export function uncountCell(): void {
  while (true) {
    const count = atomic.load<u32>(0, CELL_COUNT_OFFSET)
    if (count == 0) return
    if (atomic.cmpxchg<u32>(0, count, count - 1, CELL_COUNT_OFFSET) == count) return
  }
}

/** Doubles the buckets: a new segment, then the count. Anybody may do it, once. */
function grow(): void {
  const count = atomic.load<u32>(0, BUCKET_COUNT_OFFSET)
  if (count >= (<u32>1) << BUCKET_COUNT_MAX_SHIFT) return
  if (atomic.load<u32>(0, CELL_COUNT_OFFSET) <= count) return
  const entry = <usize>((32 - clz(count) - SEGMENT_SHIFT) << 2)
  if (atomic.load<u32>(entry, SEGMENT_TABLE_OFFSET) == 0) {
    const length = count << BUCKET_SHIFT
    const segment = claimZeroedSpan(length)
    if (segment == 0) return
    if (atomic.cmpxchg<u32>(entry, 0, <u32>segment, SEGMENT_TABLE_OFFSET) != 0) releaseSpan(segment)
  }
  atomic.cmpxchg<u32>(0, count, count << 1, BUCKET_COUNT_OFFSET)
}
