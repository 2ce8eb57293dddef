import { PAGE_LENGTH } from '../../native-layout/page-descriptor.ts'
import type { Arena } from '../memory/arena.ts'

/**
 * Computes the horizon and cuts every version chain down to what live snapshots need.
 * @returns the number of versions given back.
 */
export function sweepArena(arena: Arena, slot: number): number {
  const { kernel } = arena
  kernel.refreshHorizon()
  const pageCount = arena.lengthBytes / PAGE_LENGTH
  let freed = 0
  for (let page = 0; page < pageCount; page++) freed += kernel.sweepPage(slot, page)
  return freed
}
