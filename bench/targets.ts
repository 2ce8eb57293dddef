/**
 * `npm run bench:targets -- [--only PREFIX] [--json FILE]`: measures every line of `targets.json`,
 * one command at a time, and says which bars are met. Exits with 1 if one is not.
 */

import { spawn } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import Table from 'cli-table3'
import { writeOutput } from '../src/cli/output-file.ts'
import { packageRoot } from './package-root.ts'
import {
  commandOf,
  evaluateTarget,
  failedTarget,
  parseTargets,
  type TargetLine,
  type TargetOutcome,
} from './target-line.ts'

const EXIT_SHORT = 1
const EXIT_USAGE = 2

const CLI_PATH = fileURLToPath(new URL('../src/cli/main.js', import.meta.url))

/** What one command wrote, or why it wrote nothing. */
type CommandResult = { readonly report: unknown } | { readonly error: string }

/**
 * Runs one command of the CLI to its end, in a folder for whatever files it writes. Its stderr is
 * this process's.
 */
async function runCommand(words: readonly string[], folder: string): Promise<CommandResult> {
  const child = spawn(process.execPath, [CLI_PATH, ...words], {
    cwd: folder,
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  let text = ''
  child.stdout.setEncoding('utf8').on('data', (chunk: string) => {
    text += chunk
  })
  const code = await new Promise<number | NodeJS.Signals | null>((resolve, reject) => {
    child.once('error', reject)
    child.once('close', (exitCode, signal) => resolve(exitCode ?? signal))
  })
  if (code !== 0) return { error: `khonsu ${words.join(' ')} ended with ${code}` }
  try {
    return { report: JSON.parse(text) }
  } catch {
    return { error: `khonsu ${words.join(' ')} wrote no JSON` }
  }
}

/** Measures the lines in their order; lines with the same command share its one run. */
async function measure(
  lines: readonly TargetLine[],
  folder: string,
): Promise<readonly TargetOutcome[]> {
  const results = new Map<string, CommandResult>()
  const outcomes: TargetOutcome[] = []
  for (const line of lines) {
    const words = commandOf(line)
    const command = words.join(' ')
    let result = results.get(command)
    if (result === undefined) {
      process.stderr.write(`khonsu ${command}\n`)
      result = await runCommand(words, folder)
      results.set(command, result)
    }
    outcomes.push(
      'report' in result ? evaluateTarget(line, result.report) : failedTarget(line, result.error),
    )
  }
  return outcomes
}

async function measureInScratchFolder(
  lines: readonly TargetLine[],
): Promise<readonly TargetOutcome[]> {
  const folder = mkdtempSync(join(tmpdir(), 'khonsu-targets-'))
  try {
    return await measure(lines, folder)
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

function formatOutcomes(outcomes: readonly TargetOutcome[]): string {
  const table = new Table({
    head: ['target', 'figure', 'bar', ''],
    colAligns: ['left', 'right', 'right', 'left'],
    style: { head: [], border: [], compact: true },
  })
  for (const { id, figure, op, target, pass, error } of outcomes) {
    const verdict = pass ? 'pass' : `short${error === undefined ? '' : `: ${error}`}`
    table.push([id, figure?.toFixed(3) ?? '-', `${op} ${target}`, verdict])
  }
  return table.toString()
}

function readOptions(): { readonly only: string; readonly json: string | undefined } {
  const { values } = parseArgs({ options: { only: { type: 'string' }, json: { type: 'string' } } })
  return { only: values.only ?? '', json: values.json }
}

async function main(): Promise<number> {
  const lines = parseTargets(readFileSync(join(packageRoot(), 'bench', 'targets.json'), 'utf8'))
  const { only, json } = readOptions()
  const chosen = lines.filter(({ id }) => id.startsWith(only))
  if (chosen.length === 0) {
    const ids = lines.map(({ id }) => id).join(', ')
    throw new RangeError(`no target begins with '${only}'; there are: ${ids}`)
  }
  const outcomes = await measureInScratchFolder(chosen)
  process.stdout.write(`${formatOutcomes(outcomes)}\n`)
  if (json !== undefined) {
    await writeOutput(json, `${JSON.stringify({ targets: outcomes }, null, 2)}\n`, '--json')
  }
  return outcomes.every(({ pass }) => pass) ? 0 : EXIT_SHORT
}

try {
  process.exitCode = await main()
} catch (error) {
  process.stderr.write(`error: ${error instanceof Error ? error.message : String(error)}\n`)
  process.exitCode = EXIT_USAGE
}
