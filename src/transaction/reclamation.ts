import { CELL_SHIFT, CELLS_A_PAGE } from '../../native-layout/cell-descriptor.ts'
import {
  CELL_CLASS,
  PAGE_CLASS_SHIFT,
  PAGE_LENGTH,
  PAGE_SHIFT,
  PAGE_SLAB,
} from '../../native-layout/page-descriptor.ts'
import type { Arena } from '../memory/arena.ts'
import type { Kernel } from '../memory/kernel.ts'

/** Whether a page holds cells. */
export function isCellPage(kernel: Kernel, page: number): boolean {
  return (kernel.pageEntry(page) & 0xffff) === (PAGE_SLAB | (CELL_CLASS << PAGE_CLASS_SHIFT))
}

/** Clocks before which cells must have come to rest for what they do not need to be given back. */
export interface Dead {
  /** That of the last write, or delete, of the key. */
  readonly writtenBefore: bigint
  /** The clock when the cell was made, if nothing was ever committed in it. */
  readonly unbornBefore: bigint
}

/** Whenever the key was written. */
export const WHENEVER_WRITTEN: Dead = { writtenBefore: 2n ** 50n, unbornBefore: 0n }

/** Sweeps the cells of one page, if it holds cells. See {@link sweepArena}. */
export function sweepPage(kernel: Kernel, slot: number, page: number, dead: Dead): number {
  const first = page << (PAGE_SHIFT - CELL_SHIFT)
  return kernel.sweepCells(slot, first, CELLS_A_PAGE, dead.writtenBefore, dead.unbornBefore)
}

/** The cells of one page that seem to hold batches to which rows were added. */
export function* chainsOfPage(kernel: Kernel, page: number): Generator<number> {
  const first = page << (PAGE_SHIFT - CELL_SHIFT)
  const end = first + CELLS_A_PAGE
  for (let from = first; from < end; ) {
    const cell = kernel.nextChain(from, end - from)
    if (cell === 0) return
    yield cell
    from = cell + 1
  }
}

/**
 * Computes the horizon, cuts every version chain down to what live snapshots need, and gives back the
 * blocks that this thread has retired, the batches that any thread has put others in the place of, and
 * the cells of keys that were deleted.
 *
 * @param dead which cells; who has made one in which nothing is committed may still be about to.
 * @returns the number of versions, blocks and cells given back.
 */
export function sweepArena(arena: Arena, slot: number, dead: Dead = WHENEVER_WRITTEN): number {
  const { kernel } = arena
  const pageCount = arena.lengthBytes / PAGE_LENGTH
  // Keys that were deleted in the running epoch: a cell goes when the epoch after it is closed, too.
  let freed = kernel.releaseRetired()
  freed += kernel.releaseRetired()
  kernel.releaseReplacedOfAll()
  for (let page = 0; page < pageCount; page++) freed += sweepPage(kernel, slot, page, dead)
  return freed
}
