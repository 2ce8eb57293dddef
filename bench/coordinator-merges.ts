import { setTimeout } from 'node:timers/promises'
import type { RecordBatch } from 'apache-arrow'
import type { Khonsu } from '../src/index.ts'
import { rowsOf } from './arrow-rows.ts'
import type { BenchSettings } from './bench-settings.ts'
import type { JudgeJobInput, JudgeTally } from './jobs/judge-job.ts'
import type { RunWatch } from './paired-session.ts'

/** Rows of the batch into which others are merged. */
export const BASE_ROWS = 100_000

/** Rows of each of the others. */
export const DELTA_ROWS = 10_000

const JUDGE_JOB_URL = new URL('./jobs/judge-job.js', import.meta.url)
const MERGE_COUNT = 100
const JUDGED_SECONDS = 2
/** More than are merged in that time. */
const JUDGED_DELTA_COUNT = 50
const ARENA_BYTES = 2 ** 29
const MERGE_WAIT_MS = 5
const KEY = 'rows'
const NS_PER_MS = 1e6

/** The rows of one merge: every second one replaces one, the others are new. */
function deltaOf(merge: number): RecordBatch {
  return rowsOf(DELTA_ROWS, Math.max(0, BASE_ROWS + (merge - 1) * DELTA_ROWS), 2)
}

/** Upserts rows into a batch of 100,000, and waits each time until the coordinator has merged them. */
export async function mergeInBackground({
  isolation,
}: BenchSettings): Promise<Record<string, number>> {
  const { Khonsu } = await import('../src/index.ts')
  await using khonsu = await Khonsu.open({ workers: 0, isolation, memory: ARENA_BYTES })
  khonsu.transact((tx) => tx.set(KEY, rowsOf(BASE_ROWS)))
  let expected = BASE_ROWS
  for (let merge = 0; merge < MERGE_COUNT; merge++) {
    khonsu.transact((tx) => tx.upsert(KEY, deltaOf(merge)))
    expected = await mergedRowCount(khonsu)
  }
  const { rows } = (await khonsu.coordinatorReport()) ?? {}
  const counted = khonsu.transact(
    (tx) => new Set<unknown>([...(tx.column(KEY, 'id')?.values ?? [])]).size,
  )
  return {
    'merges by the coordinator': rows?.merges ?? 0,
    'merge slice p99.9: ms': rows?.sliceMsP999 ?? Number.NaN,
    'merge slice max: ms': rows?.sliceMsMax ?? Number.NaN,
    'merge slice elapsed p99.9: ms': rows?.sliceElapsedMsP999 ?? Number.NaN,
    'rows wrong': expected - counted,
  }
}

async function mergedRowCount(khonsu: Khonsu): Promise<number> {
  for (;;) {
    const batches = khonsu.transact((tx) => tx.table(KEY)?.batches ?? [])
    const values = khonsu.transact((tx) => tx.column(KEY, 'id')?.values)
    const isMerged = values?.buffer === khonsu.share().memory.buffer
    if (isMerged && batches.length === 1) return values.length
    await setTimeout(MERGE_WAIT_MS)
  }
}

/** How long commits that are judged take in a worker, alone and while the coordinator merges. */
export async function judgeBesideMerges(
  { isolation }: BenchSettings,
  { progress, signal }: RunWatch,
): Promise<Record<string, number>> {
  const { Khonsu } = await import('../src/index.ts')
  await using khonsu = await Khonsu.open({ workers: 1, isolation, memory: ARENA_BYTES })
  const judged = async (): Promise<number> => {
    const inputOf = (workerIndex: number): JudgeJobInput => ({
      workerIndex,
      seconds: JUDGED_SECONDS,
    })
    const tallies = await khonsu.runAll(
      JUDGE_JOB_URL,
      inputOf,
      signal === undefined ? {} : { signal },
    )
    const { latencyNs } = tallies[0] as JudgeTally
    return latencyNs.percentile(99.9) / NS_PER_MS
  }
  // Made before: this thread takes as little time as it can while the others are measured.
  const deltas = Array.from({ length: JUDGED_DELTA_COUNT }, (_, merge) => deltaOf(merge))
  khonsu.transact((tx) => tx.set(KEY, rowsOf(BASE_ROWS)))
  progress.show('judged commits')
  await judged()
  const alone = await judged()
  progress.show('judged commits beside merges')
  let isOver = false
  const merging = (async () => {
    for (const delta of deltas) {
      if (isOver) return
      khonsu.transact((tx) => tx.upsert(KEY, delta))
      await mergedRowCount(khonsu)
    }
  })()
  const beside = await judged()
  isOver = true
  await merging
  const { rows } = (await khonsu.coordinatorReport()) ?? {}
  return {
    'judged commit p99.9: ms': alone,
    'judged commit beside merges p99.9: ms': beside,
    'merges beside judged commits': rows?.merges ?? 0,
  }
}
