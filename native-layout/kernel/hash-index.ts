/**
 * The hash index: a lock-free split-ordered list (see ../index-descriptor.ts). Look-ups and inserts
 * never wait; a thread that dies in any of them leaves a list that is whole.
 */
import {
  BUCKET_COUNT_OFFSET,
  CELL_COUNT_OFFSET,
  SEGMENT_TABLE_OFFSET,
} from '../arena-header-descriptor'
import { BLOCK_HASH_DISTANCE, BLOCK_LENGTH_DISTANCE } from '../block-descriptor'
import {
  CELL_META_OFFSET,
  CELL_SHIFT,
  CELL_VALUE_OFFSET,
  CELL_WORD_OFFSET,
} from '../cell-descriptor'
import {
  BUCKET_COUNT_MAX_SHIFT,
  BUCKET_FLAG,
  BUCKET_SHIFT,
  PENDING_FLAG,
  SEGMENT_BUCKETS_MIN,
  SEGMENT_SHIFT,
  TARGET_MASK,
} from '../index-descriptor'
import {
  NODE_DISPLACEMENT,
  NODE_KEY_OFFSET,
  NODE_LINK_OFFSET,
  NODE_PSTAMP_OFFSET,
} from '../node-descriptor'
import { CELL_CLASS } from '../page-descriptor'
import { THREAD_SCRATCH_OFFSET } from '../thread-descriptor'
import { HANDLE_SHIFT } from '../version-descriptor'
import { CELL_GENERATION_MASK, CELL_GENERATION_SHIFT } from '../word-descriptor'
import { give, giveData, take, takeData } from './allocator'
import { claimSpan, releaseSpan } from './pages'
import { thread } from './thread-record'

/** The split key behind every other: the end of the list. */
const LIST_END: u64 = 0xffffffff00000000

/** Where the last walk stopped: the address of the link that an insert has to change. */
let foundLink: usize = 0

/** What that link held. */
let foundValue: u64 = 0

function reverseBits(value: u32): u32 {
  let x = value
  x = ((x >> 1) & 0x55555555) | ((x & 0x55555555) << 1)
  x = ((x >> 2) & 0x33333333) | ((x & 0x33333333) << 2)
  x = ((x >> 4) & 0x0f0f0f0f) | ((x & 0x0f0f0f0f) << 4)
  x = ((x >> 8) & 0x00ff00ff) | ((x & 0x00ff00ff) << 8)
  return (x >> 16) | (x << 16)
}

/** Hash of `length` bytes at `bytes`, which are followed by zeros up to a multiple of eight. */
export function hashBytes(bytes: usize, length: u32): u32 {
  let hash: u64 = (<u64>length ^ 0x27d4eb2f165667c5) * 0x9fb21c651e98df25
  for (let at: u32 = 0; at < length; at += 8) {
    hash = (hash ^ load<u64>(bytes + at)) * 0xd6e8feb86659fd93
    hash ^= hash >> 32
  }
  hash = (hash ^ (hash >> 29)) * 0x9fb21c651e98df25
  return <u32>(hash >> 32)
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

/** Address of the node of the cell at this address. */
export function nodeOf(cell: usize): usize {
  return cell + NODE_DISPLACEMENT
}

function linkOf(target: u32): usize {
  if (target & BUCKET_FLAG) return bucketAddress(target & TARGET_MASK)
  return nodeOf((<usize>(target & TARGET_MASK)) << CELL_SHIFT) + NODE_LINK_OFFSET
}

/** Walks from `link` to the last link whose target's split key is below `split`. */
function walk(link: usize, split: u32): void {
  let value = atomic.load<u64>(link)
  while (<u32>(value >> 32) < split) {
    link = linkOf(<u32>value)
    value = atomic.load<u64>(link)
  }
  foundLink = link
  foundValue = value
}

/** The nearest linked bucket at or above `bucket` in the tree of splits; links it on the way. */
function startOf(bucket: u32): usize {
  const address = bucketAddress(bucket)
  const value = atomic.load<u64>(address)
  if (value != 0 && !(<u32>value & PENDING_FLAG)) return address
  const parent = startOf(bucket ^ (1 << (31 - clz(bucket))))
  if (value != 0 || atomic.cmpxchg<u64>(address, 0, PENDING_FLAG) != 0) return parent
  linkBucket(bucket, address, parent)
  return address
}

function linkBucket(bucket: u32, address: usize, parent: usize): void {
  const split = reverseBits(bucket)
  do {
    walk(parent, split)
    atomic.store<u64>(address, (foundValue & ~(<u64>PENDING_FLAG)) | PENDING_FLAG)
  } while (!replaceLink(foundLink, foundValue, ((<u64>split) << 32) | BUCKET_FLAG | bucket))
  while (true) {
    const value = atomic.load<u64>(address)
    if (atomic.cmpxchg<u64>(address, value, value & ~(<u64>PENDING_FLAG)) == value) return
  }
}

/** Changes a link, keeping its pending flag. */
function replaceLink(link: usize, expected: u64, wanted: u64): bool {
  return atomic.cmpxchg<u64>(link, expected, wanted | (expected & <u64>PENDING_FLAG)) == expected
}

function sameKey(cell: usize, bytes: usize, length: u32): bool {
  const key = (<usize>(<u32>atomic.load<u64>(nodeOf(cell), NODE_KEY_OFFSET))) << HANDLE_SHIFT
  if (load<u32>(key - BLOCK_LENGTH_DISTANCE) != length) return false
  for (let at: u32 = 0; at < length; at += 8) {
    if (load<u64>(key + at) != load<u64>(bytes + at)) return false
  }
  return true
}

/** The cell of the key with this split key, or 0; leaves the place for an insert in found*. */
function find(split: u32, hash: u32, bytes: usize, length: u32): u32 {
  const mask = atomic.load<u32>(0, BUCKET_COUNT_OFFSET) - 1
  walk(startOf(hash & mask), split)
  while (<u32>(foundValue >> 32) == split) {
    const target = <u32>foundValue & TARGET_MASK
    if (sameKey((<usize>target) << CELL_SHIFT, bytes, length)) return target
    foundLink = linkOf(<u32>foundValue)
    foundValue = atomic.load<u64>(foundLink)
  }
  return 0
}

/** Address of the scratch bytes through which TypeScript hands over a key or a value. */
export function scratch(): usize {
  return thread + THREAD_SCRATCH_OFFSET
}

/** Hash of the key of `length` bytes in the scratch area; pads it. */
export function scratchHash(length: u32): u32 {
  const bytes = scratch()
  store<u64>(bytes + length, 0)
  return hashBytes(bytes, length)
}

/** The id of the cell of the key in the scratch area, or 0. */
export function lookUp(length: u32): u32 {
  const hash = scratchHash(length)
  return find(reverseBits(hash) | 1, hash, scratch(), length)
}

/** The id of the cell of the key in the scratch area, made when there is none; 0: arena full. */
export function lookUpOrInsert(length: u32): u32 {
  const hash = scratchHash(length)
  const split = reverseBits(hash) | 1
  const bytes = scratch()
  let present = find(split, hash, bytes, length)
  if (present != 0) return present
  const cell = makeCell(hash, bytes, length)
  if (cell == 0) return 0
  while (true) {
    const own = atomic.load<u64>(nodeOf(cell), NODE_LINK_OFFSET)
    const next = foundValue & ~(<u64>PENDING_FLAG)
    if (own != next) atomic.store<u64>(nodeOf(cell), next, NODE_LINK_OFFSET)
    const link = ((<u64>split) << 32) | <u64>(cell >> CELL_SHIFT)
    if (replaceLink(foundLink, foundValue, link)) break
    present = find(split, hash, bytes, length)
    if (present != 0) {
      dropCell(cell)
      return present
    }
  }
  if (atomic.add<u32>(0, 1, CELL_COUNT_OFFSET) >= atomic.load<u32>(0, BUCKET_COUNT_OFFSET)) grow()
  return <u32>(cell >> CELL_SHIFT)
}

function makeCell(hash: u32, bytes: usize, length: u32): usize {
  const padded = (length + 7) & ~7
  const key = takeData(padded)
  if (key == 0) return 0
  const cell = take(CELL_CLASS)
  if (cell == 0) {
    giveData(key)
    return 0
  }
  memory.copy(key, bytes, padded)
  store<u32>(key - BLOCK_LENGTH_DISTANCE, length)
  store<u32>(key - BLOCK_HASH_DISTANCE, hash)
  const generation = (generationOf(cell) + 1) & CELL_GENERATION_MASK
  atomic.store<u64>(cell, 0, CELL_WORD_OFFSET)
  atomic.store<u64>(cell, 0, CELL_VALUE_OFFSET)
  atomic.store<u64>(cell, <u64>(generation << CELL_GENERATION_SHIFT), CELL_META_OFFSET)
  atomic.store<u64>(nodeOf(cell), 0, NODE_LINK_OFFSET)
  atomic.store<u64>(nodeOf(cell), 0, NODE_PSTAMP_OFFSET)
  const named = ((<u64>hash) << 32) | <u64>(key >> HANDLE_SHIFT)
  atomic.store<u64>(nodeOf(cell), named, NODE_KEY_OFFSET)
  return cell
}

function dropCell(cell: usize): void {
  const identity = atomic.load<u64>(nodeOf(cell), NODE_KEY_OFFSET)
  giveData((<usize>(<u32>identity)) << HANDLE_SHIFT)
  give(CELL_CLASS, cell)
}

/** Doubles the buckets: a new segment, then the count. Anybody may do it, once. */
function grow(): void {
  const count = atomic.load<u32>(0, BUCKET_COUNT_OFFSET)
  if (count >= (<u32>1) << BUCKET_COUNT_MAX_SHIFT) return
  if (atomic.load<u32>(0, CELL_COUNT_OFFSET) <= count) return
  const entry = <usize>((32 - clz(count) - SEGMENT_SHIFT) << 2)
  if (atomic.load<u32>(entry, SEGMENT_TABLE_OFFSET) == 0) {
    const length = count << BUCKET_SHIFT
    const segment = claimSpan(length)
    if (segment == 0) return
    memory.fill(segment, 0, length)
    if (atomic.cmpxchg<u32>(entry, 0, <u32>segment, SEGMENT_TABLE_OFFSET) != 0) releaseSpan(segment)
  }
  atomic.cmpxchg<u32>(0, count, count << 1, BUCKET_COUNT_OFFSET)
}

/** Address of the payload of a cell's key block. */
export function keyOf(cell: u32): usize {
  const identity = atomic.load<u64>(nodeOf((<usize>cell) << CELL_SHIFT), NODE_KEY_OFFSET)
  return (<usize>(<u32>identity)) << HANDLE_SHIFT
}

/** Length in bytes of the block with this payload address. */
export function blockLength(payload: usize): u32 {
  return load<u32>(payload - BLOCK_LENGTH_DISTANCE)
}

/** Generation of the cell at an address, which changes when it is given to another key. */
export function generationOf(address: usize): u32 {
  return generationIn(atomic.load<u64>(address, CELL_META_OFFSET))
}

/** The generation in a meta word. */
export function generationIn(meta: u64): u32 {
  return (<u32>meta >> CELL_GENERATION_SHIFT) & CELL_GENERATION_MASK
}

/** Generation of the cell with this id. */
export function cellGeneration(cell: u32): u32 {
  return generationOf((<usize>cell) << CELL_SHIFT)
}
