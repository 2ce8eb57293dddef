/** The hash index: from the bytes of a key to its cell. Look-ups write nothing and never wait. */
import { REUSE_COUNT_OFFSET } from '../arena-header-descriptor'
import { BLOCK_HASH_DISTANCE, BLOCK_LENGTH_DISTANCE } from '../block-descriptor'
import { CELL_SHIFT, CELL_VALUE_OFFSET, CELL_WORD_OFFSET } from '../cell-descriptor'
import { DELETED_FLAG, TARGET_MASK } from '../index-descriptor'
import { NODE_KEY_OFFSET, NODE_PSTAMP_OFFSET } from '../node-descriptor'
import { CELL_CLASS } from '../page-descriptor'
import { THREAD_SCRATCH_OFFSET, THREAD_WALK_OFFSET } from '../thread-descriptor'
import { HANDLE_SHIFT } from '../version-descriptor'
import { CELL_GENERATION_MASK, CELL_GENERATION_SHIFT } from '../word-descriptor'
import { give, giveData, take, takeData } from './allocator'
import { clock } from './arena'
import { cellOf, metaWith, nodeOf, setMeta } from './cell'
import {
  countCell,
  enterList,
  foundValue,
  isBucketLinked,
  leaveList,
  linkCell,
  linkOf,
  seek,
  splitOf,
  startOfHash,
  step,
  touchBuckets,
  walk,
} from './index-list'
import { settleOrdered } from './ordered-node'
import { thread } from './thread-record'

/** Generation of the cell that the last look-up found, as long as it was that key's. */
let generationFound: u32 = 0

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

/** Whether a cell has this key. The cell may be another key's by now, and its old key overwritten. */
function sameKey(cell: usize, bytes: usize, length: u32): bool {
  const key = (<usize>(<u32>atomic.load<u64>(nodeOf(cell), NODE_KEY_OFFSET))) << HANDLE_SHIFT
  if (key == 0 || load<u32>(key - BLOCK_LENGTH_DISTANCE) != length) return false
  for (let at: u32 = 0; at < length; at += 8) {
    if (load<u64>(key + at) != load<u64>(bytes + at)) return false
  }
  return true
}

/**
 * Whether a cell, whose link held `next` after its generation was loaded, is the one of this key. A
 * cell is marked before its generation moves: one that is not marked had that generation.
 */
function isFound(cell: usize, generation: u32, next: u64, bytes: usize, length: u32): bool {
  if (<u32>next & DELETED_FLAG || !sameKey(cell, bytes, length)) return false
  generationFound = generation
  return true
}

/** The cell of the key, or 0. What is met may be used again meanwhile: see X4. */
function find(hash: u32, bytes: usize, length: u32): u32 {
  const split = splitOf(hash)
  let value = walk(startOfHash(hash), split)
  while (<u32>(value >> 32) == split) {
    const target = <u32>value & TARGET_MASK
    if (target == 0) return 0
    const cell = (<usize>target) << CELL_SHIFT
    const generation = generationOf(cell)
    const next = atomic.load<u64>(linkOf(<u32>value))
    if (isFound(cell, generation, next, bytes, length)) return target
    value = next
  }
  return 0
}

/**
 * The cell of the key with this hash, or 0; leaves the place for an insert in found*. With a length
 * of 0 for nothing but to unlink the deleted cells with this hash. Only while the list is entered.
 */
export function locate(hash: u32, bytes: usize, length: u32): u32 {
  const split = splitOf(hash)
  const start = startOfHash(hash)
  seek(start, split)
  while (<u32>(foundValue >> 32) == split) {
    const target = <u32>foundValue & TARGET_MASK
    if (target == 0) return 0
    const cell = (<usize>target) << CELL_SHIFT
    const generation = generationOf(cell)
    const next = atomic.load<u64>(linkOf(<u32>foundValue))
    if (isFound(cell, generation, next, bytes, length)) return target
    if (!step()) seek(start, split)
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

/** The id of the cell of the key in the scratch area, which has this hash, or 0. */
function lookUpHash(hash: u32, length: u32): u32 {
  while (true) {
    const reuses = atomic.load<u64>(0, REUSE_COUNT_OFFSET)
    const cell = find(hash, scratch(), length)
    if (atomic.load<u64>(0, REUSE_COUNT_OFFSET) == reuses) return cell
  }
}

/** Lets go of what this thread was thrown out of a change of the list with. */
export function settleWalk(): void {
  if (atomic.load<u64>(thread, THREAD_WALK_OFFSET) == 0) return
  settleOrdered(thread)
  leaveList(thread)
}

/** The id of the cell of the key in the scratch area, or 0. */
export function lookUp(length: u32): u32 {
  settleWalk()
  return lookUpHash(scratchHash(length), length)
}

/** Generation that the cell had which the last look-up found. */
export function foundGeneration(): u32 {
  return generationFound
}

/** The id of the cell of the key in the scratch area, made when there is none; 0: arena full. */
export function lookUpOrInsert(length: u32): u32 {
  const hash = scratchHash(length)
  settleWalk()
  touchBuckets(hash)
  if (isBucketLinked(hash)) {
    const known = lookUpHash(hash, length)
    if (known != 0) return known
  }
  enterList()
  const cell = findOrInsert(hash, scratch(), length)
  leaveList(thread)
  return cell
}

function findOrInsert(hash: u32, bytes: usize, length: u32): u32 {
  let present = locate(hash, bytes, length)
  if (present != 0) return present
  const cell = makeCell(hash, bytes, length)
  if (cell == 0) return 0
  while (!linkCell(cell, splitOf(hash))) {
    present = locate(hash, bytes, length)
    if (present != 0) {
      giveCell(cell)
      return present
    }
  }
  generationFound = generationOf(cell)
  countCell()
  return <u32>(cell >> CELL_SHIFT)
}

function makeCell(hash: u32, bytes: usize, length: u32): usize {
  const padded = (length + 7) & ~7
  const key = takeData(padded)
  if (key == 0) return 0
  const node = take(CELL_CLASS)
  if (node == 0) {
    giveData(key)
    return 0
  }
  const cell = cellOf(node)
  for (let at: u32 = 0; at < padded; at += 8) store<u64>(key + at, load<u64>(bytes + at))
  store<u32>(key - BLOCK_LENGTH_DISTANCE, length)
  store<u32>(key - BLOCK_HASH_DISTANCE, hash)
  const generation = (generationOf(cell) + 1) & CELL_GENERATION_MASK
  atomic.store<u64>(cell, clock(), CELL_VALUE_OFFSET)
  setMeta(cell, <u64>(generation << CELL_GENERATION_SHIFT))
  if (atomic.load<u64>(node, NODE_PSTAMP_OFFSET) != 0)
    atomic.store<u64>(node, 0, NODE_PSTAMP_OFFSET)
  const named = ((<u64>hash) << 32) | <u64>(key >> HANDLE_SHIFT)
  atomic.store<u64>(node, named, NODE_KEY_OFFSET)
  return cell
}

/** Gives back a cell that nobody can reach, and its key. */
export function giveCell(cell: usize): void {
  const key = keyOf(<u32>(cell >> CELL_SHIFT))
  atomic.store<u64>(nodeOf(cell), 0, NODE_KEY_OFFSET)
  giveData(key)
  give(CELL_CLASS, nodeOf(cell))
}

/** Address of the payload of a cell's key block; 0: the cell is free. */
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
  return generationIn(metaWith(address, atomic.load<u64>(address, CELL_WORD_OFFSET)))
}

/** The generation in a meta word. */
export function generationIn(meta: u64): u32 {
  return (<u32>meta >> CELL_GENERATION_SHIFT) & CELL_GENERATION_MASK
}
