import { type Command, Option } from 'commander'
import type { BenchReport } from '../../bench/bench-report.ts'
import {
  type BenchOptionTexts,
  type BenchSettings,
  BenchSettingsError,
  DEFAULT_ROUND_COUNT,
  DEFAULT_SECONDS,
  DEFAULT_SEED,
  ISOLATION_LEVELS,
  readSettings,
} from '../../bench/bench-settings.ts'
import { progressOn } from '../../bench/progress.ts'
import type { Workload } from '../../bench/workload.ts'
import { findWorkload, workloads } from '../../bench/workload-registry.ts'
import { CliError, EXIT_FAILURE, EXIT_USAGE } from './exit-code.ts'
import { withInterruption } from './interruption.ts'
import { checkOutput, writeOutput } from './output-file.ts'

interface BenchOptions extends BenchOptionTexts {
  readonly json?: string | true
}

/** Adds `khonsu bench WORKLOAD`: runs a workload beside its hand-locked control, and reports. */
export function registerBenchCommand(program: Command): void {
  program
    .command('bench')
    .description('measure the engine beside a hand-locked program, paired round by round')
    .argument('<workload>', 'what to run; see below')
    .option('--workers <counts>', 'numbers of worker threads, such as 2 or 1,2')
    .option('--cells <count>', 'number of cells, or of what the workload has in their place')
    .addOption(new Option('--isolation <level>', ISOLATION_LEVELS.join(', ')))
    .option('--seconds <time>', `time of each side, all rounds together (${DEFAULT_SECONDS})`)
    .option('--rounds <count>', `number of rounds (${DEFAULT_ROUND_COUNT})`)
    .option('--seed <number>', `seed of the random cells and amounts (${DEFAULT_SEED})`)
    .option('--count <number>', 'how much to do, or attempts to make, for workloads that count')
    .option('--json [file]', 'write the report as JSON, to stdout or to a file')
    .addHelpText('after', helpText)
    .action(runBench)
}

async function runBench(name: string, options: BenchOptions): Promise<void> {
  const workload = findWorkload(name)
  if (workload === undefined) {
    throw new CliError(`unknown workload '${name}'; there are:\n${workloadLines()}`, EXIT_USAGE)
  }
  const settings = settingsFrom(options, workload)
  await checkOutput(options.json, '--json')
  const report = await withInterruption((signal) => measure(workload, settings, signal))
  const { formatBrokenInvariants, formatReport } = await import('../../bench/report-table.ts')
  if (options.json !== true) process.stdout.write(formatReport(report))
  await writeJson(report, options.json)
  const broken = formatBrokenInvariants(report)
  if (broken !== '') throw new CliError(broken.trimEnd(), EXIT_FAILURE)
}

function settingsFrom(options: BenchOptions, workload: Workload): BenchSettings {
  try {
    return readSettings(options, workload)
  } catch (cause) {
    if (!(cause instanceof BenchSettingsError)) throw cause
    throw new CliError(cause.message, EXIT_USAGE, { cause })
  }
}

async function measure(
  workload: Workload,
  settings: BenchSettings,
  signal: AbortSignal,
): Promise<BenchReport> {
  const progress = progressOn(process.stderr, workload.name)
  if (workload.kind === 'measurement') {
    try {
      return await workload.measure(settings, { progress, signal })
    } finally {
      progress.end()
    }
  }
  const { measurePaired } = await import('../../bench/paired-run.ts')
  return await measurePaired(workload, settings, { progress, signal })
}

async function writeJson(report: BenchReport, json: string | true | undefined): Promise<void> {
  if (json === undefined) return
  const text = `${JSON.stringify(report, null, 2)}\n`
  if (json === true) process.stdout.write(text)
  else await writeOutput(json, text, '--json')
}

function helpText(): string {
  const lines = workloads.map(
    ({ name, description, defaults: { workerCounts, cellCount } }) =>
      `  ${name.padEnd(NAME_WIDTH)} ${workerCounts.join(',').padEnd(7)} ` +
      `${cellCount.toLocaleString('en').padStart(9)}  ${description}`,
  )
  return `
Workloads, with their own numbers of workers and cells:
  ${'name'.padEnd(NAME_WIDTH)} workers     cells  what is measured
${lines.join('\n')}

The report says how throughput compares with the control, where there is one, and whether the
invariant of the workload held. Latencies are in nanoseconds.

Exit codes: 0 measured, 1 an invariant was broken or the run failed, 2 wrong options,
130 interrupted.

Examples:
  khonsu bench transfer --workers 1,2
  khonsu bench hot --seconds 10 --json hot.json`
}

/** Columns for the longest name of a workload. */
const NAME_WIDTH = Math.max(...workloads.map(({ name }) => name.length))

function workloadLines(): string {
  return workloads
    .map(({ name, description }) => `  ${name.padEnd(NAME_WIDTH)} ${description}`)
    .join('\n')
}
