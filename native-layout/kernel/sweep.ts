/** Sweeping cells: their chains, above all where nobody writes any more, and those of deleted keys. */
import { CELL_LENGTH, CELL_SHIFT, CELL_WORD_OFFSET } from '../cell-descriptor'
import { CELL_CLASS, PAGE_CLASS_SHIFT, PAGE_SHIFT, PAGE_SLAB } from '../page-descriptor'
import {
  SLOT_OWNER_OFFSET,
  SLOT_PHASE_OFFSET,
  SLOT_SWEPT_CELL_OFFSET,
  STATE_FREE,
  STATE_RECYCLING,
  STATE_SWEEPING,
  SWEPT_DEAD,
} from '../slot-descriptor'
import { TAG_BLOCK_FIRST } from '../status-codes'
import { HANDLE_SHIFT, VERSION_CHAIN_OFFSET, VERSION_WORD_OFFSET } from '../version-descriptor'
import { HEAD_SHIFT, OWNER_MASK, TAG_MASK, TIMESTAMP_SHIFT } from '../word-descriptor'
import { metaOf, setMeta } from './cell'
import { giveVersion, isNeeded } from './horizon'
import { behind, HEAD_MASK, pruneBehind, stampOf } from './install'
import { pageEntry } from './pages'
import { hasLimbo, isDead, linkedBefore, raiseGap, releaseLimbo, retireCell } from './recycle'
import { phaseOf } from './transaction'

/** Versions of one cell that are given back under one lock: others wait for it. */
const PRUNED_COUNT_MAX: u32 = 256

/**
 * Whether the newest kept version of a cell stays, though nobody reads it: the cell is written often, and
 * its next writer uses it again in place. One with a block goes.
 */
function rests(version: usize, stamp: u64, writtenBefore: u64): bool {
  if (stamp < writtenBefore) return false
  return (<u32>atomic.load<u64>(version, VERSION_WORD_OFFSET) & TAG_MASK) < <u32>TAG_BLOCK_FIRST
}

/** Takes versions that nobody needs out of the chain of a locked cell; how many. */
function pruneCell(cell: usize, writtenBefore: u64): u32 {
  const meta = metaOf(cell)
  const stamp = atomic.load<u64>(cell, CELL_WORD_OFFSET) >> TIMESTAMP_SHIFT
  let version = (<usize>(<u32>(meta >> HEAD_SHIFT))) << HANDLE_SHIFT
  let pruned: u32 = 0
  while (version != 0 && pruned < PRUNED_COUNT_MAX && !rests(version, stamp, writtenBefore)) {
    if (isNeeded(stampOf(version), stamp)) break
    const rest = atomic.load<u64>(version, VERSION_CHAIN_OFFSET) & HEAD_MASK
    setMeta(cell, rest | (meta & ~HEAD_MASK))
    giveVersion(version)
    version = (<usize>(<u32>(rest >> HEAD_SHIFT))) << HANDLE_SHIFT
    pruned++
  }
  while (version != 0 && pruned < PRUNED_COUNT_MAX) {
    if (pruneBehind(version)) pruned++
    else version = behind(version)
  }
  return pruned
}

/** Whether the chain of a cell seems to have a version that nobody needs. Nothing is locked: a guess. */
function looksPrunable(cell: usize, writtenBefore: u64): bool {
  let version = (<usize>(<u32>(metaOf(cell) >> HEAD_SHIFT))) << HANDLE_SHIFT
  if (version == 0) return false
  let until = atomic.load<u64>(cell, CELL_WORD_OFFSET) >> TIMESTAMP_SHIFT
  let stays = rests(version, until, writtenBefore)
  for (let steps: u32 = 0; version != 0 && steps < PRUNED_COUNT_MAX; steps++) {
    const from = stampOf(version)
    if (!stays && !isNeeded(from, until)) return true
    stays = false
    until = from
    version = behind(version)
  }
  return version != 0
}

/** Prunes one cell under its lock, in the name of `slot`, unless it is locked; versions given back. */
function sweepCell(slot: usize, cell: usize, writtenBefore: u64): u32 {
  const owner = <u64>load<u32>(slot, SLOT_OWNER_OFFSET)
  let freed: u32 = 0
  while (true) {
    const word = atomic.load<u64>(cell, CELL_WORD_OFFSET)
    if (<u32>word & OWNER_MASK) break
    store<u32>(slot, <u32>(cell >> CELL_SHIFT), SLOT_SWEPT_CELL_OFFSET)
    if (atomic.cmpxchg<u64>(cell, word, word | owner, CELL_WORD_OFFSET) != word) continue
    const pruned = pruneCell(cell, writtenBefore)
    atomic.store<u64>(cell, word, CELL_WORD_OFFSET)
    freed += pruned
    if (pruned < PRUNED_COUNT_MAX) break
  }
  store<u32>(slot, 0, SLOT_SWEPT_CELL_OFFSET)
  return freed
}

/** Takes a cell that seems dead from its key, in the name of `slot`, unless it is locked or used again. */
function recycleCell(slot: usize, cell: usize, writtenBefore: u64, unborn: u64): void {
  const word = atomic.load<u64>(cell, CELL_WORD_OFFSET)
  if (<u32>word & OWNER_MASK) return
  const owner = <u64>load<u32>(slot, SLOT_OWNER_OFFSET)
  atomic.store<u64>(slot, phaseOf(slot, 0, STATE_RECYCLING), SLOT_PHASE_OFFSET)
  store<u32>(slot, <u32>(cell >> CELL_SHIFT), SLOT_SWEPT_CELL_OFFSET)
  if (atomic.cmpxchg<u64>(cell, word, word | owner, CELL_WORD_OFFSET) == word) {
    const goes = isDead(cell, writtenBefore, unborn) && raiseGap(cell, word)
    if (goes) store<u32>(slot, <u32>(cell >> CELL_SHIFT) | SWEPT_DEAD, SLOT_SWEPT_CELL_OFFSET)
    if (!goes || !retireCell(cell)) atomic.store<u64>(cell, word, CELL_WORD_OFFSET)
  }
  store<u32>(slot, 0, SLOT_SWEPT_CELL_OFFSET)
  atomic.store<u64>(slot, phaseOf(slot, 0, STATE_SWEEPING), SLOT_PHASE_OFFSET)
}

/**
 * Gives back the versions of `count` cells of one page that no live snapshot needs, but for the newest of
 * cells that were written since `writtenBefore`, and the cells of keys that were deleted before that, or
 * in which nothing was committed since before `unbornBefore`; how many in all. Nothing when the page
 * does not hold cells.
 */
export function sweepCells(
  slot: usize,
  first: u32,
  count: u32,
  writtenBefore: u64,
  unbornBefore: u64,
): u32 {
  let cell = (<usize>first) << CELL_SHIFT
  const end = cell + count * CELL_LENGTH
  const entry = pageEntry(<u32>(cell >> PAGE_SHIFT))
  if ((entry & 0xffff) != (PAGE_SLAB | (CELL_CLASS << PAGE_CLASS_SHIFT))) return 0
  const unborn = linkedBefore(unbornBefore)
  let freed = releaseLimbo()
  const recycles = !hasLimbo()
  atomic.store<u64>(slot, phaseOf(slot, 0, STATE_SWEEPING), SLOT_PHASE_OFFSET)
  for (; cell < end; cell += CELL_LENGTH) {
    // It was never given to a key.
    if (metaOf(cell) == 0) continue
    if (looksPrunable(cell, writtenBefore)) freed += sweepCell(slot, cell, writtenBefore)
    if (recycles && isDead(cell, writtenBefore, unborn)) {
      recycleCell(slot, cell, writtenBefore, unborn)
    }
  }
  atomic.store<u64>(slot, phaseOf(slot, 0, STATE_FREE), SLOT_PHASE_OFFSET)
  return freed + releaseLimbo()
}
