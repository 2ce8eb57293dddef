import { rowsOf } from '../arrow-rows.ts'
import type { BenchReport } from '../bench-report.ts'
import type { BenchSettings } from '../bench-settings.ts'
import type { RunWatch } from '../paired-session.ts'
import { type PairedTask, timePaired, timeRatio } from '../paired-tasks.ts'
import type { Spread } from '../statistics.ts'
import { reportTasks } from '../task-report.ts'
import type { MeasurementWorkload } from '../workload.ts'

const ROW_COUNTS = [1, 1_000, 10_000, 100_000]
const ARENA_BYTES = 2 ** 30
const SLICE_MS = 20

/**
 * Writes batches of three columns in transactions, beside `tableToIPC` and a copy of its bytes into
 * shared memory, and beside that copy alone.
 */
export const arrowWrite: MeasurementWorkload = {
  kind: 'measurement',
  name: 'arrow-write',
  description: 'writes Arrow batches of 1 to 100k rows',
  defaults: {
    cellCount: ROW_COUNTS.length,
    workerCounts: [1],
    isSingleThreaded: true,
    roundCount: 31,
  },
  measure: measureWrite,
}

async function measureWrite(settings: BenchSettings, watch: RunWatch): Promise<BenchReport> {
  const { Khonsu } = await import('../../src/index.ts')
  const { tableToIPC, Table } = await import('apache-arrow')
  const { isolation, roundCount } = settings
  await using khonsu = await Khonsu.open({ workers: 0, isolation, memory: ARENA_BYTES })
  const tasks: PairedTask[] = []
  const ratios: Record<string, readonly [string, string]> = {}
  for (const rowCount of ROW_COUNTS) {
    const batch = rowsOf(rowCount)
    const table = new Table([batch])
    const bytes = tableToIPC(table)
    const shared = new Uint8Array(new SharedArrayBuffer(bytes.length))
    tasks.push(
      {
        name: `write ${rowCount}`,
        isStore: true,
        run: () => khonsu.transact((tx) => tx.set(rowCount, batch)),
      },
      { name: `ipc ${rowCount}`, run: () => shared.set(tableToIPC(table)) },
      { name: `copy ${rowCount}`, run: () => shared.set(bytes) },
    )
    ratios[`ipc/write@${rowCount}`] = [`ipc ${rowCount}`, `write ${rowCount}`]
    ratios[`write/copy@${rowCount}`] = [`write ${rowCount}`, `copy ${rowCount}`]
  }
  watch.progress.show('timing')
  const times = timePaired(tasks, { roundCount, sliceMs: SLICE_MS })
  const invariant = ROW_COUNTS.every((rowCount) => {
    const sum = khonsu.transact((tx) => sumOf(tx.column(rowCount, 'value')?.values ?? []))
    return sum === (rowCount * (rowCount - 1)) / 4
  })
  const spreads = Object.entries(ratios).map(([name, [one, other]]): [string, Spread] => {
    return [name, timeRatio(times, one, other)]
  })
  return reportTasks('arrow-write', settings, {
    tasks,
    times,
    ratios: Object.fromEntries(spreads),
    invariant,
  })
}

function sumOf(values: Iterable<number | bigint>): number {
  let sum = 0
  for (const value of values) sum += Number(value)
  return sum
}
