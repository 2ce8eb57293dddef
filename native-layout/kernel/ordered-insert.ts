/**
 * Linking cells into the ordered index. A split publishes the right half by one store of the left
 * node's link; the reference in the branch above follows when nothing is locked any more, and is a
 * hint: whoever walks over a left neighbour adds it.
 */
import { ORDERED_ROOT_OFFSET } from '../arena-header-descriptor'
import { BLOCK_LENGTH_DISTANCE } from '../block-descriptor'
import { CELL_SHIFT } from '../cell-descriptor'
import { ENTRY_FLAGS_OFFSET, ENTRY_GAP, ENTRY_READ, ENTRY_WORD_OFFSET } from '../entry-descriptor'
import {
  ORDERED_DEAD,
  ORDERED_HIGH_PREFIX_OFFSET,
  ORDERED_LEAVING,
  ORDERED_LEVEL_OFFSET,
  ORDERED_LOCK_SHIFT,
  ORDERED_PERMUTATION_OFFSET,
  ORDERED_PLACE_COUNT,
  ORDERED_PSTAMP_OFFSET,
  ORDERED_RIGHT_OFFSET,
  ORDERED_SINCE_OFFSET,
} from '../ordered-node-descriptor'
import { ORDERED_CLASS } from '../page-descriptor'
import { STATUS_ARENA_FULL, STATUS_LOCKED, STATUS_OK, STATUS_REF_EXPIRED } from '../status-codes'
import { addEntry, findEntry, reserveEntry } from './access-set'
import { give, giveData, takeData } from './allocator'
import { blockLength, generationOf, keyOf } from './hash-index'
import { isMarked, leaveList } from './index-list'
import {
  compareKeys,
  isLeaf,
  keyAt,
  lowOf,
  placeAt,
  positionOf,
  prefixAt,
  prefixOf,
  referenceAt,
} from './ordered-key'
import {
  fillPlace,
  inherit,
  inserted,
  makeNode,
  NO_PLACES,
  resetNode,
  trimmed,
  unlockChanged,
  unlockSame,
  wordOf,
} from './ordered-node'
import {
  enterOrdered,
  levelOf,
  lockLeaf,
  rightOf,
  rootNode,
  strayNode,
  walkAndLock,
} from './ordered-walk'
import { roomFailure } from './read'
import { blame } from './snapshot'
import { thread } from './thread-record'

/** Keys that stay in the left half of a node that is split in the middle. */
const LEFT_COUNT: u32 = 8

/** Makes the leaf that holds all keys at first, in a fresh arena. */
export function makeFirstLeaf(leaf: usize): void {
  resetNode(leaf, 0, 0, 0)
  atomic.store<u32>(0, <u32>leaf, ORDERED_ROOT_OFFSET)
}

/**
 * Has the key of a cell that is about to get its first value stand in the ordered index. STATUS_LOCKED
 * asks to wait and call again, STATUS_REF_EXPIRED says that the cell is another key's by now.
 */
export function linkOrdered(slot: usize, cell: u32, generation: u32): u32 {
  enterOrdered()
  const status = link(slot, cell, generation)
  leaveList(thread)
  return status
}

function link(slot: usize, cell: u32, generation: u32): u32 {
  const address = (<usize>cell) << CELL_SHIFT
  const key = keyOf(cell)
  if (key == 0) return STATUS_REF_EXPIRED
  const length = blockLength(key)
  const leaf = lockLeaf(key, length)
  if (leaf == 0) {
    blame(slot, cell, 0)
    return STATUS_LOCKED
  }
  const stray = strayNode
  // Cells are marked under the lock of their leaf: this one stays as it is.
  if (isMarked(address) || generationOf(address) != generation) {
    unlockSame(leaf)
    return STATUS_REF_EXPIRED
  }
  const permutation = atomic.load<u64>(leaf, ORDERED_PERMUTATION_OFFSET)
  const position = isBehindAll(leaf, permutation, key, length)
    ? <u32>permutation & 15
    : positionOf(leaf, permutation, key, length, false)
  if (holds(leaf, permutation, position, cell)) {
    unlockSame(leaf)
    return STATUS_OK
  }
  const id = <u32>(leaf >> CELL_SHIFT)
  const isFull = (<u32>permutation & 15) == ORDERED_PLACE_COUNT
  // Before anything changes: who has read the leaf has read both halves of it.
  if (isFull && findEntry(slot, id) != 0 && !reserveEntry(slot)) {
    unlockSame(leaf)
    return roomFailure(slot)
  }
  const entry = findEntry(slot, id)
  const known = entry != 0 && load<u64>(entry, ENTRY_WORD_OFFSET) == unlockedWord(leaf)
  inherit(leaf, address)
  let right: usize = 0
  if (!isFull) {
    put(leaf, permutation, position, prefixOf(key), cell)
  } else {
    right = split(leaf, permutation, position, key, cell)
    if (right == 0) {
      unlockSame(leaf)
      return STATUS_ARENA_FULL
    }
  }
  stay(leaf)
  const rightWord: u64 = right == 0 ? 0 : unlockSame(right)
  const word = unlockChanged(leaf)
  if (known) {
    // What this transaction has changed itself did not change for it. That the key was not there, which
    // its scan has read of the leaf, is from now on read of the cell: who commits it first changes that.
    store<u64>(entry, word, ENTRY_WORD_OFFSET)
    const own = findEntry(slot, cell)
    store<u32>(own, load<u32>(own, ENTRY_FLAGS_OFFSET) | ENTRY_READ, ENTRY_FLAGS_OFFSET)
  }
  if (stray != 0) refer(stray, 1)
  if (right == 0) return STATUS_OK
  refer(right, 1)
  if (known) addEntry(slot, <u32>(right >> CELL_SHIFT), ENTRY_GAP | ENTRY_READ, rightWord)
  return STATUS_OK
}

/** Whether a key lies behind all of a leaf, as those do that come in order. */
function isBehindAll(leaf: usize, permutation: u64, key: usize, length: u32): bool {
  const count = <u32>permutation & 15
  if (count == 0) return true
  const place = placeAt(permutation, count - 1)
  const prefix = prefixOf(key)
  const last = prefixAt(leaf, place)
  if (prefix != last) return prefix > last
  const block = keyAt(leaf, place, true)
  return block != 0 && compareKeys(key, length, block, blockLength(block)) > 0
}

function unlockedWord(node: usize): u64 {
  return wordOf(node) & (((<u64>1) << ORDERED_LOCK_SHIFT) - 1)
}

function holds(node: usize, permutation: u64, position: u32, reference: u32): bool {
  if (position >= (<u32>permutation & 15)) return false
  return referenceAt(node, placeAt(permutation, position)) == reference
}

/** A node that gets a key is not taken out. */
function stay(node: usize): void {
  const level = atomic.load<u32>(node, ORDERED_LEVEL_OFFSET)
  if (level & ORDERED_LEAVING)
    atomic.store<u32>(node, level & ~ORDERED_LEAVING, ORDERED_LEVEL_OFFSET)
}

/** Puts a key into a locked node that has room for it: it is there with the last store. */
function put(node: usize, permutation: u64, position: u32, prefix: u64, reference: u32): void {
  fillPlace(node, placeAt(permutation, <u32>permutation & 15), prefix, reference)
  atomic.store<u64>(node, inserted(permutation, position), ORDERED_PERMUTATION_OFFSET)
}

/**
 * Splits a full, locked node at which a key is to be put at a position, and puts it there; the right
 * half, still locked, or 0: the arena is full, and nothing changed.
 */
function split(node: usize, permutation: u64, position: u32, key: usize, reference: u32): usize {
  // Who adds keys in order leaves full nodes behind.
  const at = position == ORDERED_PLACE_COUNT ? ORDERED_PLACE_COUNT : LEFT_COUNT
  const leaf = isLeaf(node)
  const goesRight = position >= at
  const first = position == at ? key : keyAt(node, placeAt(permutation, at), leaf)
  const low = leaf ? separator(keyAt(node, placeAt(permutation, at - 1), true), first) : first
  if (low == 0) return 0
  const right = makeNode(levelOf(node), low, rightOf(node))
  if (right == 0) {
    if (leaf) giveData(low)
    return 0
  }
  for (let i = at; i < ORDERED_PLACE_COUNT; i++) {
    const place = placeAt(permutation, i)
    fillPlace(right, i - at, prefixAt(node, place), referenceAt(node, place))
  }
  let rest = trimmed(NO_PLACES, ORDERED_PLACE_COUNT - at)
  let left = trimmed(permutation, at)
  const prefix = prefixOf(key)
  if (goesRight) {
    fillPlace(right, placeAt(rest, <u32>rest & 15), prefix, reference)
    rest = inserted(rest, position - at)
  }
  atomic.store<u64>(right, rest, ORDERED_PERMUTATION_OFFSET)
  atomic.store<u64>(right, atomic.load<u64>(node, ORDERED_SINCE_OFFSET), ORDERED_SINCE_OFFSET)
  atomic.store<u64>(right, atomic.load<u64>(node, ORDERED_PSTAMP_OFFSET), ORDERED_PSTAMP_OFFSET)
  // From here on the right half is in the tree, and what the left one still holds of it does not count.
  atomic.store<u32>(node, <u32>right, ORDERED_RIGHT_OFFSET)
  atomic.store<u64>(node, prefixOf(low), ORDERED_HIGH_PREFIX_OFFSET)
  if (!goesRight) {
    fillPlace(node, placeAt(left, at), prefix, reference)
    left = inserted(left, position)
  }
  atomic.store<u64>(node, left, ORDERED_PERMUTATION_OFFSET)
  return right
}

/** A block of the shortest bytes that lie behind the left key and not behind the right one; or 0. */
function separator(left: usize, right: usize): usize {
  const shorter = min(blockLength(left), blockLength(right))
  let same: u32 = 0
  while (same < shorter && load<u8>(left + same) == load<u8>(right + same)) same++
  const length = same + 1
  const padded = (length + 7) & ~7
  const block = takeData(padded)
  if (block == 0) return 0
  memory.fill(block, 0, padded)
  memory.copy(block, right, length)
  store<u32>(block - BLOCK_LENGTH_DISTANCE, length)
  return block
}

/**
 * Adds the reference to a node that was found over its left neighbour, or has just been split off, to
 * the branch of a level, and to those above what that splits. Does nothing where that is locked.
 */
function refer(child: usize, level: u32): void {
  let node = child
  for (let above = level; node != 0; above++) {
    if (levelOf(rootNode()) < above && !makeRoot(above)) return
    node = referIn(node, above)
  }
}

/** The right half of the branch that had to be split, or 0. */
function referIn(child: usize, level: u32): usize {
  const low = lowOf(child)
  if (low == 0) return 0
  const length = blockLength(low)
  const branch = walkAndLock(low, length, false, level)
  if (branch == 0) return 0
  const permutation = atomic.load<u64>(branch, ORDERED_PERMUTATION_OFFSET)
  const position = positionOf(branch, permutation, low, length, false)
  const goes = atomic.load<u32>(child, ORDERED_LEVEL_OFFSET) & (ORDERED_LEAVING | ORDERED_DEAD)
  if (goes || holds(branch, permutation, position, <u32>child)) {
    unlockSame(branch)
    return 0
  }
  let right: usize = 0
  if ((<u32>permutation & 15) < ORDERED_PLACE_COUNT) {
    put(branch, permutation, position, prefixOf(low), <u32>child)
  } else {
    right = split(branch, permutation, position, low, <u32>child)
    if (right == 0) {
      unlockSame(branch)
      return 0
    }
    unlockSame(right)
  }
  stay(branch)
  unlockChanged(branch)
  return right
}

/** Puts a root above the present one, whose level is below `level`; false: the arena is full. */
function makeRoot(level: u32): bool {
  const old = rootNode()
  if (levelOf(old) >= level) return true
  const root = makeNode(level, 0, 0)
  if (root == 0) return false
  put(root, atomic.load<u64>(root, ORDERED_PERMUTATION_OFFSET), 0, 0, <u32>old)
  unlockSame(root)
  const seen = atomic.cmpxchg<u32>(0, <u32>old, <u32>root, ORDERED_ROOT_OFFSET)
  if (seen != <u32>old) give(ORDERED_CLASS, root)
  return true
}
