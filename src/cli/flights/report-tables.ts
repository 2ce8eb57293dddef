import Table from 'cli-table3'
import { formatCount, formatDuration } from '../number-format.ts'
import { type FlightsReport, type RunReport, TARGET_RATIO, workerLabel } from './flights-report.ts'

const DIFFERENCES_SHOWN = 5

type Align = 'left' | 'right'

/** The report as text for people: tables, checks, differences and files. */
export function renderReport(report: FlightsReport): string {
  return [
    airportTable(report),
    routeTable(report),
    runTable(report),
    abortTable(report),
    summary(report),
    checkLines(report),
    fileLines(report),
  ].join('\n\n')
}

function airportTable({ topAirports }: FlightsReport): string {
  const rows = topAirports.map((row) => [
    row.airport,
    formatCount(row.departures),
    formatCount(row.arrivals),
    row.meanDelayMinutes.toFixed(1),
    formatCount(row.worstDelayMinutes),
  ])
  const head = ['airport', 'departures', 'arrivals', 'mean delay (min)', 'worst delay (min)']
  return titled(`Top ${rows.length} airports`, head, rows)
}

function routeTable({ topRoutes }: FlightsReport): string {
  const rows = topRoutes.map((row) => [
    row.route,
    formatCount(row.flights),
    formatCount(row.meanDistanceMiles),
    row.meanDelayMinutes.toFixed(1),
    formatCount(row.worstDelayMinutes),
  ])
  const head = ['route', 'flights', 'distance (mi)', 'mean delay (min)', 'worst delay (min)']
  return titled(`Top ${rows.length} routes`, head, rows)
}

function runTable(report: FlightsReport): string {
  const row = (name: string, run: RunReport, aborts: string, snapshots: string): string[] => [
    ...[name, String(run.workers), formatDuration(run.elapsedMs)],
    ...[formatCount(run.flightsPerSecond), aborts, snapshots],
  ]
  const khonsuRows = report.khonsu.map((run) => {
    return row('khonsu', run, formatCount(run.aborts), formatCount(run.snapshots.taken))
  })
  const rows = [
    row('plain Map', report.map, '', ''),
    row('hand-locked (median)', report.handLocked, '', ''),
    ...khonsuRows,
  ]
  const head = ['run', 'workers', 'time', 'flights/s', 'aborts', 'snapshots']
  return titled(`${formatCount(report.flights)} flights, ${report.isolation}`, head, rows)
}

function abortTable({ khonsu }: FlightsReport): string {
  const causes = [...new Set(khonsu.flatMap((run) => Object.keys(run.abortsByCause)))]
  const counts = causes.map((cause) => khonsu.map((run) => run.abortsByCause[cause] ?? 0))
  const rows = causes
    .map((cause, index) => [cause, ...(counts[index] ?? []).map(formatCount)])
    .filter((_, index) => counts[index]?.some((count) => count > 0))
  if (rows.length === 0) return 'Aborts by cause: none'
  const head = ['cause', ...khonsu.map((run) => workerLabel(run.workers))]
  return titled('Aborts by cause', head, rows)
}

function summary(report: FlightsReport): string {
  const { speedUp, ratioToHandLocked, workers } = report
  return [
    `${workerLabel(workers)} over one worker: ${speedUp.toFixed(2)}x`,
    `khonsu over hand-locked: ${ratioToHandLocked.toFixed(3)} (target ${TARGET_RATIO})`,
  ].join('\n')
}

function checkLines({ checks }: FlightsReport): string {
  const lines = checks.flatMap(({ name, passed, detail, differences }) => [
    `${passed ? 'ok    ' : 'FAILED'} ${name}: ${detail}`,
    ...differences.slice(0, DIFFERENCES_SHOWN).map(({ entity, field, expected, actual }) => {
      return `         ${entity} ${field}: expected ${expected}, found ${actual}`
    }),
  ])
  return ['Checks', ...lines].join('\n')
}

function fileLines({ files }: FlightsReport): string {
  return files.map((file) => `wrote ${file}`).join('\n')
}

/** A plain table without colours: the first column to the left, numbers to the right. */
function titled(
  title: string,
  head: readonly string[],
  rows: readonly (readonly string[])[],
): string {
  const colAligns = head.map((_, index): Align => (index === 0 ? 'left' : 'right'))
  const style = { head: [], border: [], compact: true }
  const table = new Table({ head: [...head], colAligns, style })
  for (const row of rows) table.push([...row])
  return `${title}\n${table.toString()}`
}
