import { type IsolationLevel, Khonsu } from '../../index.ts'
import { createCells, readCells, resolveCells } from './flight-cells.ts'
import type { FlightColumns } from './flight-columns.ts'
import type { FlightJobModule } from './flight-job.ts'
import { measureRun, type RunOptions, type RunResult } from './measured-run.ts'
import { createBoard, type RunProgress } from './run-board.ts'
import { type SnapshotSummary, SnapshotWatch } from './snapshot-watch.ts'
import { FLIGHT_JOB_URL } from './worker-url.ts'

export interface KhonsuRunOptions extends Omit<RunOptions, 'onProgress'> {
  readonly workerCount: number
  readonly isolation: IsolationLevel
  readonly onProgress: (progress: RunProgress, snapshotsTaken: number) => void
}

export interface KhonsuRunResult extends RunResult {
  readonly aborts: number
  readonly abortsByCause: Readonly<Record<string, number>>
  readonly snapshots: SnapshotSummary
}

/**
 * Runs the job in a store of its own, one transaction per flight, while the snapshot reader runs.
 * @throws CliError or KhonsuError when a thread dies; the reason of the signal when it was aborted.
 */
export async function runWithKhonsu(
  columns: FlightColumns,
  options: KhonsuRunOptions,
): Promise<KhonsuRunResult> {
  const { workerCount, isolation, signal, onProgress } = options
  const khonsu = await Khonsu.open({ workers: workerCount, isolation })
  try {
    const cells = resolveCells(khonsu, columns)
    khonsu.transact((tx) => createCells(tx, cells))
    const watch = await SnapshotWatch.start(khonsu, columns)
    try {
      const board = createBoard(workerCount)
      const jobs = khonsu.runAll<FlightJobModule>(FLIGHT_JOB_URL, (workerIndex) => {
        return { columns, board, workerIndex }
      })
      const readerDeath = watch.ended.then(() => jobs)
      const elapsedMs = await measureRun(board, workerCount, Promise.race([jobs, readerDeath]), {
        signal,
        onProgress: (progress) => onProgress(progress, watch.taken),
      })
      const snapshots = await watch.finish()
      const { aborts } = khonsu.stats()
      return {
        elapsedMs,
        totals: khonsu.transact((tx) => readCells(tx, cells)),
        aborts: aborts.total,
        abortsByCause: aborts.byCause,
        snapshots,
      }
    } finally {
      await watch.stop()
    }
  } finally {
    await khonsu.close()
  }
}
