import type { Anomaly, HistoryReport } from '../../history.ts'
import { formatCount } from '../number-format.ts'

/** A report as text: sizes, every anomaly with its shortest example, and the verdict. */
export function renderHistoryReport(report: HistoryReport): string {
  const { attempts, committed, keys, reads, writes, unplacedReads } = report
  const lines = [
    `${formatCount(attempts)} transactions, ${formatCount(committed)} committed; ` +
      `${formatCount(keys)} keys, ${formatCount(reads)} reads, ${formatCount(writes)} writes`,
    `recorded at ${recordedAt(report)}`,
  ]
  if (unplacedReads > 0) {
    lines.push(
      `${formatCount(unplacedReads)} reads of keys without a value could not be placed: ` +
        'they were left out',
    )
  }
  for (const anomaly of report.anomalies) lines.push('', ...renderAnomaly(anomaly))
  return `${[...lines, '', verdict(report)].join('\n')}\n`
}

/** The level of all transactions, or that there are several. */
function levelsOf({ recordedAt }: HistoryReport): string {
  const levels = Object.entries(recordedAt).filter(([, count]) => count > 0)
  return levels.length === 1 ? (levels[0]?.[0] ?? '') : 'the level of each transaction'
}

function recordedAt({ recordedAt }: HistoryReport): string {
  const levels = Object.entries(recordedAt).filter(([, count]) => count > 0)
  if (levels.length === 1) return levels[0]?.[0] ?? ''
  if (levels.length === 0) return 'no level: nothing was committed'
  return levels.map(([level, count]) => `${level} (${formatCount(count)})`).join(', ')
}

function renderAnomaly({ class: name, meaning, count, allowed, example }: Anomaly): string[] {
  const verdict = allowed ? 'allowed' : 'NOT ALLOWED'
  const places = count === 1 ? 'once' : `${formatCount(count)} times`
  return [`${name}, ${places}, ${verdict}: ${meaning}`, ...example.text.map((line) => `  ${line}`)]
}

function verdict(report: HistoryReport): string {
  const { passed, satisfies, checkedAt, anomalies } = report
  const level =
    satisfies === 'none' ? 'The history satisfies no level.' : `The history satisfies ${satisfies}.`
  const asked = checkedAt === 'recorded' ? levelsOf(report) : checkedAt
  if (passed) return `${level} Passed: ${asked} allows ${anomalies.length > 0 ? 'this' : 'it'}.`
  const classes = anomalies.filter(({ allowed }) => !allowed).map(({ class: name }) => name)
  return `${level} FAILED: ${asked} does not allow ${classes.join(', ')}.`
}
