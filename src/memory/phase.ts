import { STATE_ACTIVE, STATE_PINNED } from '../../native-layout/slot-descriptor.ts'
import { STATE_MASK, TIMESTAMP_SHIFT } from '../../native-layout/word-descriptor.ts'

/** The snapshot that a slot with this phase word holds, or undefined when it holds none. */
export function snapshotIn(phase: bigint): number | undefined {
  const state = Number(phase & BigInt(STATE_MASK))
  if (state !== STATE_ACTIVE && state !== STATE_PINNED) return undefined
  return Number(BigInt.asUintN(64, phase) >> BigInt(TIMESTAMP_SHIFT))
}
