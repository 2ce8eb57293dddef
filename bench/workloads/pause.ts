import type { BenchReport, BenchRun } from '../bench-report.ts'
import type { BenchSettings } from '../bench-settings.ts'
import { STAGE_RUN } from '../endurance-board.ts'
import type { EnduranceCrew } from '../endurance-crew.ts'
import type { PauseJobInput, PauseKind, PauseOutcome } from '../jobs/pause-job.ts'
import { describeMachine, findCommit } from '../machine.ts'
import type { RunWatch } from '../paired-session.ts'
import { median, pairedRatio } from '../statistics.ts'
import type { MeasurementWorkload } from '../workload.ts'

const PAUSE_JOB_URL = new URL('../jobs/pause-job.js', import.meta.url)
const KINDS: readonly PauseKind[] = ['transact', 'explicit']
const WARM_UP_MS_MAX = 1_000
const MS_PER_SECOND = 1e3

/**
 * Does a thread that stops inside a transaction, as under a debugger, stop the others? It has read
 * and written cells that they work on. Their throughput meanwhile is compared with that before and
 * after.
 */
export const pause: MeasurementWorkload = {
  kind: 'measurement',
  name: 'pause',
  description: 'throughput of the others while one thread stops inside a transaction',
  defaults: { cellCount: 1_000, workerCounts: [2], seconds: 5, roundCount: 3 },
  measure: measurePause,
}

/** Transactions a second in the stretches of a run. */
interface Stretches {
  /** During the pauses. */
  readonly paused: { readonly [kind in PauseKind]: number[] }
  /** The mean of the stretches before and after each pause. */
  readonly normal: { readonly [kind in PauseKind]: number[] }
}

async function measurePause(settings: BenchSettings, watch: RunWatch): Promise<BenchReport> {
  const { EnduranceCrew } = await import('../endurance-crew.ts')
  const { PAUSED_CELL_COUNT } = await import('../jobs/pause-job.ts')
  const cellCount = Math.max(settings.cellCount, PAUSED_CELL_COUNT)
  const crew = await EnduranceCrew.open({ ...settings, cellCount }, watch)
  try {
    const input: PauseJobInput = { board: crew.board, kinds: KINDS }
    const job = crew.startJob<PauseOutcome[]>(PAUSE_JOB_URL, input)
    crew.board.enter(STAGE_RUN)
    crew.startUpdaters(0)
    await crew.until(() => crew.board.transactionCounts.every((count) => count > 0))
    const stretches = await runTurns(crew, settings, watch)
    await crew.end()
    return await reportOf(crew, settings, stretches, await job)
  } finally {
    await crew.close()
  }
}

/** A stretch without a pause, a pause of each kind in its turn, a stretch without, and so on. */
async function runTurns(
  crew: EnduranceCrew,
  { seconds, roundCount }: BenchSettings,
  { progress }: RunWatch,
): Promise<Stretches> {
  const { board } = crew
  const lengthMs = seconds * MS_PER_SECOND
  const stretches: Stretches = {
    paused: { transact: [], explicit: [] },
    normal: { transact: [], explicit: [] },
  }
  const stretch = (): Promise<number> => crew.throughputDuring(() => crew.sleep(lengthMs))
  await crew.sleep(Math.min(lengthMs, WARM_UP_MS_MAX))
  let before = await stretch()
  const turnCount = roundCount * KINDS.length
  for (let turn = 1; turn <= turnCount; turn++) {
    const kind = KINDS[(turn - 1) % KINDS.length] as PauseKind
    progress.show(`pause ${turn} of ${turnCount}, in ${kind}`)
    board.callTurn(turn)
    await crew.until(() => board.isInside(turn))
    stretches.paused[kind].push(await stretch())
    board.release(turn)
    await crew.until(() => board.isDone(turn))
    const after = await stretch()
    stretches.normal[kind].push((before + after) / 2)
    before = after
  }
  return stretches
}

async function reportOf(
  crew: EnduranceCrew,
  { seed, isolation }: BenchSettings,
  { paused, normal }: Stretches,
  outcomes: readonly PauseOutcome[],
): Promise<BenchReport> {
  const invariant = crew.holdsSum()
  const abortsByCause = crew.khonsu.stats().aborts.byCause
  const runOf = (name: string, throughputs: readonly number[]): BenchRun => ({
    name,
    workers: crew.updaterCount,
    isolation,
    throughputPerSecond: median(throughputs),
    abortsByCause: name === 'normal' ? abortsByCause : {},
    latencyNs: null,
    invariant,
  })
  const ratios = {
    'transact/normal': pairedRatio(paused.transact, normal.transact),
    'explicit/normal': pairedRatio(paused.explicit, normal.explicit),
  }
  return {
    workload: 'pause',
    seed,
    node: process.version,
    commit: await findCommit(),
    machine: describeMachine(),
    runs: [
      runOf('normal', [...normal.transact, ...normal.explicit]),
      ...KINDS.map((kind) => runOf(`pause in ${kind}`, paused[kind])),
    ],
    figures: {
      'paused/normal': Math.min(ratios['transact/normal'].median, ratios['explicit/normal'].median),
      'transact/normal': ratios['transact/normal'].median,
      'explicit/normal': ratios['explicit/normal'].median,
      ...outcomeFigures(outcomes),
    },
    ratios,
  }
}

/** How the paused transactions ended: committed after so many attempts, or with which error. */
function outcomeFigures(outcomes: readonly PauseOutcome[]): Record<string, number> {
  const figures: Record<string, number> = {}
  for (const { kind, code, attemptCount } of outcomes) {
    const ending = `${kind}: ${code ?? 'committed'}`
    figures[ending] = (figures[ending] ?? 0) + 1
    figures[`${kind}: attempts`] = (figures[`${kind}: attempts`] ?? 0) + attemptCount
  }
  return figures
}
