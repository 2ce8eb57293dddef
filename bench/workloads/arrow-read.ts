import type { RecordBatch } from 'apache-arrow'
import type { Key, Khonsu } from '../../src/index.ts'
import { rowsOf } from '../arrow-rows.ts'
import type { BenchReport } from '../bench-report.ts'
import type { BenchSettings } from '../bench-settings.ts'
import type { RunWatch } from '../paired-session.ts'
import { type PairedTask, timePaired, timeRatio } from '../paired-tasks.ts'
import type { Spread } from '../statistics.ts'
import { reportTasks } from '../task-report.ts'
import type { MeasurementWorkload } from '../workload.ts'

const ROW_COUNTS = [1, 1_000, 100_000, 1_000_000]
const LARGEST = 1_000_000
/** Rows of the columns that are summed: one fits into the caches of a core, one does not. */
const SUMMED = [100_000, LARGEST]
/**
 * Columns of each length, each beside an array of its own: where memory lies makes up to a fifth of
 * difference between arrays that are equal.
 */
const PLACE_COUNT = 8
const ARENA_BYTES = 512 * 2 ** 20
const SLICE_MS = 20

/**
 * Opens batches of three columns in transactions, beside `tableFromIPC` of the same rows; and sums a
 * column of float64 in place, beside a plain Float64Array.
 */
export const arrowRead: MeasurementWorkload = {
  kind: 'measurement',
  name: 'arrow-read',
  description: 'opens Arrow batches of 1 to 1M rows, and sums a column in place',
  defaults: {
    cellCount: ROW_COUNTS.length,
    workerCounts: [1],
    isSingleThreaded: true,
    roundCount: 31,
  },
  measure: measureRead,
}

async function measureRead(settings: BenchSettings, watch: RunWatch): Promise<BenchReport> {
  const { Khonsu } = await import('../../src/index.ts')
  const { tableFromIPC, tableToIPC, Table } = await import('apache-arrow')
  const { isolation, roundCount } = settings
  await using khonsu = await Khonsu.open({ workers: 0, isolation, memory: ARENA_BYTES })
  const tasks: PairedTask[] = []
  let batch: RecordBatch = rowsOf(0)
  for (const rowCount of ROW_COUNTS) {
    watch.progress.show(`making ${rowCount} rows`)
    batch = rowsOf(rowCount)
    khonsu.transact((tx) => tx.set(rowCount, batch))
    const bytes = tableToIPC(new Table([batch]))
    tasks.push(
      {
        name: `open ${rowCount}`,
        isStore: true,
        run: () => khonsu.transact((tx) => tx.get(rowCount)),
      },
      { name: `ipc ${rowCount}`, run: () => tableFromIPC(bytes) },
    )
  }
  const sums = SUMMED.flatMap((rowCount) => {
    return Array.from({ length: PLACE_COUNT }, (_, place) => new Sum(khonsu, rowCount, place))
  })
  tasks.push(...sums.flatMap(({ inPlace, plain }) => [inPlace, plain]))
  watch.progress.show('timing')
  const times = timePaired(tasks, { roundCount, sliceMs: SLICE_MS })
  const isEqual = khonsu.transact((tx) => isSame(tx.get(LARGEST) as RecordBatch, batch))
  const ratios: Record<string, Spread> = {
    [`open/ipc@${LARGEST}`]: timeRatio(times, `open ${LARGEST}`, `ipc ${LARGEST}`),
    'open/ipc@1': timeRatio(times, 'open 1', 'ipc 1'),
    [`open@${LARGEST}/open@1`]: timeRatio(times, `open ${LARGEST}`, 'open 1'),
  }
  for (const rowCount of SUMMED) {
    const those = sums.filter((sum) => sum.rowCount === rowCount)
    ratios[`sum@${rowCount}: in place/plain, in rows a second`] = timeRatio(
      times,
      those.map(({ plain }) => plain.name),
      those.map(({ inPlace }) => inPlace.name),
    )
  }
  return reportTasks('arrow-read', settings, {
    tasks,
    times,
    ratios,
    invariant: isEqual && sums.every(({ isExact }) => isExact),
  })
}

/** The sum of a column in place, and that of a plain array of the same values. */
class Sum {
  readonly rowCount: number
  readonly inPlace: PairedTask
  readonly plain: PairedTask
  /** Whether each sum so far was right. */
  isExact = true

  constructor(khonsu: Khonsu, rowCount: number, place: number) {
    const key = ['summed', rowCount, place]
    const values = Float64Array.from({ length: rowCount }, (_, i) => i * 0.5)
    const expected = values.reduce((sum, value) => sum + value)
    khonsu.transact((tx) => tx.set(key, rowsOf(rowCount)))
    const check = (sum: number): void => {
      if (sum !== expected) this.isExact = false
    }
    this.rowCount = rowCount
    this.inPlace = {
      name: `sum ${rowCount}, ${place}`,
      isStore: true,
      run: () => check(sumInPlace(khonsu, key)),
    }
    this.plain = { name: `plain sum ${rowCount}, ${place}`, run: () => check(sumOf(values)) }
  }
}

function sumInPlace(khonsu: Khonsu, key: Key): number {
  return khonsu.transact((tx) => sumOf(tx.column(key, 'value')?.values as Float64Array))
}

function sumOf(values: Float64Array): number {
  let sum = 0
  for (let i = 0; i < values.length; i++) sum += values[i] as number
  return sum
}

/** Whether some rows of two batches are the same, first and last among them. */
function isSame(one: RecordBatch, other: RecordBatch): boolean {
  const { numRows } = other
  const rows = [0, 1, numRows >> 1, numRows - 1]
  return one.numRows === numRows && rows.every((row) => `${one.get(row)}` === `${other.get(row)}`)
}
