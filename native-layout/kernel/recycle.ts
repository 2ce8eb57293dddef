/**
 * Taking the cells of deleted keys out of the index, and using their memory again. A cell in limbo is
 * unlinked, but who announced a change of the list before that may still stand on it (X4). Who holds
 * a handle of it finds another generation; who has it in an access set, another word.
 */
import { RECYCLE_COUNT_OFFSET, REUSE_COUNT_OFFSET } from '../arena-header-descriptor'
import { CELL_SHIFT, CELL_VALUE_OFFSET, CELL_WORD_OFFSET } from '../cell-descriptor'
import { DELETED_FLAG } from '../index-descriptor'
import { NODE_KEY_OFFSET, NODE_LINK_OFFSET } from '../node-descriptor'
import { FREE_LINK_OFFSET } from '../page-descriptor'
import { TAG_ABSENT } from '../status-codes'
import {
  THREAD_LIMBO_EPOCH_OFFSET,
  THREAD_LIMBO_OFFSET,
  THREAD_ORDERED_LIMBO_OFFSET,
} from '../thread-descriptor'
import {
  CELL_GENERATION_MASK,
  CELL_GENERATION_SHIFT,
  OWNER_MASK,
  TAG_MASK,
  TIMESTAMP_SHIFT,
} from '../word-descriptor'
import { advanceClock, clock } from './arena'
import { cellOf, metaOf, nodeOf, setMeta } from './cell'
import { generationIn, giveCell, locate } from './hash-index'
import { isNeeded } from './horizon'
import { enterList, isMarked, leaveList, oldestWalk, uncountCell } from './index-list'
import { HEAD_MASK } from './install'
import { bequeath } from './ordered-node'
import { lockLeafOf, releaseNodes, unlinkOrdered } from './ordered-remove'
import { enterOrdered } from './ordered-walk'
import { gapOfCell } from './read'
import { handOverReaders } from './stamps'
import { thread } from './thread-record'

/** One timestamp, in a word. */
const ONE: u64 = (<u64>1) << TIMESTAMP_SHIFT

/**
 * Whether the cell of a key can be taken from it: the key was deleted before `writtenBefore` and nobody
 * reads what it was before, or the cell was made before `unbornBefore` and nothing was ever committed
 * in it. A guess as long as the cell is not locked.
 */
export function isDead(cell: usize, writtenBefore: u64, unbornBefore: u64): bool {
  const meta = metaOf(cell)
  if ((<u32>meta & TAG_MASK) != TAG_ABSENT || (meta & HEAD_MASK) != 0) return false
  if (<u32>atomic.load<u64>(nodeOf(cell), NODE_KEY_OFFSET) == 0) return false
  if (isMarked(cell)) return false
  const born = atomic.load<u64>(cell, CELL_VALUE_OFFSET)
  if (born != 0 && born >= unbornBefore) return false
  const stamp = atomic.load<u64>(cell, CELL_WORD_OFFSET) >> TIMESTAMP_SHIFT
  return (born != 0 || stamp < writtenBefore) && !isNeeded(0, stamp + 1)
}

/**
 * The clock before which a cell must have been made to be of no use if nothing was committed in it:
 * `wanted`, or less when a cell that was made later might not be linked yet.
 */
export function linkedBefore(wanted: u64): u64 {
  // The clock before the threads: who announces itself after it was looked at makes a later cell.
  const now = clock()
  return wanted == 0 ? 0 : min(min(wanted, now), oldestWalk() - 1)
}

/**
 * Says in the gap of a key when it was deleted, and who has read that: who does not find it any more
 * has to move to there, who inserts it has to know them. False while somebody inserts beside it.
 */
export function raiseGap(cell: usize, word: u64): bool {
  const id = <u32>(cell >> CELL_SHIFT)
  const gap = (<usize>gapOfCell(id)) << CELL_SHIFT
  handOverReaders(id, gapOfCell(id))
  while (true) {
    const old = atomic.load<u64>(gap, CELL_WORD_OFFSET)
    if (<u32>old & OWNER_MASK) return false
    if (old >= word || atomic.cmpxchg<u64>(gap, old, word, CELL_WORD_OFFSET) == old) return true
  }
}

/**
 * Takes a dead cell, which is locked in STATE_RECYCLING, out of both indexes into limbo. False when its
 * leaf in the ordered one is not to be had: then nothing has changed.
 */
export function retireCell(cell: usize): bool {
  enterOrdered()
  const leaf = lockLeafOf(cell)
  if (leaf == 0) {
    leaveList(thread)
    return false
  }
  bequeath(leaf, cell)
  atomic.add<u64>(0, 1, RECYCLE_COUNT_OFFSET)
  const link = nodeOf(cell) + NODE_LINK_OFFSET
  while (true) {
    const next = atomic.load<u64>(link)
    if (atomic.cmpxchg<u64>(link, next, next | DELETED_FLAG) == next) break
  }
  unlinkOrdered(leaf, cell)
  finishRetiringCell(thread, cell, false)
  return true
}

/** Whether the thread with this record has a cell in limbo. */
export function isInLimbo(record: usize, cell: usize): bool {
  const node = nodeOf(cell)
  let other = <usize>load<u32>(record, THREAD_LIMBO_OFFSET)
  while (other != 0 && other != node) other = <usize>load<u32>(other, FREE_LINK_OFFSET)
  return other != 0
}

/**
 * Finishes what was begun with a cell that is marked and locked by a thread with this record, and
 * that it may have `in limbo` already. The word is stored last and unlocks the cell.
 */
export function finishRetiringCell(record: usize, cell: usize, inLimbo: bool): void {
  enterList()
  locate(<u32>(atomic.load<u64>(nodeOf(cell), NODE_KEY_OFFSET) >> 32), 0, 0)
  if (!inLimbo) {
    const meta = metaOf(cell)
    const generation = (generationIn(meta) + 1) & CELL_GENERATION_MASK
    setMeta(cell, <u64>(generation << CELL_GENERATION_SHIFT))
    uncountCell()
    store<u64>(record, 0, THREAD_LIMBO_EPOCH_OFFSET)
    const node = nodeOf(cell)
    store<u32>(node, load<u32>(record, THREAD_LIMBO_OFFSET), FREE_LINK_OFFSET)
    store<u32>(record, <u32>node, THREAD_LIMBO_OFFSET)
  }
  const word = atomic.load<u64>(cell, CELL_WORD_OFFSET)
  atomic.store<u64>(cell, (word & ~(<u64>OWNER_MASK)) + ONE, CELL_WORD_OFFSET)
  leaveList(thread)
}

/** Takes over the cells and nodes that a dead thread had in limbo. */
export function takeLimbo(record: usize): void {
  takeList(record, THREAD_LIMBO_OFFSET)
  takeList(record, THREAD_ORDERED_LIMBO_OFFSET)
}

function takeList(record: usize, offset: usize): void {
  let last = <usize>load<u32>(record + offset)
  if (last == 0) return
  const first = <u32>last
  while (load<u32>(last, FREE_LINK_OFFSET) != 0) last = <usize>load<u32>(last, FREE_LINK_OFFSET)
  store<u32>(record + offset, 0)
  store<u64>(thread, 0, THREAD_LIMBO_EPOCH_OFFSET)
  store<u32>(last, load<u32>(thread + offset), FREE_LINK_OFFSET)
  store<u32>(thread + offset, first)
}

/** Whether this thread has cells or nodes in limbo. */
export function hasLimbo(): bool {
  return (
    (load<u32>(thread, THREAD_LIMBO_OFFSET) | load<u32>(thread, THREAD_ORDERED_LIMBO_OFFSET)) != 0
  )
}

/**
 * Gives back this thread's cells in limbo, and their keys, if nobody can stand on them any more; how
 * many. The epoch is closed once, so that only those who were there before have to go.
 */
export function releaseLimbo(): u32 {
  if (!hasLimbo()) return 0
  let epoch = load<u64>(thread, THREAD_LIMBO_EPOCH_OFFSET)
  if (epoch == 0) {
    epoch = advanceClock()
    store<u64>(thread, epoch, THREAD_LIMBO_EPOCH_OFFSET)
  }
  if (oldestWalk() <= epoch) return 0
  atomic.add<u64>(0, 1, REUSE_COUNT_OFFSET)
  releaseNodes()
  let released: u32 = 0
  while (load<u32>(thread, THREAD_LIMBO_OFFSET) != 0) {
    const node = <usize>load<u32>(thread, THREAD_LIMBO_OFFSET)
    store<u32>(thread, load<u32>(node, FREE_LINK_OFFSET), THREAD_LIMBO_OFFSET)
    giveCell(cellOf(node))
    released++
  }
  return released
}
