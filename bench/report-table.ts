import Table from 'cli-table3'
import type { BenchReport, BenchRun } from './bench-report.ts'

/** Returns the report as text for people: a table of runs, one of ratios, the figures. */
export function formatReport(report: BenchReport): string {
  const { workload, seed, node, commit, machine } = report
  const memoryGiB = (machine.memoryBytes / 2 ** 30).toFixed(1)
  const lines = [
    `${workload}, seed ${seed}, Node.js ${node}, commit ${commit?.slice(0, 12) ?? 'none'}`,
    `${machine.cpu}, ${machine.coreCount} cores, ${memoryGiB} GiB`,
    runTable(report.runs),
  ]
  if (Object.keys(report.ratios).length > 0) lines.push(ratioTable(report))
  const rest = Object.entries(report.figures).filter(([name]) => !(name in report.ratios))
  if (rest.length > 0) lines.push(figureTable(rest))
  return `${lines.join('\n')}\n`
}

/** Returns a line for each run whose invariant is broken, to be shown whatever else is. */
export function formatBrokenInvariants(report: BenchReport): string {
  return report.runs
    .filter((run) => !run.invariant)
    .map(
      (run) =>
        `INVARIANT BROKEN: ${report.workload}, ${run.name} with ${run.workers} worker(s), ` +
        `seed ${report.seed}: these numbers are worth nothing\n`,
    )
    .join('')
}

function runTable(runs: readonly BenchRun[]): string {
  const table = new Table({
    head: [
      'run',
      'workers',
      'isolation',
      'per second',
      'ns each',
      'p50 ns',
      'p99 ns',
      'p99.9 ns',
      'aborts',
      'invariant',
    ],
    colAligns: ['left', 'right', 'left', ...Array<'right'>(6).fill('right'), 'left'],
    style: PLAIN_STYLE,
  })
  for (const run of runs) {
    table.push([
      run.name,
      run.workers,
      run.isolation,
      Math.round(run.throughputPerSecond).toLocaleString('en'),
      ((run.workers * NS_PER_SECOND) / run.throughputPerSecond).toFixed(1),
      ...latencyCells(run.latencyNs),
      formatAborts(run.abortsByCause),
      run.invariant ? 'held' : 'BROKEN',
    ])
  }
  return table.toString()
}

function latencyCells(latencyNs: BenchRun['latencyNs']): readonly string[] {
  if (latencyNs === null) return ['', '', '']
  const { p50, p99, p999 } = latencyNs
  return [p50, p99, p999].map((value) => Math.round(value).toLocaleString('en'))
}

function ratioTable({ ratios }: BenchReport): string {
  const table = new Table({
    head: ['ratio', 'median', 'min', 'max'],
    colAligns: ['left', 'right', 'right', 'right'],
    style: PLAIN_STYLE,
  })
  for (const [name, { median, min, max }] of Object.entries(ratios)) {
    table.push([name, median.toFixed(3), min.toFixed(3), max.toFixed(3)])
  }
  return table.toString()
}

function figureTable(figures: readonly (readonly [string, number])[]): string {
  const table = new Table({
    head: ['figure', 'value'],
    colAligns: ['left', 'right'],
    style: PLAIN_STYLE,
  })
  for (const [name, value] of figures) {
    table.push([name, value.toLocaleString('en', { maximumFractionDigits: 2 })])
  }
  return table.toString()
}

function formatAborts(abortsByCause: BenchRun['abortsByCause']): string {
  const seen = Object.entries(abortsByCause).filter(([, count]) => count > 0)
  if (seen.length === 0) return '0'
  return seen.map(([cause, count]) => `${cause} ${count.toLocaleString('en')}`).join('\n')
}

const NS_PER_SECOND = 1e9
const PLAIN_STYLE = { head: [], border: [], compact: true }
