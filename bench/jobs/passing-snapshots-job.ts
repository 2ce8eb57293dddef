/** Job: opens snapshots and adds up all accounts in each, until the run ends. */

import { attach, type ExplicitTransaction, type Ref } from '../../src/index.ts'
import { accountKey, INITIAL_BALANCE } from '../accounts.ts'
import { EnduranceBoard, STAGE_END } from '../endurance-board.ts'
import type { SnapshotJobInput, SnapshotTally } from '../endurance-run.ts'

/**
 * The next snapshot is opened before the last one is closed, so that there is one at any time, and
 * none is older than it takes to read all accounts twice.
 */
export default function passingSnapshotsJob(input: SnapshotJobInput): SnapshotTally {
  const board = EnduranceBoard.from(input.board)
  const store = attach()
  const refs = Array.from({ length: input.cellCount }, (_, i) => store.ref<number>(accountKey(i)))
  const expected = input.cellCount * INITIAL_BALANCE
  const open = (): ExplicitTransaction => store.startTransaction({ isolation: 'repeatable-read' })
  let faultCount = 0
  let snapshotCount = 0
  const startedMs = performance.now()
  let current = open()
  board.reportReady()
  while (board.stage !== STAGE_END) {
    const next = open()
    if (sumOf(current, refs) !== expected) faultCount++
    current.commit()
    snapshotCount++
    current = next
  }
  current.rollback()
  const seconds = (performance.now() - startedMs) / 1e3
  return { snapshotCount, readCount: snapshotCount * input.cellCount, faultCount, seconds }
}

function sumOf(transaction: ExplicitTransaction, refs: readonly Ref<number>[]): number {
  let sum = 0
  for (const ref of refs) sum += transaction.read(ref) as number
  return sum
}
