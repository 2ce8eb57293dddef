import { availableParallelism } from 'node:os'
import { type Command, InvalidArgumentError, Option } from 'commander'
import type { IsolationLevel } from '../../index.ts'
import { EXIT_FAILURE } from '../exit-code.ts'
import { withInterruption } from '../interruption.ts'
import { checkOutput, writeOutput } from '../output-file.ts'
import { TerminalProgress } from '../terminal-progress.ts'
import type { FlightsReport } from './flights-report.ts'

const WORKERS_LIMIT = 64
const ROWS_LIMIT = 2 ** 31 - 1
const ISOLATION_LEVELS: readonly IsolationLevel[] = [
  'read-committed',
  'repeatable-read',
  'serializable',
]

const DETAILS = `
Every flight is one transaction that updates its origin, its destination and its route. Meanwhile a
reader checks every 100 ms that a snapshot of all airports and routes adds up. The same job also runs
with plain Maps (the truth), with hand-written locks (the control) and with one worker. The results
must agree exactly, at every isolation level.

Exit codes: 0 all checks passed, 1 a check failed or the job broke off, 2 wrong options,
130 interrupted.

Examples:
  khonsu flights
  khonsu flights --workers 2 --rows 100000
  khonsu flights --json > report.json`

interface ParsedOptions {
  readonly workers: number
  readonly rows?: number
  readonly isolation: IsolationLevel
  readonly out: string
  readonly json?: string | true
}

export function registerFlightsCommand(program: Command): void {
  const isolation = new Option('--isolation <level>', 'isolation level of the flights')
    .choices(ISOLATION_LEVELS)
    .default('serializable')
  program
    .command('flights')
    .summary('add up 3,000,000 real flights, one transaction per flight')
    .description(
      'Adds up 3,000,000 real flights by airport and by route, one transaction per flight.',
    )
    .option(
      '--workers <count>',
      'worker threads',
      (text) => wholeNumber(text, WORKERS_LIMIT),
      availableParallelism(),
    )
    .option('--rows <count>', 'take only the first flights of the file (default: all)', (text) =>
      wholeNumber(text, ROWS_LIMIT),
    )
    .addOption(isolation)
    .option('--out <folder>', 'where to write airports.arrow and routes.arrow', 'khonsu-flights')
    .option('--json [file]', 'write the report as JSON, to stdout instead of tables or to a file')
    .allowExcessArguments(false)
    .addHelpText('after', DETAILS)
    .action(flights)
}

async function flights({ json, rows, ...options }: ParsedOptions): Promise<void> {
  await checkOutput(json, '--json')
  const progress = new TerminalProgress()
  try {
    const report = await withInterruption(async (signal) => {
      const { runFlights } = await import('./flights-run.ts')
      return runFlights({ options: { ...options, rows }, progress, signal })
    })
    await writeReport(report, json)
    if (!report.passed) process.exitCode = EXIT_FAILURE
  } finally {
    progress.close()
  }
}

async function writeReport(report: FlightsReport, json: string | true | undefined): Promise<void> {
  const text = `${JSON.stringify(report, null, 2)}\n`
  if (json === true) {
    process.stdout.write(text)
    return
  }
  const { renderReport } = await import('./report-tables.ts')
  process.stdout.write(`\n${renderReport(report)}\n`)
  if (json !== undefined) await writeOutput(json, text, '--json')
}

function wholeNumber(text: string, limit: number): number {
  const value = Number(text)
  if (/^\d+$/.test(text) && value >= 1 && value <= limit) return value
  throw new InvalidArgumentError(`It must be a whole number from 1 to ${limit}.`)
}
