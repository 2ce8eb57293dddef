/**
 * Comparing keys, as bytes. The first eight bytes decide most comparisons; the rest lies in the block
 * of the key, which is padded with zeros. Only while the list is entered: then no key that was in
 * the ordered index since, and no node of it, is used again.
 */

import { CELL_SHIFT } from '../cell-descriptor'
import { NODE_KEY_OFFSET } from '../node-descriptor'
import {
  ORDERED_HIGH_PREFIX_OFFSET,
  ORDERED_LEVEL_MASK,
  ORDERED_LEVEL_OFFSET,
  ORDERED_LOW_OFFSET,
  ORDERED_PREFIXES_START,
  ORDERED_REFERENCES_START,
  ORDERED_RIGHT_OFFSET,
} from '../ordered-node-descriptor'
import { HANDLE_SHIFT } from '../version-descriptor'
import { nodeOf } from './cell'
import { blockLength } from './hash-index'

/** The first eight bytes of a key, of which the first one counts most. */
export function prefixOf(key: usize): u64 {
  return bswap<u64>(load<u64>(key))
}

/** Below 0, 0 or above 0, as the first key lies before, at or behind the second one. */
export function compareKeys(first: usize, length: u32, second: usize, otherLength: u32): i32 {
  const shorter = min(length, otherLength)
  for (let at: u32 = 0; at < shorter; at += 8) {
    const a = load<u64>(first + at)
    const b = load<u64>(second + at)
    if (a != b) return bswap<u64>(a) < bswap<u64>(b) ? -1 : 1
  }
  return length < otherLength ? -1 : i32(length > otherLength)
}

/** How a key compares to one in a block, whose first bytes are the same. */
function compareToBlock(key: usize, length: u32, block: usize): i32 {
  return block == 0 ? 1 : compareKeys(key, length, block, blockLength(block))
}

/** What the place of a node with this number refers to. */
export function referenceAt(node: usize, place: u32): u32 {
  return atomic.load<u32>(node + ORDERED_REFERENCES_START + (place << 2))
}

/** The first bytes of the key of the place with this number. */
export function prefixAt(node: usize, place: u32): u64 {
  return atomic.load<u64>(node + ORDERED_PREFIXES_START + (place << 3))
}

/** Number of the place that a permutation has at a position. */
export function placeAt(permutation: u64, position: u32): u32 {
  return <u32>(permutation >> ((position + 1) << 2)) & 15
}

/** Whether a node is a leaf. */
export function isLeaf(node: usize): bool {
  return (atomic.load<u32>(node, ORDERED_LEVEL_OFFSET) & ORDERED_LEVEL_MASK) == 0
}

/** The block of the low key of a node; 0: below all keys. */
export function lowOf(node: usize): usize {
  return (<usize>atomic.load<u32>(node, ORDERED_LOW_OFFSET)) << HANDLE_SHIFT
}

/** The block of the key of what the place of a node refers to; 0: below all keys, or nobody's. */
export function keyAt(node: usize, place: u32, leaf: bool): usize {
  const reference = <usize>referenceAt(node, place)
  if (!leaf) return lowOf(reference)
  const identity = atomic.load<u64>(nodeOf(reference << CELL_SHIFT), NODE_KEY_OFFSET)
  return (<usize>(<u32>identity)) << HANDLE_SHIFT
}

/**
 * The first position in a node whose key does not lie before this one; with `passes`, whose key lies
 * behind it.
 */
export function positionOf(
  node: usize,
  permutation: u64,
  key: usize,
  length: u32,
  passes: bool,
): u32 {
  const leaf = isLeaf(node)
  const prefix = prefixOf(key)
  let from: u32 = 0
  let to = <u32>permutation & 15
  while (from < to) {
    const middle = (from + to) >> 1
    const place = placeAt(permutation, middle)
    const other = prefixAt(node, place)
    let isBefore = other < prefix
    if (other == prefix) {
      const order = compareToBlock(key, length, keyAt(node, place, leaf))
      isBefore = order > 0 || (passes && order == 0)
    }
    if (isBefore) from = middle + 1
    else to = middle
  }
  return from
}

/** How a key compares to the end of the range of a node: below 0 when it lies in it or before. */
export function compareToHigh(node: usize, key: usize, length: u32): i32 {
  const right = <usize>atomic.load<u32>(node, ORDERED_RIGHT_OFFSET)
  if (right == 0) return -1
  const prefix = prefixOf(key)
  const high = atomic.load<u64>(node, ORDERED_HIGH_PREFIX_OFFSET)
  if (prefix != high) return prefix < high ? -1 : 1
  return compareToBlock(key, length, lowOf(right))
}
