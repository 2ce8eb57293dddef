/**
 * Finding nodes of the ordered index. Nobody holds a lock while he walks: what was read of a node
 * counts when its word is the same afterwards. A node that was split meanwhile has the rest of its
 * keys to its right, one that was taken out is walked to again from the root. Only while the list is
 * entered, so that no node on the way is used again.
 */
import { ORDERED_ROOT_OFFSET } from '../arena-header-descriptor'
import {
  ORDERED_DEAD,
  ORDERED_LEVEL_MASK,
  ORDERED_LEVEL_OFFSET,
  ORDERED_PERMUTATION_OFFSET,
  ORDERED_RIGHT_OFFSET,
} from '../ordered-node-descriptor'
import { THREAD_ORDERED_OFFSET, THREAD_ORDERED_SECOND_OFFSET } from '../thread-descriptor'
import { blockLength } from './hash-index'
import { enterList } from './index-list'
import { compareKeys, compareToHigh, lowOf, placeAt, positionOf, referenceAt } from './ordered-key'
import { holderIn, settleOrdered, tryLock, wordOf } from './ordered-node'
import { thread } from './thread-record'

/** Times that nodes which change are looked at again before the caller is told to wait. */
const WALK_SPINS: u32 = 1024

/** The word that the node had which the last walk found, when it was found. */
export let foundWord: u64 = 0

/** A node that the last walk reached only over its left neighbour, or 0. */
export let strayNode: usize = 0

/** Says that this thread stands in the index until `leaveList`; lets go of what it once was thrown out with. */
export function enterOrdered(): void {
  enterList()
  const first = <usize>load<u32>(thread, THREAD_ORDERED_OFFSET)
  if (first == 0) return
  settleOrdered(thread)
  store<u32>(thread, 0, THREAD_ORDERED_OFFSET)
  store<u32>(thread, 0, THREAD_ORDERED_SECOND_OFFSET)
}

/** The root of the ordered index. */
export function rootNode(): usize {
  return <usize>atomic.load<u32>(0, ORDERED_ROOT_OFFSET)
}

/** The level of a node. */
export function levelOf(node: usize): u32 {
  return atomic.load<u32>(node, ORDERED_LEVEL_OFFSET) & ORDERED_LEVEL_MASK
}

/** The node to the right, or 0. */
export function rightOf(node: usize): usize {
  return <usize>atomic.load<u32>(node, ORDERED_RIGHT_OFFSET)
}

function isDeadNode(node: usize): bool {
  return (atomic.load<u32>(node, ORDERED_LEVEL_OFFSET) & ORDERED_DEAD) != 0
}

/**
 * The node of a level in whose range a key lies; with `below`, the keys right before it. A key of
 * address 0 lies behind all. 0: nodes on the way kept changing.
 */
export function walkTo(key: usize, length: u32, below: bool, level: u32): usize {
  strayNode = 0
  let node = rootNode()
  let isStray = false
  for (let spins: u32 = 0; spins < WALK_SPINS; ) {
    const word = wordOf(node)
    if (holderIn(word) != 0) {
      spins++
      continue
    }
    if (isDeadNode(node)) {
      spins++
      node = rootNode()
      isStray = false
      continue
    }
    const here = levelOf(node)
    let next: usize = 0
    const isBeyond = key == 0 ? rightOf(node) != 0 : isOutside(node, key, length, below)
    if (isBeyond) next = rightOf(node)
    else if (here > level) next = childFor(node, key, length, below)
    if (wordOf(node) != word) {
      spins++
      continue
    }
    if (next == 0) {
      foundWord = word
      if (here != level) return 0
      if (isStray) strayNode = node
      return node
    }
    // Only the lowest level that the walk ends on matters: others are seen by other walks.
    isStray = isBeyond && here == level
    node = next
  }
  return 0
}

function isOutside(node: usize, key: usize, length: u32, below: bool): bool {
  const order = compareToHigh(node, key, length)
  return below ? order > 0 : order >= 0
}

/** The node that a branch refers to for a key, or for the keys right before it. */
function childFor(node: usize, key: usize, length: u32, below: bool): usize {
  const permutation = atomic.load<u64>(node, ORDERED_PERMUTATION_OFFSET)
  const count = <u32>permutation & 15
  if (count == 0) return 0
  const position = key == 0 ? count : positionOf(node, permutation, key, length, !below)
  return <usize>referenceAt(node, placeAt(permutation, position == 0 ? 0 : position - 1))
}

/** As walkTo, and locks the node. */
export function walkAndLock(key: usize, length: u32, below: bool, level: u32): usize {
  for (let tries: u32 = 0; tries < WALK_SPINS; tries++) {
    const node = walkTo(key, length, below, level)
    if (node == 0) return 0
    // The word is the one that the range was read under: it is still that range.
    if (tryLock(node, foundWord)) return node
  }
  return 0
}

/** Whether a node seems to be a leaf that is in the tree, with this key in its range. */
function isRangeOf(node: usize, key: usize, length: u32): bool {
  if (atomic.load<u32>(node, ORDERED_LEVEL_OFFSET) & (ORDERED_LEVEL_MASK | ORDERED_DEAD))
    return false
  if (compareToHigh(node, key, length) >= 0) return false
  const low = lowOf(node)
  return low == 0 || compareKeys(key, length, low, blockLength(low)) >= 0
}

/**
 * Locks the leaf of a key; 0 when it is not to be had. The one that this thread had last is tried
 * first: it is a node for ever, and locked while it is made anew, so that an unlocked one whose word
 * stays the same is what it seems to be.
 */
export function lockLeaf(key: usize, length: u32): usize {
  strayNode = 0
  if (lastLeaf != 0) {
    const word = wordOf(lastLeaf)
    if (isRangeOf(lastLeaf, key, length) && tryLock(lastLeaf, word)) return lastLeaf
  }
  lastLeaf = walkAndLock(key, length, false, 0)
  return lastLeaf
}

/** The leaf that this thread locked last. */
let lastLeaf: usize = 0
