/**
 * Nodes of the ordered index: making them, their locks, their permutations. Who dies with a lock
 * leaves a tree that is whole: whoever recovers the thread tidies the nodes that it may have locked.
 */
import { CELL_SHIFT, CELL_WORD_OFFSET } from '../cell-descriptor'
import { NODE_PSTAMP_OFFSET } from '../node-descriptor'
import {
  ORDERED_DEAD,
  ORDERED_HIGH_PREFIX_OFFSET,
  ORDERED_LEVEL_OFFSET,
  ORDERED_LOCK_SHIFT,
  ORDERED_LOW_OFFSET,
  ORDERED_PERMUTATION_OFFSET,
  ORDERED_PREFIXES_START,
  ORDERED_PSTAMP_OFFSET,
  ORDERED_REFERENCES_START,
  ORDERED_RIGHT_OFFSET,
  ORDERED_SINCE_OFFSET,
  ORDERED_WORD_OFFSET,
} from '../ordered-node-descriptor'
import { ORDERED_CLASS } from '../page-descriptor'
import {
  THREAD_INDEX_OFFSET,
  THREAD_ORDERED_OFFSET,
  THREAD_ORDERED_SECOND_OFFSET,
} from '../thread-descriptor'
import { HANDLE_SHIFT } from '../version-descriptor'
import { TIMESTAMP_SHIFT } from '../word-descriptor'
import { take } from './allocator'
import { nodeOf } from './cell'
import { blockLength } from './hash-index'
import { isMarked } from './index-list'
import { isLeaf, lowOf, placeAt, positionOf, prefixOf, referenceAt } from './ordered-key'
import { thread } from './thread-record'

/** A permutation of no keys: all places are free, in order. */
export const NO_PLACES: u64 = 0xedcba98765432100

/** One version, in a word. */
const ONE: u64 = (<u64>1) << TIMESTAMP_SHIFT

/** Who holds the lock in a word: thread index + 1, or 0. */
export function holderIn(word: u64): u32 {
  return <u32>(word >> ORDERED_LOCK_SHIFT)
}

/** The word of a node. */
export function wordOf(node: usize): u64 {
  return atomic.load<u64>(node, ORDERED_WORD_OFFSET)
}

/** A permutation with the first free place put at a position. */
export function inserted(permutation: u64, position: u32): u64 {
  const count = <u32>permutation & 15
  const free = <u64>placeAt(permutation, count)
  const below = ((<u64>1) << ((position + 1) << 2)) - 1
  const moved = ((<u64>1) << ((count + 1) << 2)) - 1
  const above = count == 14 ? <u64>0 : permutation & ~(((<u64>1) << ((count + 2) << 2)) - 1)
  const middle = (permutation & moved & ~below) << 4
  return (above | middle | (free << ((position + 1) << 2)) | (permutation & below)) + 1
}

/** A permutation without the place at a position, which becomes the first free one. */
export function removed(permutation: u64, position: u32): u64 {
  const last = (<u32>permutation & 15) - 1
  const place = <u64>placeAt(permutation, position)
  const below = ((<u64>1) << ((position + 1) << 2)) - 1
  const moved = last == 14 ? ~(<u64>0) : ((<u64>1) << ((last + 2) << 2)) - 1
  const middle = ((permutation & moved) >> 4) & ~below
  return (
    ((permutation & ~moved) | middle | (place << ((last + 1) << 2)) | (permutation & below)) - 1
  )
}

/** A permutation of the first keys of another one; the places of the others are free. */
export function trimmed(permutation: u64, count: u32): u64 {
  return (permutation & ~(<u64>15)) | <u64>count
}

/** Fills a place that is free. */
export function fillPlace(node: usize, place: u32, prefix: u64, reference: u32): void {
  atomic.store<u64>(node + ORDERED_PREFIXES_START + (place << 3), prefix)
  atomic.store<u32>(node + ORDERED_REFERENCES_START + (place << 2), reference)
}

/**
 * Makes a node that holds nothing, and that this thread has locked in case somebody remembers it from
 * when it was another one; its address, or 0: the arena is full.
 */
export function makeNode(level: u32, low: usize, right: usize): usize {
  const node = take(ORDERED_CLASS)
  if (node == 0) return 0
  // Before it is locked: whoever tidies it does not look to the right of what it was before.
  atomic.store<u32>(node, 0, ORDERED_RIGHT_OFFSET)
  store<u32>(thread, <u32>node, THREAD_ORDERED_SECOND_OFFSET)
  const me = <u64>(load<u32>(thread, THREAD_INDEX_OFFSET) + 1)
  const word = (wordOf(node) + ONE) | (me << ORDERED_LOCK_SHIFT)
  atomic.store<u64>(node, word, ORDERED_WORD_OFFSET)
  resetNode(node, level, low, right)
  return node
}

/** Writes the fields of a node that nobody else may use. */
export function resetNode(node: usize, level: u32, low: usize, right: usize): void {
  // First: whoever tidies a node that was made in part looks at no place of it.
  atomic.store<u64>(node, NO_PLACES, ORDERED_PERMUTATION_OFFSET)
  atomic.store<u64>(node, right == 0 ? 0 : prefixOf(lowOf(right)), ORDERED_HIGH_PREFIX_OFFSET)
  atomic.store<u64>(node, 0, ORDERED_SINCE_OFFSET)
  atomic.store<u64>(node, 0, ORDERED_PSTAMP_OFFSET)
  atomic.store<u32>(node, <u32>right, ORDERED_RIGHT_OFFSET)
  atomic.store<u32>(node, <u32>(low >> HANDLE_SHIFT), ORDERED_LOW_OFFSET)
  atomic.store<u32>(node, level, ORDERED_LEVEL_OFFSET)
}

/** Locks a node whose word is this one. What is noted first is what a recoverer looks at. */
export function tryLock(node: usize, word: u64): bool {
  store<u32>(thread, <u32>node, THREAD_ORDERED_OFFSET)
  return lockWord(node, word)
}

/** As tryLock, of a node to the right of the one that is locked already. */
export function tryLockSecond(node: usize, word: u64): bool {
  store<u32>(thread, <u32>node, THREAD_ORDERED_SECOND_OFFSET)
  return lockWord(node, word)
}

function lockWord(node: usize, word: u64): bool {
  if (holderIn(word) != 0) return false
  const me = <u64>(load<u32>(thread, THREAD_INDEX_OFFSET) + 1)
  const locked = word | (me << ORDERED_LOCK_SHIFT)
  return atomic.cmpxchg<u64>(node, word, locked, ORDERED_WORD_OFFSET) == word
}

/** Unlocks a node that was not changed, or not since it was made; its word. */
export function unlockSame(node: usize): u64 {
  const word = wordOf(node) & (((<u64>1) << ORDERED_LOCK_SHIFT) - 1)
  atomic.store<u64>(node, word, ORDERED_WORD_OFFSET)
  return word
}

/** Unlocks a node that was changed; its new word. */
export function unlockChanged(node: usize): u64 {
  const word = (wordOf(node) & (((<u64>1) << ORDERED_LOCK_SHIFT) - 1)) + ONE
  atomic.store<u64>(node, word, ORDERED_WORD_OFFSET)
  return word
}

function raise(address: usize, offset: usize, wanted: u64): void {
  while (true) {
    const old = atomic.load<u64>(address + offset)
    if (old >= wanted || atomic.cmpxchg<u64>(address + offset, old, wanted) == old) return
  }
}

/** Raises the largest stamp of a committed reader of the keys that are not in a leaf. */
export function raiseLeafPstamp(leaf: usize, stamp: u64): void {
  raise(leaf, ORDERED_PSTAMP_OFFSET, stamp)
}

/** Raises the timestamp of the last deletion whose cell was taken out of a leaf. */
export function raiseSince(leaf: usize, timestamp: u64): void {
  raise(leaf, ORDERED_SINCE_OFFSET, timestamp)
}

/** Before a cell is linked into a locked leaf: its key was read by whoever read the leaf. */
export function inherit(leaf: usize, cell: usize): void {
  raise(nodeOf(cell), NODE_PSTAMP_OFFSET, atomic.load<u64>(leaf, ORDERED_PSTAMP_OFFSET))
}

/** Before a cell is taken out of a locked leaf: what it says of its key, the leaf has to say. */
export function bequeath(leaf: usize, cell: usize): void {
  raiseSince(leaf, atomic.load<u64>(cell, CELL_WORD_OFFSET) >> TIMESTAMP_SHIFT)
  raiseLeafPstamp(leaf, atomic.load<u64>(nodeOf(cell), NODE_PSTAMP_OFFSET))
}

/** Finishes what was begun with a node: its range, the keys behind it, and cells that are marked. */
function tidy(node: usize): void {
  let right = <usize>atomic.load<u32>(node, ORDERED_RIGHT_OFFSET)
  while (right != 0 && atomic.load<u32>(right, ORDERED_LEVEL_OFFSET) & ORDERED_DEAD) {
    right = <usize>atomic.load<u32>(right, ORDERED_RIGHT_OFFSET)
  }
  atomic.store<u32>(node, <u32>right, ORDERED_RIGHT_OFFSET)
  let permutation = atomic.load<u64>(node, ORDERED_PERMUTATION_OFFSET)
  if (right != 0) {
    const high = lowOf(right)
    atomic.store<u64>(node, prefixOf(high), ORDERED_HIGH_PREFIX_OFFSET)
    permutation = trimmed(
      permutation,
      positionOf(node, permutation, high, blockLength(high), false),
    )
  }
  if (isLeaf(node)) {
    for (let at = <u32>permutation & 15; at > 0; at--) {
      const cell = (<usize>referenceAt(node, placeAt(permutation, at - 1))) << CELL_SHIFT
      if (!isMarked(cell)) continue
      bequeath(node, cell)
      permutation = removed(permutation, at - 1)
    }
  }
  atomic.store<u64>(node, permutation, ORDERED_PERMUTATION_OFFSET)
}

function settleNode(record: usize, node: usize): void {
  if (node == 0 || holderIn(wordOf(node)) != load<u32>(record, THREAD_INDEX_OFFSET) + 1) return
  tidy(node)
  unlockChanged(node)
}

/** Lets go of the nodes that a thread with this record was thrown out with, or died with. */
export function settleOrdered(record: usize): void {
  const second = <usize>load<u32>(record, THREAD_ORDERED_SECOND_OFFSET)
  settleNode(record, <usize>load<u32>(record, THREAD_ORDERED_OFFSET))
  settleNode(record, second)
}
