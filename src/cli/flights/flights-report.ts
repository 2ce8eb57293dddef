import type { IsolationLevel } from '../../index.ts'
import type { ArrowOutput } from './arrow-output.ts'
import type { FlightColumns } from './flight-columns.ts'
import { type Difference, differences, type FlightTotals, routeName } from './flight-totals.ts'
import type { KhonsuRunResult } from './khonsu-run.ts'
import type { RunResult } from './measured-run.ts'
import type { SnapshotSummary } from './snapshot-watch.ts'

const TOP_COUNT = 10
/** What the project wants of `ratioToHandLocked`; a target, not a check. */
export const TARGET_RATIO = 0.5

export interface RunReport {
  readonly workers: number
  readonly elapsedMs: number
  readonly flightsPerSecond: number
}

export interface KhonsuRunReport extends RunReport {
  readonly aborts: number
  readonly abortsByCause: Readonly<Record<string, number>>
  readonly snapshots: SnapshotSummary
}

export interface Check {
  readonly name: string
  readonly passed: boolean
  readonly detail: string
  readonly differences: readonly Difference[]
}

export interface TopAirport {
  readonly airport: string
  readonly departures: number
  readonly arrivals: number
  readonly meanDelayMinutes: number
  readonly worstDelayMinutes: number
}

export interface TopRoute {
  readonly route: string
  readonly flights: number
  readonly meanDelayMinutes: number
  readonly meanDistanceMiles: number
  readonly worstDelayMinutes: number
}

/** Everything that the command found out; `--json` prints it as it is. */
export interface FlightsReport {
  readonly passed: boolean
  readonly flights: number
  readonly airports: number
  readonly routes: number
  readonly workers: number
  readonly isolation: IsolationLevel
  readonly loadMs: number
  readonly map: RunReport
  /** The median pass. */
  readonly handLocked: RunReport
  /** One worker first, then all of them; a single run when one worker is all. */
  readonly khonsu: readonly KhonsuRunReport[]
  /** Throughput of all workers over that of one worker. */
  readonly speedUp: number
  /** Throughput of all workers over that of the hand-locked program with as many workers. */
  readonly ratioToHandLocked: number
  readonly checks: readonly Check[]
  readonly topAirports: readonly TopAirport[]
  readonly topRoutes: readonly TopRoute[]
  readonly files: readonly string[]
}

/** What the runs of the command hand over. */
export interface FlightsRuns {
  readonly columns: FlightColumns
  readonly workers: number
  readonly isolation: IsolationLevel
  readonly loadMs: number
  readonly map: RunResult
  /** Every pass of the control. */
  readonly handLocked: readonly RunResult[]
  readonly khonsu: readonly KhonsuRun[]
  readonly output: ArrowOutput
}

export interface KhonsuRun {
  readonly workers: number
  readonly result: KhonsuRunResult
}

export function createReport(runs: FlightsRuns): FlightsReport {
  const { columns, workers, isolation, loadMs } = runs
  const flights = columns.rowCount
  const checks = createChecks(runs)
  const handLocked = runReport(median(runs.handLocked), workers, flights)
  const khonsu = runs.khonsu.map((run) => khonsuReport(run, flights))
  const [oneWorker, allWorkers] = [khonsu.at(0), khonsu.at(-1)]
  const totals = runs.khonsu.at(-1)?.result.totals ?? runs.map.totals
  const ratio = (of: RunReport | undefined, to: RunReport | undefined): number => {
    return (of?.flightsPerSecond ?? 0) / (to?.flightsPerSecond ?? 0)
  }
  return {
    passed: checks.every((check) => check.passed),
    flights,
    airports: columns.airportCodes.length,
    routes: columns.routes.length,
    workers,
    isolation,
    loadMs,
    map: runReport(runs.map, 1, flights),
    handLocked,
    khonsu,
    speedUp: ratio(allWorkers, oneWorker),
    ratioToHandLocked: ratio(allWorkers, handLocked),
    checks,
    topAirports: topAirports(columns, totals),
    topRoutes: topRoutes(columns, totals),
    files: runs.output.files,
  }
}

/** `1 worker`, `2 workers`. */
export function workerLabel(workers: number): string {
  return workers === 1 ? '1 worker' : `${workers} workers`
}

/** The middle one; of two, the quicker. */
function median(passes: readonly RunResult[]): RunResult {
  const sorted = [...passes].sort((a, b) => a.elapsedMs - b.elapsedMs)
  return sorted[Math.floor((sorted.length - 1) / 2)] as RunResult
}

function runReport({ elapsedMs }: RunResult, workers: number, flights: number): RunReport {
  return { workers, elapsedMs, flightsPerSecond: (flights / elapsedMs) * 1e3 }
}

function khonsuReport({ workers, result }: KhonsuRun, flights: number): KhonsuRunReport {
  const { aborts, abortsByCause, snapshots } = result
  return { ...runReport(result, workers, flights), aborts, abortsByCause, snapshots }
}

function createChecks({ columns, map, handLocked, khonsu, output }: FlightsRuns): Check[] {
  return [
    ...handLocked.map((pass, index) => {
      return exactCheck(`hand-locked, pass ${index + 1}`, columns, map, pass)
    }),
    ...khonsu.flatMap(({ workers, result }) => {
      const name = `khonsu, ${workerLabel(workers)}`
      return [exactCheck(name, columns, map, result), snapshotCheck(name, columns, result)]
    }),
    {
      name: 'output files',
      passed: output.failure === undefined,
      detail: output.failure ?? `${output.files.length} written`,
      differences: [],
    },
  ]
}

function exactCheck(name: string, columns: FlightColumns, map: RunResult, run: RunResult): Check {
  const found = differences(columns, map.totals, run.totals)
  const cells = columns.airportCodes.length + columns.routes.length
  return {
    name: `${name} = plain Map`,
    passed: found.length === 0,
    detail: found.length === 0 ? `all ${cells} records equal` : `${found.length} numbers differ`,
    differences: found,
  }
}

function snapshotCheck(
  name: string,
  columns: FlightColumns,
  { snapshots }: KhonsuRunResult,
): Check {
  const { taken, duringRun, inconsistent, last } = snapshots
  const complete = last?.routes.departures === columns.rowCount
  const faults = complete ? `${inconsistent} inconsistent` : 'the last one lacks flights'
  return {
    name: `${name}: snapshots`,
    passed: inconsistent === 0 && complete,
    detail: `${taken} taken, ${duringRun} of them during the run, ${faults}`,
    differences: [],
  }
}

function topAirports(columns: FlightColumns, totals: FlightTotals): TopAirport[] {
  return totals.airports
    .map(({ departures, arrivals, delaySum, worstDelay }, index) => ({
      airport: columns.airportCodes[index] as string,
      departures,
      arrivals,
      meanDelayMinutes: delaySum / (departures + arrivals),
      worstDelayMinutes: worstDelay,
    }))
    .sort((a, b) => b.departures + b.arrivals - (a.departures + a.arrivals))
    .slice(0, TOP_COUNT)
}

function topRoutes(columns: FlightColumns, totals: FlightTotals): TopRoute[] {
  return totals.routes
    .map(({ departures: flights, delaySum, distanceSum, worstDelay }, index) => ({
      route: routeName(columns, index),
      flights,
      meanDelayMinutes: delaySum / flights,
      meanDistanceMiles: distanceSum / flights,
      worstDelayMinutes: worstDelay,
    }))
    .sort((a, b) => b.flights - a.flights)
    .slice(0, TOP_COUNT)
}
