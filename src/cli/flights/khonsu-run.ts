import { type IsolationLevel, Khonsu, KhonsuError } from '../../index.ts'
import { CliError, EXIT_FAILURE } from '../exit-code.ts'
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
 * @throws CliError when a thread dies or the store fails; the reason of the signal when it was aborted.
 */
export async function runWithKhonsu(
  columns: FlightColumns,
  options: KhonsuRunOptions,
): Promise<KhonsuRunResult> {
  try {
    const khonsu = await Khonsu.open({ workers: options.workerCount, isolation: options.isolation })
    try {
      return await runInStore(khonsu, columns, options)
    } finally {
      await khonsu.close()
    }
  } catch (cause) {
    if (!(cause instanceof KhonsuError)) throw cause
    throw new CliError(`${cause.message} (${cause.code})`, EXIT_FAILURE, { cause })
  }
}

async function runInStore(
  khonsu: Khonsu,
  columns: FlightColumns,
  { workerCount, signal, onProgress }: KhonsuRunOptions,
): Promise<KhonsuRunResult> {
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
    const totals = khonsu.transact((tx) => readCells(tx, cells))
    const { aborts } = khonsu.stats()
    return { elapsedMs, totals, aborts: aborts.total, abortsByCause: aborts.byCause, snapshots }
  } finally {
    await watch.stop()
  }
}
