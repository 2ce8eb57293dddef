import { Khonsu } from '../src/index.ts'
import type { BenchReport, BenchRun } from './bench-report.ts'
import type { BenchSettings } from './bench-settings.ts'
import { describeMachine, findCommit } from './machine.ts'
import { PairedSession, type RunWatch, type Tally } from './paired-session.ts'
import { timerCostNs } from './slice.ts'
import { median } from './statistics.ts'
import { ratiosOf, variantName } from './variant.ts'
import type { ThroughputWorkload } from './workload.ts'

const NS_PER_SECOND = 1e9

/** Arena bytes to reserve: pages cost nothing until they are used. */
const ARENA_BYTES_MIN = 256 * 2 ** 20
const ARENA_BYTES_PER_CELL = 512

/**
 * Runs a throughput workload beside its control. Resolves to the report; a broken invariant is in
 * the report, not an exception.
 * @throws what the workload's bodies throw, and the reason of the signal.
 */
export async function measurePaired(
  workload: ThroughputWorkload,
  settings: BenchSettings,
  watch: RunWatch,
): Promise<BenchReport> {
  const { cellCount, isolation } = settings
  watch.progress.show('loading')
  const bytesMin = workload.defaults.arenaBytesMin ?? ARENA_BYTES_MIN
  const memory = Math.max(bytesMin, cellCount * ARENA_BYTES_PER_CELL)
  const khonsu = await Khonsu.open({ workers: 0, isolation, memory })
  try {
    workload.prepare(khonsu, cellCount)
    const session = await PairedSession.start(khonsu, workload, settings, watch)
    await session.run()
    return await reportOf(workload, settings, session)
  } finally {
    watch.progress.end()
    await khonsu.close()
  }
}

async function reportOf(
  workload: ThroughputWorkload,
  settings: BenchSettings,
  { tallies, totals, engineRun }: PairedSession,
): Promise<BenchReport> {
  const runs = tallies.map((tally) => runOf(tally, settings.isolation))
  const ratios = ratiosOf(
    settings.workerCounts,
    new Map(tallies.map((tally) => [variantName(tally.variant), tally.throughputs])),
  )
  const figures: Record<string, number> = { timerNs: timerCostNs() }
  for (const { name, workers, throughputPerSecond } of runs) {
    figures[`${name}Ns@${workers}`] = (workers * NS_PER_SECOND) / throughputPerSecond
  }
  Object.assign(figures, ratesOf(runs, workload.perTransaction?.(engineRun) ?? {}))
  for (const [name, ratio] of Object.entries(ratios)) figures[name] = ratio.median
  figures.attempts = totals.attempts
  figures.commits = totals.commits
  for (const [cause, aborts] of Object.entries(totals.abortsByCause)) {
    if (aborts > 0) figures[`aborts: ${cause}`] = aborts
  }
  Object.assign(figures, workload.figures?.(engineRun))
  return {
    workload: workload.name,
    seed: settings.seed,
    node: process.version,
    commit: await findCommit(),
    machine: describeMachine(),
    runs,
    figures,
    ratios,
  }
}

/** Returns what the engine did in a second with each number of workers: `scansPerSecond@2`. */
function ratesOf(
  runs: readonly BenchRun[],
  perTransaction: Readonly<Record<string, number>>,
): Record<string, number> {
  const rates: Record<string, number> = {}
  for (const { name: side, workers, throughputPerSecond } of runs) {
    if (side !== 'engine') continue
    for (const [name, average] of Object.entries(perTransaction)) {
      rates[`${name}PerSecond@${workers}`] = average * throughputPerSecond
    }
  }
  return rates
}

function runOf(tally: Tally, isolation: string): BenchRun {
  return {
    name: tally.variant.side,
    workers: tally.variant.workerCount,
    isolation: tally.variant.side === 'engine' ? isolation : 'none',
    throughputPerSecond: median(tally.throughputs),
    abortsByCause: tally.abortsByCause,
    latencyNs: tally.latencyNs,
    invariant: tally.invariant,
  }
}
