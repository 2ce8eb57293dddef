import { setTimeout as delay } from 'node:timers/promises'
import type { IsolationLevel } from '../../index.ts'
import { formatCount, formatDuration, formatRate } from '../number-format.ts'
import { prepareFolder } from '../output-file.ts'
import type { TerminalProgress } from '../terminal-progress.ts'
import { writeArrowFiles } from './arrow-output.ts'
import type { FlightColumns } from './flight-columns.ts'
import { flightFilePath, loadFlights } from './flight-file.ts'
import { createReport, type FlightsReport, type KhonsuRun, workerLabel } from './flights-report.ts'
import { runHandLocked } from './hand-locked-run.ts'
import { runWithKhonsu } from './khonsu-run.ts'
import { runWithMaps } from './map-run.ts'
import type { RunResult } from './measured-run.ts'

/** Lets the threads of a run end before the next one is timed. */
const REST_MS = 200

export interface FlightsOptions {
  readonly workers: number
  readonly rows: number | undefined
  readonly isolation: IsolationLevel
  readonly out: string
}

/** What every phase needs. */
interface Session {
  readonly options: FlightsOptions
  readonly progress: TerminalProgress
  readonly signal: AbortSignal
}

/**
 * The whole job, one run after the other in one process: the truth, then Khonsu with one worker and
 * with all, each between two passes of the hand-locked control, so that all meet the same machine.
 * Khonsu has the snapshot reader beside it, the control has none.
 * @throws CliError for files and dead threads; the reason of the signal when it was aborted.
 */
export async function runFlights(session: Session): Promise<FlightsReport> {
  const { workers, isolation, out } = session.options
  const folder = await prepareFolder(out, '--out')
  const loadStartedMs = performance.now()
  const columns = await load(session)
  const loadMs = performance.now() - loadStartedMs
  const map = await runMap(session, columns)
  const handLocked = [await runControl(session, columns)]
  const khonsu: KhonsuRun[] = []
  for (const workerCount of workers === 1 ? [1] : [1, workers]) {
    khonsu.push(await runStore(session, columns, workerCount))
    handLocked.push(await runControl(session, columns))
  }
  const totals = khonsu.at(-1)?.result.totals ?? map.totals
  const output = await writeArrowFiles(folder, columns, totals)
  return createReport({ columns, workers, isolation, loadMs, map, handLocked, khonsu, output })
}

async function load({ options, progress, signal }: Session): Promise<FlightColumns> {
  const startedMs = performance.now()
  const columns = await loadFlights(flightFilePath(), {
    rowLimit: options.rows,
    signal,
    onStart: (rowCount) => progress.begin('load flights', rowCount),
    onProgress: (rowsDecoded) => progress.update(rowsDecoded),
  })
  const { rowCount, airportCodes, routes } = columns
  const places = `${airportCodes.length} airports, ${formatCount(routes.length)} routes`
  const elapsed = formatDuration(performance.now() - startedMs)
  progress.end(`${formatCount(rowCount)} flights, ${places} in ${elapsed}`)
  return columns
}

async function runMap({ progress, signal }: Session, columns: FlightColumns): Promise<RunResult> {
  progress.begin('plain Map', columns.rowCount)
  const result = await runWithMaps(columns, {
    signal,
    onProgress: ({ done }) => progress.update(done),
  })
  progress.end(speed(columns, result))
  return result
}

async function runControl(session: Session, columns: FlightColumns): Promise<RunResult> {
  const { options, progress, signal } = session
  await delay(REST_MS)
  progress.begin(`hand-locked, ${workerLabel(options.workers)}`, columns.rowCount)
  const result = await runHandLocked(columns, options.workers, {
    signal,
    onProgress: ({ done }) => progress.update(done),
  })
  progress.end(speed(columns, result))
  return result
}

async function runStore(
  { options, progress, signal }: Session,
  columns: FlightColumns,
  workerCount: number,
): Promise<KhonsuRun> {
  await delay(REST_MS)
  progress.begin(`khonsu, ${workerLabel(workerCount)}`, columns.rowCount)
  const result = await runWithKhonsu(columns, {
    workerCount,
    isolation: options.isolation,
    signal,
    onProgress: ({ done, attempts }, snapshots) => {
      const aborts = formatCount(attempts - done)
      progress.update(done, `aborts ${aborts} | snapshots ${formatCount(snapshots)}`)
    },
  })
  const notes = `${formatCount(result.aborts)} aborts, ${result.snapshots.taken} snapshots`
  progress.end(`${speed(columns, result)}, ${notes}`)
  return { workers: workerCount, result }
}

function speed(columns: FlightColumns, { elapsedMs }: RunResult): string {
  const rate = formatRate((columns.rowCount / elapsedMs) * 1e3)
  return `${formatDuration(elapsedMs)}, ${rate}`
}
