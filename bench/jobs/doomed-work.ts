/** The work of doomed threads: commits of two cells and of many, under a snapshot that stays open. */

import type { Store } from '../../src/index.ts'
import { accountKey } from '../accounts.ts'
import { replaceBanner } from '../banner.ts'
import { transferBatch } from '../workloads/transfer.ts'

export interface DoomedWorkInput {
  readonly cellCount: number
  readonly seed: number
}

const TRANSFERS_PER_STEP = 8

/**
 * A `PrepareWork`. A thread that dies in a step leaves the snapshot behind. It has no name: names
 * stay in the arena, one for each thread that had it.
 */
export default function doomedWork(store: Store, { cellCount, seed }: DoomedWorkInput): () => void {
  const batch = transferBatch(store, 0, cellCount, seed)
  return () => {
    using snapshot = store.startTransaction({ isolation: 'repeatable-read' })
    snapshot.read(accountKey(0))
    batch(TRANSFERS_PER_STEP)
    replaceBanner(store)
  }
}
