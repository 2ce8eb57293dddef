import type { RecordableHistogram } from 'node:perf_hooks'
import type { Khonsu } from '../../src/index.ts'
import type { BenchReport, BenchRun } from '../bench-report.ts'
import type { BenchSettings } from '../bench-settings.ts'
import type { HandOverJobInput } from '../jobs/hand-over-job.ts'
import type { JudgeJobInput, JudgeTally } from '../jobs/judge-job.ts'
import { describeMachine, findCommit } from '../machine.ts'
import type { RunWatch } from '../paired-session.ts'
import { type LatencyNs, latencyOf, median } from '../statistics.ts'
import type { MeasurementWorkload } from '../workload.ts'

const JUDGE_JOB_URL = new URL('../jobs/judge-job.js', import.meta.url)
const HAND_OVER_JOB_URL = new URL('../jobs/hand-over-job.js', import.meta.url)
const MEMORY_BYTES = 2 ** 27
const SPINNING_ROUND_TRIPS = 200_000
const SLEEPING_ROUND_TRIPS = 20_000

/**
 * What being judged costs: transactions each of which has a stale read, of cells that only its own
 * worker touches, and the time of their commits. Beside it the round trip to another thread, which
 * spins or sleeps, and which would have to come on top if a thread of its own judged.
 */
export const judge: MeasurementWorkload = {
  kind: 'measurement',
  name: 'judge',
  description: 'commits with a stale read, and what handing them to another thread would add',
  defaults: { cellCount: 4, workerCounts: [1, 2], seconds: 2, roundCount: 3 },
  measure: measureJudge,
}

/** One number of workers. */
interface Judged {
  readonly run: BenchRun
  readonly perSecond: number
}

async function measureJudge(settings: BenchSettings, watch: RunWatch): Promise<BenchReport> {
  const { Khonsu } = await import('../../src/index.ts')
  const { seed, workerCounts } = settings
  const figures: Record<string, number> = {}
  const runs: BenchRun[] = []
  for (const workers of workerCounts) {
    await using khonsu = await Khonsu.open({ workers, memory: MEMORY_BYTES })
    const { run, perSecond } = await measureWorkers(khonsu, workers, settings, watch)
    runs.push(run)
    figures[`judged commits@${workers}`] = perSecond
  }
  await using pair = await Khonsu.open({ workers: 2, memory: MEMORY_BYTES })
  for (const [name, sleeps] of [
    ['spinning', false],
    ['sleeping', true],
  ] as const) {
    watch.progress.show(`hand-over, ${name}`)
    const latencyNs = await measureHandOver(pair, sleeps, watch)
    runs.push(handOverRun(name, latencyNs))
    if (latencyNs === null) continue
    figures[`hand-over ${name}: p50 ns`] = latencyNs.p50
    figures[`hand-over ${name}: p99 ns`] = latencyNs.p99
  }
  return {
    workload: 'judge',
    seed,
    node: process.version,
    commit: await findCommit(),
    machine: describeMachine(),
    runs,
    figures,
    ratios: {},
  }
}

async function measureWorkers(
  khonsu: Khonsu,
  workers: number,
  { seconds, roundCount, isolation }: BenchSettings,
  { progress, signal }: RunWatch,
): Promise<Judged> {
  const throughputs: number[] = []
  const histograms: RecordableHistogram[] = []
  let committed = 0
  for (let round = 1; round <= roundCount; round++) {
    progress.show(`${workers} workers, round ${round} of ${roundCount}`)
    const inputOf = (workerIndex: number): JudgeJobInput => ({ workerIndex, seconds })
    const options = signal === undefined ? {} : { signal }
    const tallies = (await khonsu.runAll(JUDGE_JOB_URL, inputOf, options)) as JudgeTally[]
    throughputs.push(tallies.reduce((sum, tally) => sum + tally.committed / tally.seconds, 0))
    committed += tallies.reduce((sum, tally) => sum + tally.committed, 0)
    histograms.push(...tallies.map(({ latencyNs }) => latencyNs))
  }
  const perSecond = median(throughputs)
  const { aborts, judgedCommits } = khonsu.stats()
  const run: BenchRun = {
    name: 'judged commits',
    workers,
    isolation,
    throughputPerSecond: perSecond,
    abortsByCause: aborts.byCause,
    latencyNs: latencyOf(histograms),
    invariant: judgedCommits === committed,
  }
  return { run, perSecond }
}

async function measureHandOver(
  khonsu: Khonsu,
  sleeps: boolean,
  { signal }: RunWatch,
): Promise<LatencyNs | null> {
  const { HAND_OVER_WORD_COUNT } = await import('../jobs/hand-over-job.ts')
  const words = new Int32Array(new SharedArrayBuffer(HAND_OVER_WORD_COUNT * 4))
  const count = sleeps ? SLEEPING_ROUND_TRIPS : SPINNING_ROUND_TRIPS
  const inputOf = (workerIndex: number): HandOverJobInput => ({
    words,
    answers: workerIndex === 0,
    sleeps,
    count,
  })
  const options = signal === undefined ? {} : { signal }
  const histograms = await khonsu.runAll(HAND_OVER_JOB_URL, inputOf, options)
  return latencyOf(histograms.filter((one) => one !== null) as RecordableHistogram[])
}

function handOverRun(name: string, latencyNs: LatencyNs | null): BenchRun {
  return {
    name: `hand-over, ${name}`,
    workers: 2,
    isolation: 'none',
    throughputPerSecond: latencyNs === null ? 0 : 1e9 / latencyNs.p50,
    abortsByCause: {},
    latencyNs,
    invariant: true,
  }
}
