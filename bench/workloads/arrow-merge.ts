import {
  type DataType,
  type Int64,
  makeBuilder,
  type RecordBatch,
  Table,
  Vector,
} from 'apache-arrow'
import type { MergeJob } from '../../src/arrow/merge-job.ts'
import { rowsOf } from '../arrow-rows.ts'
import type { BenchReport } from '../bench-report.ts'
import type { BenchSettings } from '../bench-settings.ts'
import {
  BASE_ROWS,
  DELTA_ROWS,
  judgeBesideMerges,
  mergeInBackground,
} from '../coordinator-merges.ts'
import type { RunWatch } from '../paired-session.ts'
import { type PairedTask, timePaired, timeRatio } from '../paired-tasks.ts'
import { reportTasks } from '../task-report.ts'
import type { MeasurementWorkload } from '../workload.ts'

const SLICE_MS = 20

/**
 * Merges 10,000 rows, half of which replace others, into 100,000, in shared memory; beside the same with
 * Arrow's builders, and beside a copy of the bytes of the base. Then has the coordinator do it again and
 * again, to see how long it is kept from other things, and whether who is judged notices.
 */
export const arrowMerge: MeasurementWorkload = {
  kind: 'measurement',
  name: 'arrow-merge',
  description: 'merges 10k rows by key into a batch of 100k',
  defaults: {
    cellCount: 1,
    cellCountMin: 1,
    workerCounts: [1],
    isSingleThreaded: true,
    roundCount: 15,
  },
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
  const times = timePaired(tasks, { roundCount, sliceMs: SLICE_MS })
  watch.progress.show('merges by the coordinator')
  const merged = await mergeInBackground(settings)
  const judged = await judgeBesideMerges(settings, watch)
  const expected = mergeWithBuilders(base, delta)
  return reportTasks('arrow-merge', settings, {
    tasks,
    times,
    ratios: {
      'builders/merge': timeRatio(times, 'builders', 'merge'),
      'merge/copy': timeRatio(times, 'merge', 'copy'),
    },
    figures: { ...merged, ...judged },
    invariant: merge().plan.rowCount === expected.numRows && merged['rows wrong'] === 0,
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
