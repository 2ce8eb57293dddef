import type { Khonsu } from '../../src/index.ts'
import type { BenchReport, BenchRun } from '../bench-report.ts'
import type { BenchSettings } from '../bench-settings.ts'
import { type AppendJobInput, type AppendTally, numberedRows } from '../jobs/append-job.ts'
import { clearPlainLog, createPlainLog, type PlainAppendInput } from '../jobs/plain-append-job.ts'
import { describeMachine, findCommit } from '../machine.ts'
import type { RunWatch } from '../paired-session.ts'
import { median, pairedRatio, type Spread } from '../statistics.ts'
import type { MeasurementWorkload } from '../workload.ts'

const JOB_URL = new URL('../jobs/append-job.js', import.meta.url)
const PLAIN_JOB_URL = new URL('../jobs/plain-append-job.js', import.meta.url)
const KEY = 'log'
const BASE_ROWS = 100_000
const ARENA_BYTES = 2 ** 30
const LOOK_INTERVAL_MS = 20
const PLAIN_ROWS_MAX = 20_000_000

/** Writer of the rows that are there in the beginning. */
const NOBODY = -1

/**
 * Workers append single rows to one batch of 100,000, a transaction for each, while the main thread reads
 * it: each time all rows of each writer up to some number, in their order. In the end none is missing
 * and none is there twice. The control puts the same rows into typed arrays under a lock by hand.
 */
export const arrowAppend: MeasurementWorkload = {
  kind: 'measurement',
  name: 'arrow-append',
  description: 'workers that append single rows to one batch of 100k rows, beside a reader',
  defaults: { cellCount: 1, cellCountMin: 1, workerCounts: [1, 2], seconds: 2, roundCount: 3 },
  measure: measureAppend,
}

/** One number of workers. */
interface Measured {
  readonly run: BenchRun
  readonly control: BenchRun
  readonly ratio: Spread
}

/** How far each writer has come, and what was wrong. */
class LogAudit {
  readonly next = new Map<number, number>()
  isSound = true

  /** Looks at a whole batch. */
  look(khonsu: Khonsu): number {
    return khonsu.transact((tx) => {
      const writers = tx.column(KEY, 'writer')?.values ?? []
      const numbers = tx.column(KEY, 'number')?.values ?? []
      const next = new Map<number, number>()
      for (let i = 0; i < writers.length; i++) {
        const writer = Number(writers[i])
        const expected = next.get(writer) ?? 0
        if (numbers[i] !== expected) this.isSound = false
        next.set(writer, expected + 1)
      }
      for (const [writer, count] of this.next) {
        if ((next.get(writer) ?? 0) < count) this.isSound = false
      }
      for (const [writer, count] of next) this.next.set(writer, count)
      return writers.length
    })
  }
}

async function measureAppend(settings: BenchSettings, watch: RunWatch): Promise<BenchReport> {
  const { Khonsu } = await import('../../src/index.ts')
  const runs: BenchRun[] = []
  const figures: Record<string, number> = {}
  const ratios: Record<string, Spread> = {}
  for (const workers of settings.workerCounts) {
    await using khonsu = await Khonsu.open({ workers, memory: ARENA_BYTES })
    const { run, control, ratio } = await measureWorkers(khonsu, workers, settings, watch)
    runs.push(run, control)
    ratios[`appends/control@${workers}`] = ratio
    figures[`appends/control@${workers}`] = ratio.median
    figures[`appends@${workers}`] = run.throughputPerSecond
    figures[`aborts@${workers}`] = khonsu.stats().aborts.total
    figures[`sound@${workers}`] = run.invariant ? 1 : 0
  }
  return {
    workload: 'arrow-append',
    seed: settings.seed,
    node: process.version,
    commit: await findCommit(),
    machine: describeMachine(),
    runs,
    figures,
    ratios,
  }
}

async function measureWorkers(
  khonsu: Khonsu,
  workers: number,
  { seconds, roundCount, isolation }: BenchSettings,
  { progress, signal }: RunWatch,
): Promise<Measured> {
  khonsu.transact((tx) => tx.set(KEY, numberedRows(NOBODY, 0, BASE_ROWS)))
  const audit = new LogAudit()
  const appended = Array.from({ length: workers }, () => 0)
  const perSecond: number[] = []
  const plainPerSecond: number[] = []
  const log = createPlainLog(PLAIN_ROWS_MAX)
  for (let round = 1; round <= roundCount; round++) {
    progress.show(`${workers} workers, round ${round} of ${roundCount}`)
    const inputOf = (writer: number): AppendJobInput => {
      return { key: KEY, writer, first: appended[writer] as number, seconds }
    }
    const options = signal === undefined ? {} : { signal }
    const running = khonsu.runAll(JOB_URL, inputOf, options) as Promise<AppendTally[]>
    const looks = setInterval(() => audit.look(khonsu), LOOK_INTERVAL_MS)
    const tallies = await running.finally(() => clearInterval(looks))
    for (const [writer, tally] of tallies.entries()) {
      appended[writer] = (appended[writer] as number) + tally.appended
    }
    perSecond.push(rateOf(tallies))
    clearPlainLog(log)
    const plainInputOf = (writer: number): PlainAppendInput => ({ log, writer, seconds })
    plainPerSecond.push(
      rateOf((await khonsu.runAll(PLAIN_JOB_URL, plainInputOf, options)) as AppendTally[]),
    )
  }
  const rowCount = audit.look(khonsu)
  const total = appended.reduce((sum, count) => sum + count, BASE_ROWS)
  const run: BenchRun = {
    name: 'appends',
    workers,
    isolation,
    throughputPerSecond: median(perSecond),
    abortsByCause: khonsu.stats().aborts.byCause,
    latencyNs: null,
    invariant: audit.isSound && rowCount === total,
  }
  const control: BenchRun = {
    ...run,
    name: 'control',
    isolation: 'none',
    throughputPerSecond: median(plainPerSecond),
    abortsByCause: {},
    invariant: true,
  }
  return { run, control, ratio: pairedRatio(perSecond, plainPerSecond) }
}

function rateOf(tallies: readonly AppendTally[]): number {
  return tallies.reduce((sum, tally) => sum + tally.appended / tally.seconds, 0)
}
