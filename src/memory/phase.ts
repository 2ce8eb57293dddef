import {
  STATE_ACTIVE,
  STATE_FREE,
  STATE_INSTALLING,
  STATE_PINNED,
} from '../../native-layout/slot-descriptor.ts'
import {
  GENERATION_SHIFT,
  STATE_MASK,
  TIMESTAMP_SHIFT,
} from '../../native-layout/word-descriptor.ts'

/** The snapshot that a slot with this phase word holds, or undefined when it holds none. */
export function snapshotIn(phase: bigint): number | undefined {
  const state = Number(phase & BigInt(STATE_MASK))
  if (state !== STATE_ACTIVE && state !== STATE_PINNED) return undefined
  return Number(BigInt.asUintN(64, phase) >> BigInt(TIMESTAMP_SHIFT))
}

/**
 * The state of a slot with this phase, by its low 32 bits, and this owner: INSTALLING in a generation
 * that is over is FREE.
 */
export function stateIn(phase: number, owner: number): number {
  const state = phase & STATE_MASK
  const isOver = (((phase >>> GENERATION_SHIFT) ^ owner) & 1) !== 0
  return state === STATE_INSTALLING && isOver ? STATE_FREE : state
}
