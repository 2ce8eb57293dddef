import type { SerializableMode } from '../../src/index.ts'
import type { BenchReport, BenchRun } from '../bench-report.ts'
import type { BenchSettings } from '../bench-settings.ts'
import { STAGE_RUN } from '../endurance-board.ts'
import type { EnduranceCrew } from '../endurance-crew.ts'
import type { SummaryJobInput, SummaryTally } from '../jobs/summary-job.ts'
import { describeMachine, findCommit } from '../machine.ts'
import type { RunWatch } from '../paired-session.ts'
import { median, pairedRatio } from '../statistics.ts'
import type { MeasurementWorkload } from '../workload.ts'

const SUMMARY_JOB_URL = new URL('../jobs/summary-job.js', import.meta.url)
const MODES: readonly SerializableMode[] = ['ssi', 'occ']
const WARM_UP_MS_MAX = 1_000
const MS_PER_SECOND = 1e3

/** A summary reads so much of all accounts. */
const READ_SHARE = 10

/**
 * Long transactions that read much and write little, under a storm of updates: one worker sums up a
 * tenth of the accounts and writes that down, again and again, with one attempt each; the others
 * transfer. Who aborts on any stale read hardly ever gets through. Stretches with and without the
 * summaries take turns.
 */
export const scanUpdate: MeasurementWorkload = {
  kind: 'measurement',
  name: 'scan-update',
  description: 'summaries of a tenth of the accounts beside transfers, judged or not',
  defaults: { cellCount: 100_000, workerCounts: [2], seconds: 1, roundCount: 8 },
  measure: measureScanUpdate,
}

/** What one mode came to. */
interface ModeResult {
  readonly mode: SerializableMode
  /** Transfers a second without summaries, and with them, by round. */
  readonly alone: readonly number[]
  readonly beside: readonly number[]
  readonly tally: SummaryTally
  readonly abortsByCause: BenchRun['abortsByCause']
  readonly invariant: boolean
}

async function measureScanUpdate(settings: BenchSettings, watch: RunWatch): Promise<BenchReport> {
  const workers = Math.max(2, ...settings.workerCounts)
  const results: ModeResult[] = []
  for (const mode of MODES) results.push(await measureMode(mode, workers, settings, watch))
  const { seed, isolation } = settings
  const figures: Record<string, number> = {}
  const ratios: Record<string, BenchReport['ratios'][string]> = {}
  for (const { mode, alone, beside, tally } of results) {
    ratios[`${mode}: transfers/alone`] = pairedRatio(beside, alone)
    figures[`${mode}: transfers/alone`] = ratios[`${mode}: transfers/alone`]?.median as number
    figures[`${mode}: committed at once`] = tally.committed / tally.tried
    figures[`${mode}: summaries tried`] = tally.tried
  }
  return {
    workload: 'scan-update',
    seed,
    node: process.version,
    commit: await findCommit(),
    machine: describeMachine(),
    runs: results.flatMap(({ mode, alone, beside, tally, abortsByCause, invariant }) => {
      const runOf = (name: string, count: number, throughputPerSecond: number): BenchRun => ({
        name: `${mode}: ${name}`,
        workers: count,
        isolation,
        throughputPerSecond,
        abortsByCause: name === 'summaries' ? abortsByCause : {},
        latencyNs: null,
        invariant,
      })
      return [
        runOf('transfers alone', workers - 1, median(alone)),
        runOf('transfers beside summaries', workers - 1, median(beside)),
        runOf('summaries', 1, tally.committed / tally.seconds),
      ]
    }),
    figures,
    ratios,
  }
}

async function measureMode(
  mode: SerializableMode,
  workers: number,
  settings: BenchSettings,
  watch: RunWatch,
): Promise<ModeResult> {
  const { EnduranceCrew } = await import('../endurance-crew.ts')
  const { cellCount, seed } = settings
  const crew = await EnduranceCrew.open({ ...settings, workerCounts: [workers - 1] }, watch, {
    serializable: mode,
  })
  try {
    const readCount = Math.max(1, Math.trunc(cellCount / READ_SHARE))
    const input: SummaryJobInput = { board: crew.board, cellCount, readCount, seed }
    const job = crew.startJob<SummaryTally>(SUMMARY_JOB_URL, input)
    crew.board.enter(STAGE_RUN)
    crew.startUpdaters(0)
    await crew.until(() => crew.board.transactionCounts.every((count) => count > 0))
    const stretches = await runTurns(mode, crew, settings, watch)
    await crew.end()
    const abortsByCause = crew.khonsu.stats().aborts.byCause
    return { mode, ...stretches, tally: await job, abortsByCause, invariant: crew.holdsSum() }
  } finally {
    await crew.close()
  }
}

async function runTurns(
  mode: SerializableMode,
  crew: EnduranceCrew,
  { seconds, roundCount }: BenchSettings,
  { progress }: RunWatch,
): Promise<Pick<ModeResult, 'alone' | 'beside'>> {
  const { board } = crew
  const lengthMs = seconds * MS_PER_SECOND
  const stretch = (): Promise<number> => crew.throughputDuring(() => crew.sleep(lengthMs))
  await crew.sleep(Math.min(lengthMs, WARM_UP_MS_MAX))
  const alone: number[] = []
  const beside: number[] = []
  for (let turn = 1; turn <= roundCount; turn++) {
    progress.show(`${mode}, round ${turn} of ${roundCount}`)
    alone.push(await stretch())
    board.callTurn(turn)
    beside.push(await stretch())
    board.release(turn)
    await crew.until(() => board.isDone(turn))
  }
  return { alone, beside }
}
