import { PAGE_LENGTH } from '../../native-layout/page-descriptor.ts'
import type { Arena } from '../memory/arena.ts'

/**
 * Computes the horizon, cuts every version chain down to what live snapshots need and gives back the
 * blocks that this thread has retired.
 * @returns the number of versions and blocks given back.
 */
export function sweepArena(arena: Arena, slot: number): number {
  const { kernel } = arena
  const pageCount = arena.lengthBytes / PAGE_LENGTH
  let freed = kernel.releaseRetired()
  for (let page = 0; page < pageCount; page++) freed += kernel.sweepPage(slot, page)
  return freed
}
