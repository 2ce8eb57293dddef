import { spawn } from 'node:child_process'
import { mkdtemp, rm, stat } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { HistoryReport } from '../../src/history.ts'
import { loadAccounts } from '../accounts.ts'
import type { BenchReport } from '../bench-report.ts'
import type { BenchSettings } from '../bench-settings.ts'
import type { RecordJobInput } from '../jobs/record-job.ts'
import { describeMachine, findCommit } from '../machine.ts'
import type { RunWatch } from '../paired-session.ts'
import type { MeasurementWorkload } from '../workload.ts'
import { workerSeed } from '../xorshift32.ts'

const RECORD_JOB_URL = new URL('../jobs/record-job.js', import.meta.url)
const CLI_PATH = fileURLToPath(new URL('../../src/cli/main.js', import.meta.url))
const ARENA_BYTES_MIN = 256 * 2 ** 20
const ARENA_BYTES_PER_CELL = 1_024
const MS_PER_SECOND = 1e3

/** The files of one run, and what recording them took. */
interface Recording {
  readonly files: readonly string[]
  readonly bytes: number
  readonly seconds: number
  readonly abortsByCause: BenchReport['runs'][number]['abortsByCause']
}

/** Workers record transactions of five operations into files; then `khonsu check` checks them. */
export const checkHistory: MeasurementWorkload = {
  kind: 'measurement',
  name: 'check-history',
  description: 'the time that khonsu check takes for a million recorded transactions',
  defaults: { cellCount: 10_000, workerCounts: [2], count: 1_000_000 },
  measure: measureCheck,
}

async function measureCheck(settings: BenchSettings, watch: RunWatch): Promise<BenchReport> {
  const folder = await mkdtemp(join(tmpdir(), 'khonsu-history-'))
  try {
    watch.progress.show('recording')
    const recording = await record(settings, folder, watch.signal)
    watch.progress.show('checking')
    const startedMs = performance.now()
    const report = await check(recording.files, watch.signal)
    const checkSeconds = (performance.now() - startedMs) / MS_PER_SECOND
    return await reportOf(settings, recording, report, checkSeconds)
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}

async function record(
  { cellCount, count, isolation, seed, workerCounts }: BenchSettings,
  folder: string,
  signal: AbortSignal | undefined,
): Promise<Recording> {
  const { Khonsu } = await import('../../src/index.ts')
  const workers = Math.max(...workerCounts)
  const memory = Math.max(ARENA_BYTES_MIN, cellCount * ARENA_BYTES_PER_CELL)
  const khonsu = await Khonsu.open({ workers, isolation, memory })
  try {
    loadAccounts(khonsu, cellCount)
    const files = Array.from({ length: workers }, (_, i) => join(folder, `history-${i}.ndjson`))
    const inputOf = (workerIndex: number): RecordJobInput => ({
      file: files[workerIndex] as string,
      transactionCount: Math.ceil(count / workers),
      cellCount,
      seed: workerSeed(seed, workerIndex),
    })
    const startedMs = performance.now()
    await khonsu.runAll<typeof import('../jobs/record-job.ts')>(
      RECORD_JOB_URL,
      inputOf,
      signal === undefined ? {} : { signal },
    )
    const seconds = (performance.now() - startedMs) / MS_PER_SECOND
    const stats = await Promise.all(files.map((file) => stat(file)))
    const bytes = stats.reduce((sum, { size }) => sum + size, 0)
    return { files, bytes, seconds, abortsByCause: khonsu.stats().aborts.byCause }
  } finally {
    await khonsu.close()
  }
}

/** Runs the command in a process of its own, as a user does. */
async function check(
  files: readonly string[],
  signal: AbortSignal | undefined,
): Promise<HistoryReport> {
  const child = spawn(process.execPath, [CLI_PATH, 'check', ...files, '--json'], {
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  const interrupt = (): boolean => child.kill('SIGTERM')
  signal?.addEventListener('abort', interrupt, { once: true })
  let text = ''
  let errors = ''
  child.stdout.setEncoding('utf8').on('data', (chunk: string) => {
    text += chunk
  })
  child.stderr.setEncoding('utf8').on('data', (chunk: string) => {
    errors += chunk
  })
  try {
    await new Promise((resolve, reject) => child.once('error', reject).once('close', resolve))
  } finally {
    signal?.removeEventListener('abort', interrupt)
  }
  signal?.throwIfAborted()
  if (text === '') throw new Error(`khonsu check wrote no report: ${errors.trimEnd()}`)
  return JSON.parse(text) as HistoryReport
}

async function reportOf(
  { count, isolation, seed, workerCounts }: BenchSettings,
  recording: Recording,
  report: HistoryReport,
  checkSeconds: number,
): Promise<BenchReport> {
  return {
    workload: 'check-history',
    seed,
    node: process.version,
    commit: await findCommit(),
    machine: describeMachine(),
    runs: [
      {
        name: 'record',
        workers: Math.max(...workerCounts),
        isolation,
        throughputPerSecond: report.committed / recording.seconds,
        abortsByCause: recording.abortsByCause,
        latencyNs: null,
        invariant: report.committed >= count,
      },
      {
        name: 'check',
        workers: 1,
        isolation,
        throughputPerSecond: report.committed / checkSeconds,
        abortsByCause: {},
        latencyNs: null,
        invariant: report.passed,
      },
    ],
    figures: {
      checkSeconds,
      recordSeconds: recording.seconds,
      committed: report.committed,
      attempts: report.attempts,
      operations: report.reads + report.writes,
      historyBytes: recording.bytes,
    },
    ratios: {},
  }
}
