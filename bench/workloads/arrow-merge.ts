import {
  type DataType,
  type Int64,
  makeBuilder,
  type RecordBatch,
  Table,
  Vector,
} from 'apache-arrow'
import type { MergeJob } from '../../src/arrow/merge-job.ts'
import type { Khonsu } from '../../src/index.ts'
import { rowsOf } from '../arrow-rows.ts'
import type { BenchReport } from '../bench-report.ts'
import type { BenchSettings } from '../bench-settings.ts'
import type { RunWatch } from '../paired-session.ts'
import { type PairedTask, timePaired, timeRatio } from '../paired-tasks.ts'
import { reportTasks } from '../task-report.ts'
import type { MeasurementWorkload } from '../workload.ts'

const BASE_ROWS = 100_000
const DELTA_ROWS = 10_000
const SLICE_MS = 20
const MERGE_COUNT = 100
const ARENA_BYTES = 2 ** 29
const MERGE_WAIT_MS = 5
const KEY = 'rows'

/**
 * Merges 10,000 rows, half of which replace others, into 100,000, in shared memory; beside the same with
 * Arrow's builders, and beside a copy of the bytes of the base. Then has the coordinator do it again and
 * again, to see how long it is kept from other things.
 */
export const arrowMerge: MeasurementWorkload = {
  kind: 'measurement',
  name: 'arrow-merge',
  description: 'merges 10k rows by key into a batch of 100k',
  defaults: { cellCount: 1, cellCountMin: 1, workerCounts: [1], roundCount: 15 },
  measure: measureMerge,
}

async function measureMerge(settings: BenchSettings, watch: RunWatch): Promise<BenchReport> {
  const { planMerge } = await import('../../src/arrow/merge-job.ts')
  const { planBatch } = await import('../../src/arrow/batch-plan.ts')
  const base = rowsOf(BASE_ROWS)
  // Every second row replaces one, the others are new.
  const delta = rowsOf(DELTA_ROWS, BASE_ROWS - DELTA_ROWS, 2)
  const length = planBatch(base).bodyLength
  const body = new Uint8Array(new SharedArrayBuffer(2 * length))
  const copied = new Uint8Array(new SharedArrayBuffer(length))
  const bytes = body.slice(0, length)
  const merge = (): MergeJob => {
    const job = planMerge(base, delta, ['id'])
    job.step(Number.POSITIVE_INFINITY)
    job.writeInto(body, 0).step(Number.POSITIVE_INFINITY)
    return job
  }
  const tasks: PairedTask[] = [
    { name: 'merge', isStore: true, run: merge },
    { name: 'builders', run: () => mergeWithBuilders(base, delta) },
    { name: 'copy', run: () => copied.set(bytes) },
  ]
  watch.progress.show('timing')
  const { roundCount } = settings
  const times = await timePaired(tasks, { roundCount, sliceMs: SLICE_MS })
  watch.progress.show('merges by the coordinator')
  const report = await mergeInBackground(settings)
  const expected = mergeWithBuilders(base, delta)
  return reportTasks('arrow-merge', settings, {
    tasks,
    times,
    ratios: {
      'builders/merge': timeRatio(times, 'builders', 'merge'),
      'merge/copy': timeRatio(times, 'merge', 'copy'),
    },
    figures: report,
    invariant: merge().plan.rowCount === expected.numRows && report['rows wrong'] === 0,
  })
}

/** What one would write without the merge: a map of the keys, and builders for the columns. */
function mergeWithBuilders(base: RecordBatch, delta: RecordBatch): Table {
  const rows = new Map<bigint, number>()
  const deltaIds = delta.getChild('id') as Vector<Int64>
  for (let row = 0; row < delta.numRows; row++) rows.set(deltaIds.get(row) as bigint, row)
  const baseIds = base.getChild('id') as Vector<Int64>
  const names = base.schema.fields.map(({ name }) => name)
  const types = base.schema.fields.map(({ type }) => type as DataType)
  const builders = types.map((type) => makeBuilder({ type, nullValues: [null] }))
  const columns = names.map((name) => [base.getChild(name), delta.getChild(name)] as const)
  for (let row = 0; row < base.numRows; row++) {
    const id = baseIds.get(row) as bigint
    const found = rows.get(id)
    for (const [i, [ofBase, ofDelta]] of columns.entries()) {
      builders[i]?.append(found === undefined ? ofBase?.get(row) : ofDelta?.get(found))
    }
    rows.delete(id)
  }
  for (const row of rows.values()) {
    for (const [i, [, ofDelta]] of columns.entries()) builders[i]?.append(ofDelta?.get(row))
  }
  const vectors = builders.map((builder) => new Vector([builder.finish().flush()]))
  return new Table(Object.fromEntries(names.map((name, i) => [name, vectors[i] as Vector])))
}

/** Upserts rows into a batch of 100,000, and waits each time until the coordinator has merged them. */
async function mergeInBackground({ isolation }: BenchSettings): Promise<Record<string, number>> {
  const { Khonsu } = await import('../../src/index.ts')
  await using khonsu = await Khonsu.open({ workers: 0, isolation, memory: ARENA_BYTES })
  khonsu.transact((tx) => tx.set(KEY, rowsOf(BASE_ROWS)))
  let expected = BASE_ROWS
  for (let merge = 0; merge < MERGE_COUNT; merge++) {
    const first = BASE_ROWS + (merge - 1) * DELTA_ROWS
    khonsu.transact((tx) => tx.upsert(KEY, rowsOf(DELTA_ROWS, Math.max(0, first), 2)))
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
    'rows wrong': expected - counted,
  }
}

async function mergedRowCount(khonsu: Khonsu): Promise<number> {
  for (;;) {
    const batches = khonsu.transact((tx) => tx.table(KEY)?.batches ?? [])
    const values = khonsu.transact((tx) => tx.column(KEY, 'id')?.values)
    const isMerged = values?.buffer === khonsu.share().memory.buffer
    if (isMerged && batches.length === 1) return values.length
    await new Promise((resolve) => setTimeout(resolve, MERGE_WAIT_MS))
  }
}
