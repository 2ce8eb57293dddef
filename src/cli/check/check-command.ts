import { realpath, stat } from 'node:fs/promises'
import { type Command, Option } from 'commander'
import {
  checkHistoryFiles,
  type HistoryLevel,
  type HistoryReport,
  historyAsEdn,
} from '../../history.ts'
import { HistoryFileError } from '../../index.ts'
import { CliError, EXIT_FAILURE } from '../exit-code.ts'
import { withInterruption } from '../interruption.ts'
import { checkOutput, writeOutput } from '../output-file.ts'
import { TerminalProgress } from '../terminal-progress.ts'
import { renderHistoryReport } from './history-report.ts'

const HISTORY_LEVELS: readonly HistoryLevel[] = [
  'read-committed',
  'repeatable-read',
  'serializable',
  'strict-serializable',
]

const DETAILS = `
Give the files of all threads of one run together. A program records them with recordHistory() of
khonsu/history; docs/histories.md describes how, and the format.

Without --level, every transaction is held against the level that it ran at: strict-serializable is
serializable in the order of real time, which a store with serializable: 'occ' keeps.

--edn writes the history in the form that Elle reads, with lists for elle.list-append, with single
values for elle.rw-register: not both in one run, and no deletions.

Exit codes: 0 the level allows everything that was found, 1 it does not or a file cannot be used,
2 wrong options, 130 interrupted.

Examples:
  khonsu check history-*.ndjson
  khonsu check --level serializable --json report.json history-*.ndjson
  khonsu check --edn history.edn history-*.ndjson`

interface CheckCommandOptions {
  readonly level?: HistoryLevel
  readonly partial?: true
  readonly json?: string | true
  readonly edn?: string
}

/** Adds `khonsu check FILE...`: names what a recorded history shows that its level forbids. */
export function registerCheckCommand(program: Command): void {
  program
    .command('check')
    .summary('look for anomalies in recorded histories')
    .description('Looks for anomalies in the recorded history of a run, and names them by class.')
    .argument('<file...>', 'the files of all threads of the run')
    .addOption(
      new Option('--level <level>', 'hold all transactions against this level').choices(
        HISTORY_LEVELS,
      ),
    )
    .option('--partial', 'accept files that end early, and values whose writer is missing')
    .option('--json [file]', 'write the report as JSON, to stdout instead of text or to a file')
    .option('--edn <file>', 'write the history as EDN, for Elle')
    .addHelpText('after', DETAILS)
    .action(check)
}

async function check(files: readonly string[], options: CheckCommandOptions): Promise<void> {
  const { level, partial = false, json, edn } = options
  await checkOutput(json, '--json')
  await checkOutput(edn, '--edn')
  const progress = new TerminalProgress()
  try {
    const report = await withInterruption((signal) =>
      checkFiles(files, { level, partial, signal, progress }),
    )
    progress.close()
    await writeReport(report, json)
    if (edn !== undefined) {
      await withInterruption((signal) => writeEdn(files, edn, { partial, signal }))
    }
    if (!report.passed) process.exitCode = EXIT_FAILURE
  } catch (cause) {
    if (!(cause instanceof HistoryFileError)) throw cause
    throw new CliError(`${cause.message} (${cause.code})`, EXIT_FAILURE, { cause })
  } finally {
    progress.close()
  }
}

async function checkFiles(
  files: readonly string[],
  options: {
    readonly level: HistoryLevel | undefined
    readonly partial: boolean
    readonly signal: AbortSignal
    readonly progress: TerminalProgress
  },
): Promise<HistoryReport> {
  const { progress, ...rest } = options
  const found = await filesOnce(files)
  const phases = new CheckProgress(progress, found.length)
  const onProgress = (name: string, bytesRead: number): void => phases.update(name, bytesRead)
  return await checkHistoryFiles(found.paths, { ...rest, onProgress })
}

/** Steps of the search for cycles, at most. */
const SEARCH_STEPS = 24

/** Two bars: one for the bytes that are read, one for the steps that follow. */
class CheckProgress {
  readonly #progress: TerminalProgress
  #step = -1

  constructor(progress: TerminalProgress, fileLength: number) {
    this.#progress = progress
    progress.begin('reading', Math.max(1, fileLength))
  }

  update(phase: string, bytesRead: number): void {
    if (phase === 'reading') {
      this.#progress.update(bytesRead)
      return
    }
    if (this.#step === -1) this.#progress.begin('checking', SEARCH_STEPS)
    this.#step = Math.min(this.#step + 1, SEARCH_STEPS)
    this.#progress.update(this.#step, phase)
  }
}

/** The files without repetitions, and their length in bytes. Missing ones are refused when read. */
async function filesOnce(files: readonly string[]): Promise<{ paths: string[]; length: number }> {
  const paths = new Map<string, string>()
  let length = 0
  for (const file of files) {
    const path = await realpath(file).catch(() => file)
    if (paths.has(path)) continue
    paths.set(path, file)
    length += await stat(path).then(
      ({ size }) => size,
      () => 0,
    )
  }
  return { paths: [...paths.values()], length }
}

async function writeReport(report: HistoryReport, json: string | true | undefined): Promise<void> {
  const text = `${JSON.stringify(report, null, 2)}\n`
  if (json === true) {
    process.stdout.write(text)
    return
  }
  process.stdout.write(renderHistoryReport(report))
  if (json !== undefined) await writeOutput(json, text, '--json')
}

async function writeEdn(
  files: readonly string[],
  path: string,
  options: { readonly partial: boolean; readonly signal: AbortSignal },
): Promise<void> {
  const { paths } = await filesOnce(files)
  await writeOutput(path, historyAsEdn(paths, options), '--edn')
}
