/** Job: opens one snapshot and keeps it until the run ends. */

import { attach } from '../../src/index.ts'
import { accountKey } from '../accounts.ts'
import { EnduranceBoard, STAGE_END } from '../endurance-board.ts'
import type { SnapshotJobInput, SnapshotTally } from '../endurance-run.ts'
import { Xorshift32 } from '../xorshift32.ts'

/** While others work, so many random accounts are read again, so often. */
const PROBE_COUNT = 100
const PROBE_INTERVAL_MS = 50

/** Reads everything at the beginning and at the end; each difference is a fault. */
export default function longSnapshotJob(input: SnapshotJobInput): SnapshotTally {
  const board = EnduranceBoard.from(input.board)
  const store = attach()
  const refs = Array.from({ length: input.cellCount }, (_, i) => store.ref<number>(accountKey(i)))
  const random = new Xorshift32(input.seed)
  const startedMs = performance.now()
  using snapshot = store.startTransaction({ isolation: 'repeatable-read', name: 'long snapshot' })
  const seen = Float64Array.from(refs, (ref) => snapshot.read(ref) as number)
  let readCount = refs.length
  const differs = (index: number): boolean => {
    readCount++
    return snapshot.read(refs[index] as (typeof refs)[number]) !== seen[index]
  }
  board.reportReady()
  let faultCount = 0
  for (let stage = board.stage; stage !== STAGE_END; stage = board.stage) {
    for (let probe = 0; probe < PROBE_COUNT; probe++) {
      if (differs(random.below(input.cellCount))) faultCount++
    }
    board.waitWhile(stage, PROBE_INTERVAL_MS)
  }
  for (let index = 0; index < input.cellCount; index++) if (differs(index)) faultCount++
  snapshot.commit()
  const seconds = (performance.now() - startedMs) / 1e3
  return { snapshotCount: 1, readCount, faultCount, seconds }
}
