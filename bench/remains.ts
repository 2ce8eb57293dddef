/**
 * What threads leave behind when they end, found in the shared memory of a store. The calling thread
 * is the one that opened it.
 */

import { SLOT_TABLE_ADDRESS } from '../native-layout/arena-header-descriptor.ts'
import { CELL_SHIFT, CELL_WORD_OFFSET } from '../native-layout/cell-descriptor.ts'
import {
  SLOT_OWNER_OFFSET,
  SLOT_THREAD_OFFSET,
  STATE_ABORTING,
  STATE_INSTALLING,
  STATE_STAMPED,
} from '../native-layout/slot-descriptor.ts'
import { OWNER_ID_SHIFT, OWNER_MASK } from '../native-layout/word-descriptor.ts'
import type { Khonsu, Ref } from '../src/index.ts'
import { stateIn } from '../src/memory/phase.ts'

/** What one death left behind, before it is recovered. */
export interface Remains {
  /** Cells that the dead thread has locked. */
  readonly locked: readonly Ref<unknown>[]
  /** Whether one of its transactions was between its commit timestamp and the end of its commit. */
  readonly isCommitting: boolean
}

const COMMITTING: readonly number[] = [STATE_STAMPED, STATE_INSTALLING, STATE_ABORTING]

/** Blocks that threads that are gone may have retired, which wait for those who follow. */
const RETIRED_BLOCKS_MAX = 3 * 256

/**
 * Returns what a thread has in the store: its slots, and which of the cells it has locked. Nothing
 * when it was recovered, closed its store, or never attached.
 */
export function findRemains(
  khonsu: Khonsu,
  threadId: number,
  refs: readonly Ref<unknown>[],
): Remains {
  const { kernel, u32 } = khonsu.session.arena
  const index = kernel.findThread(threadId)
  const ids = new Set<number>()
  let isCommitting = false
  for (let id = 1; id <= kernel.slotCount(); id++) {
    const slot = Atomics.load(u32, (SLOT_TABLE_ADDRESS >>> 2) + id)
    if (slot === 0 || Atomics.load(u32, (slot + SLOT_THREAD_OFFSET) >>> 2) !== index) continue
    ids.add(id)
    const phase = Number(BigInt.asUintN(32, kernel.slotPhase(id)))
    const owner = Atomics.load(u32, (slot + SLOT_OWNER_OFFSET) >>> 2)
    if (COMMITTING.includes(stateIn(phase, owner))) isCommitting = true
  }
  return { locked: refs.filter((ref) => ids.has(ownerOf(khonsu, ref))), isCommitting }
}

/** Whether a thread died with locks or in a commit: others waited for its recovery. */
export function isHoldingLocks({ locked, isCommitting }: Remains): boolean {
  return locked.length > 0 || isCommitting
}

/** Returns the cells that anybody has locked. */
export function findLocked(khonsu: Khonsu, refs: readonly Ref<unknown>[]): readonly Ref<unknown>[] {
  return refs.filter((ref) => ownerOf(khonsu, ref) !== 0)
}

/** The id of the slot that has locked a cell; 0 for none. */
function ownerOf(khonsu: Khonsu, { cell }: Ref<unknown>): number {
  const { i64 } = khonsu.session.arena
  const word = Atomics.load(i64, (cell * 2 ** CELL_SHIFT + CELL_WORD_OFFSET) / 8)
  return Number(word & BigInt(OWNER_MASK)) >>> OWNER_ID_SHIFT
}

/** Returns how many blocks of the arena are in use. */
export function countBlocksUsed(khonsu: Khonsu): number {
  return khonsu.stats().memory.byClass.reduce((sum, { blocksUsed }) => sum + blocksUsed, 0)
}

/** Returns how many more blocks may be in use after so many deaths: on average one a death is lost. */
export function lostBlocksMax(deathCount: number): number {
  return deathCount + RETIRED_BLOCKS_MAX
}
