import type { BenchReport, BenchRun } from '../bench-report.ts'
import type { BenchSettings } from '../bench-settings.ts'
import type { DeathsOutcome, DeathsSide } from '../deaths-run.ts'
import { describeMachine, findCommit } from '../machine.ts'
import type { RunWatch } from '../paired-session.ts'
import { median, pairedRatio } from '../statistics.ts'
import type { MeasurementWorkload } from '../workload.ts'

/**
 * What do threads that die at random moments do to a store and to those who go on? Survivors
 * transfer, while one thread after the other is ended, many of them in the middle of a commit.
 */
export const deaths: MeasurementWorkload = {
  kind: 'measurement',
  name: 'deaths',
  description: 'what threads that die at random moments leave to the others',
  defaults: {
    cellCount: 1_000,
    workerCounts: [2],
    seconds: 20,
    roundCount: 10,
    count: 1_000,
    countMin: 1,
  },
  measure: measureDeaths,
}

async function measureDeaths(settings: BenchSettings, watch: RunWatch): Promise<BenchReport> {
  const { EnduranceCrew } = await import('../endurance-crew.ts')
  const { runDeaths } = await import('../deaths-run.ts')
  const crew = await EnduranceCrew.open(settings, watch)
  try {
    const outcome = await runDeaths(crew, settings, watch)
    return await reportOf(settings, crew.updaterCount, outcome)
  } finally {
    await crew.close()
  }
}

async function reportOf(
  { count, isolation, seed }: BenchSettings,
  survivorCount: number,
  outcome: DeathsOutcome,
): Promise<BenchReport> {
  const { DEATHS_SIDES } = await import('../deaths-run.ts')
  const { lostBlocksMax } = await import('../remains.ts')
  const { deaths, early, end, faults, poolServes, sides } = outcome
  const lostBlocks = end.blocksUsed - early.blocksUsed
  const isWhole = Object.values(faults).every((faultCount) => faultCount === 0)
  const invariant = isWhole && poolServes && lostBlocks <= lostBlocksMax(count)
  const runOf = (side: DeathsSide): BenchRun => ({
    name: side,
    workers: survivorCount,
    isolation,
    throughputPerSecond: median(sides[side].throughputs),
    abortsByCause: sides[side].abortsByCause,
    latencyNs: null,
    invariant,
  })
  const ratio = pairedRatio(sides.deaths.throughputs, sides.departures.throughputs)
  return {
    workload: 'deaths',
    seed,
    node: process.version,
    commit: await findCommit(),
    machine: describeMachine(),
    runs: DEATHS_SIDES.map(runOf),
    figures: {
      'deaths/departures': ratio.median,
      ...deaths.figures,
      deathsPerSecond: sides.deaths.threadCount / sides.deaths.seconds,
      departures: sides.departures.threadCount,
      departuresPerSecond: sides.departures.threadCount / sides.departures.seconds,
      contentFaults: faults.contents,
      lockedCells: faults.lockedCells,
      leftSnapshots: faults.leftSnapshots,
      lostBlocks,
      arenaBytesPerDeath: (end.usedBytes - early.usedBytes) / count,
      usedBytesEnd: end.usedBytes,
      poolServes: poolServes ? 1 : 0,
    },
    ratios: { 'deaths/departures': ratio },
  }
}
