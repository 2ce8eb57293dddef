/**
 * Taking cells and empty nodes out of the ordered index. A cell is marked under the lock of its leaf.
 * A node goes in steps of which each leaves a tree that is whole: it is flagged as leaving, so that
 * nobody refers to it again; the reference in the branch goes; its left neighbour takes its range
 * over; it rests in limbo. A branch whose only reference is to a node that leaves, goes before it.
 */
import { CELL_SHIFT } from '../cell-descriptor'
import {
  ORDERED_DEAD,
  ORDERED_HIGH_PREFIX_OFFSET,
  ORDERED_LEAVING,
  ORDERED_LEVEL_OFFSET,
  ORDERED_LOW_OFFSET,
  ORDERED_PERMUTATION_OFFSET,
  ORDERED_PSTAMP_OFFSET,
  ORDERED_RIGHT_OFFSET,
  ORDERED_SINCE_OFFSET,
} from '../ordered-node-descriptor'
import { FREE_LINK_OFFSET, ORDERED_CLASS } from '../page-descriptor'
import { THREAD_LIMBO_EPOCH_OFFSET, THREAD_ORDERED_LIMBO_OFFSET } from '../thread-descriptor'
import { give, giveData } from './allocator'
import { blockLength, keyOf } from './hash-index'
import { isLeaf, lowOf, placeAt, positionOf, prefixOf, referenceAt } from './ordered-key'
import {
  NO_PLACES,
  raiseLeafPstamp,
  raiseSince,
  removed,
  tryLockSecond,
  unlockChanged,
  unlockSame,
  wordOf,
} from './ordered-node'
import { lockLeaf, rightOf, walkAndLock, walkTo } from './ordered-walk'
import { thread } from './thread-record'

/** Levels that a tree of cells cannot have. */
const LEVEL_COUNT_MAX: u32 = 16

/** Locks the leaf that a cell is in or would be in; 0: it is not to be had now. */
export function lockLeafOf(cell: usize): usize {
  const key = keyOf(<u32>(cell >> CELL_SHIFT))
  return key == 0 ? 0 : lockLeaf(key, blockLength(key))
}

/** The position of a reference whose key is given, in a locked node; -1: it is not there. */
function find(node: usize, permutation: u64, key: usize, reference: u32): i32 {
  const position = positionOf(node, permutation, key, blockLength(key), false)
  if (position >= (<u32>permutation & 15)) return -1
  return referenceAt(node, placeAt(permutation, position)) == reference ? <i32>position : -1
}

/** Takes a cell that is marked out of its leaf, which is locked, and unlocks that. */
export function unlinkOrdered(leaf: usize, cell: usize): void {
  const id = <u32>(cell >> CELL_SHIFT)
  const permutation = atomic.load<u64>(leaf, ORDERED_PERMUTATION_OFFSET)
  const position = find(leaf, permutation, keyOf(id), id)
  if (position < 0) {
    unlockSame(leaf)
    return
  }
  const rest = removed(permutation, position)
  atomic.store<u64>(leaf, rest, ORDERED_PERMUTATION_OFFSET)
  unlockChanged(leaf)
  let empty: usize = (<u32>rest & 15) == 0 ? leaf : 0
  while (empty != 0) empty = removeLeaf(empty)
}

/** Whether a locked node is empty: without keys, or with nothing but a reference to what leaves. */
function isEmptied(node: usize, below: usize): bool {
  const permutation = atomic.load<u64>(node, ORDERED_PERMUTATION_OFFSET)
  const count = <u32>permutation & 15
  if (below == 0) return count == 0
  return count == 1 && referenceAt(node, placeAt(permutation, 0)) == <u32>below
}

/** Flags an empty leaf as leaving; false: it is not to be taken out, or not now. */
function flagLeaf(leaf: usize): bool {
  const low = lowOf(leaf)
  if (low == 0) return false
  const node = lockLeaf(low, blockLength(low))
  if (node == 0) return false
  const level = atomic.load<u32>(node, ORDERED_LEVEL_OFFSET)
  const goes = node == leaf && isEmptied(leaf, 0) && !(level & ORDERED_LEAVING)
  if (goes) atomic.store<u32>(leaf, level | ORDERED_LEAVING, ORDERED_LEVEL_OFFSET)
  unlockSame(node)
  return goes
}

/** The only child of the branch that lost a reference last, or 0. */
let lonelyChild: usize = 0

/**
 * Takes an empty leaf out of the tree, and the branches that have referred to nothing else. An empty
 * leaf that can go now, since its branch refers to nothing else any more, or 0.
 */
function removeLeaf(leaf: usize): usize {
  lonelyChild = 0
  if (!flagLeaf(leaf)) return 0
  const low = lowOf(leaf)
  const top = dropReferences(leaf, low)
  // From the top: no branch may refer to what is dead.
  for (let level = top; level >= 0; level--) {
    const node = leavingAt(low, <u32>level)
    if (node == 0 || !spliceOut(node, low, <u32>level)) {
      letStay(low)
      return 0
    }
  }
  return lonelyLeaf()
}

/** The first leaf below the lonely child, if it seems to be empty. */
function lonelyLeaf(): usize {
  let node = lonelyChild
  for (let level: u32 = 0; node != 0 && level < LEVEL_COUNT_MAX; level++) {
    const permutation = atomic.load<u64>(node, ORDERED_PERMUTATION_OFFSET)
    const count = <u32>permutation & 15
    if (isLeaf(node)) return count == 0 ? node : 0
    node = count == 1 ? <usize>referenceAt(node, placeAt(permutation, 0)) : 0
  }
  return 0
}

/** The node of a level that begins with a low key and leaves, or 0. */
function leavingAt(low: usize, level: u32): usize {
  const node = walkTo(low, blockLength(low), false, level)
  if (node == 0 || lowOf(node) != low) return 0
  return atomic.load<u32>(node, ORDERED_LEVEL_OFFSET) & ORDERED_LEAVING ? node : 0
}

/**
 * Takes the reference to a leaf out of its branch; where it is the only one there, flags the branch,
 * and does the same for that. The highest level that leaves; -1: nothing can be taken out.
 */
function dropReferences(leaf: usize, low: usize): i32 {
  let child = leaf
  for (let level: u32 = 1; level < LEVEL_COUNT_MAX; level++) {
    const branch = walkAndLock(low, blockLength(low), false, level)
    if (branch == 0) break
    const permutation = atomic.load<u64>(branch, ORDERED_PERMUTATION_OFFSET)
    const position = find(branch, permutation, low, <u32>child)
    if (position < 0) {
      unlockSame(branch)
      return <i32>level - 1
    }
    if (position > 0) {
      const rest = removed(permutation, position)
      atomic.store<u64>(branch, rest, ORDERED_PERMUTATION_OFFSET)
      if ((<u32>rest & 15) == 1) lonelyChild = <usize>referenceAt(branch, placeAt(rest, 0))
      unlockChanged(branch)
      return <i32>level - 1
    }
    const flags = atomic.load<u32>(branch, ORDERED_LEVEL_OFFSET)
    const goes = (<u32>permutation & 15) == 1 && lowOf(branch) == low
    if (goes) atomic.store<u32>(branch, flags | ORDERED_LEAVING, ORDERED_LEVEL_OFFSET)
    unlockSame(branch)
    if (!goes) break
    child = branch
  }
  letStay(low)
  return -1
}

/** Takes the flags back from the nodes that begin with a low key. */
function letStay(low: usize): void {
  for (let level: u32 = 0; level < LEVEL_COUNT_MAX; level++) {
    const node = walkAndLock(low, blockLength(low), false, level)
    if (node == 0) return
    const flags = atomic.load<u32>(node, ORDERED_LEVEL_OFFSET)
    if (lowOf(node) == low && flags & ORDERED_LEAVING) {
      atomic.store<u32>(node, flags & ~ORDERED_LEAVING, ORDERED_LEVEL_OFFSET)
    }
    unlockSame(node)
  }
}

/** Has the left neighbour of a node take its range over, if it is empty still; whether it did. */
function spliceOut(node: usize, low: usize, level: u32): bool {
  const left = walkAndLock(low, blockLength(low), true, level)
  if (left == 0) return false
  if (rightOf(left) != node || atomic.load<u32>(left, ORDERED_LEVEL_OFFSET) & ORDERED_LEAVING) {
    unlockSame(left)
    return false
  }
  const word = wordOf(node)
  if (!tryLockSecond(node, word)) {
    unlockSame(left)
    return false
  }
  const flags = atomic.load<u32>(node, ORDERED_LEVEL_OFFSET)
  const below: usize = level == 0 ? 0 : onlyReference(node)
  if (!(flags & ORDERED_LEAVING) || !isEmptied(node, below)) {
    unlockSame(node)
    unlockSame(left)
    return false
  }
  raiseSince(left, atomic.load<u64>(node, ORDERED_SINCE_OFFSET))
  raiseLeafPstamp(left, atomic.load<u64>(node, ORDERED_PSTAMP_OFFSET))
  const right = rightOf(node)
  atomic.store<u64>(node, NO_PLACES, ORDERED_PERMUTATION_OFFSET)
  // Whoever recovers this thread passes over a dead right neighbour.
  atomic.store<u32>(node, flags | ORDERED_DEAD, ORDERED_LEVEL_OFFSET)
  atomic.store<u32>(left, <u32>right, ORDERED_RIGHT_OFFSET)
  atomic.store<u64>(left, right == 0 ? 0 : prefixOf(lowOf(right)), ORDERED_HIGH_PREFIX_OFFSET)
  unlockChanged(node)
  unlockChanged(left)
  store<u64>(thread, 0, THREAD_LIMBO_EPOCH_OFFSET)
  store<u32>(node, load<u32>(thread, THREAD_ORDERED_LIMBO_OFFSET), FREE_LINK_OFFSET)
  store<u32>(thread, <u32>node, THREAD_ORDERED_LIMBO_OFFSET)
  return true
}

/** What a branch refers to when it has one reference, or the branch itself, which it never refers to. */
function onlyReference(branch: usize): usize {
  const permutation = atomic.load<u64>(branch, ORDERED_PERMUTATION_OFFSET)
  if ((<u32>permutation & 15) != 1) return branch
  return <usize>referenceAt(branch, placeAt(permutation, 0))
}

/** Gives back the nodes that this thread has in limbo, and the low keys of leaves among them. */
export function releaseNodes(): void {
  while (true) {
    const node = <usize>load<u32>(thread, THREAD_ORDERED_LIMBO_OFFSET)
    if (node == 0) return
    store<u32>(thread, load<u32>(node, FREE_LINK_OFFSET), THREAD_ORDERED_LIMBO_OFFSET)
    const low = lowOf(node)
    const leaf = isLeaf(node)
    atomic.store<u32>(node, 0, ORDERED_LOW_OFFSET)
    if (leaf) giveData(low)
    give(ORDERED_CLASS, node)
  }
}
