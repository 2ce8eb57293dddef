/**
 * Updates under snapshots: how far the arena grows. Shared by `churn` and `long-snapshot`, which
 * differ in their readers.
 */

import type { Stats } from '../src/index.ts'
import type { BenchReport } from './bench-report.ts'
import type { BenchSettings } from './bench-settings.ts'
import { type EnduranceBoard, STAGE_HOLD, STAGE_RUN } from './endurance-board.ts'
import { EnduranceCrew } from './endurance-crew.ts'
import { describeMachine, findCommit } from './machine.ts'
import type { RunWatch } from './paired-session.ts'

/** What a job with snapshots is given. */
export interface SnapshotJobInput {
  readonly board: EnduranceBoard
  readonly cellCount: number
  readonly seed: number
}

/** What it returns. */
export interface SnapshotTally {
  readonly snapshotCount: number
  readonly readCount: number
  /** Times that a snapshot was not what it had to be. */
  readonly faultCount: number
  /** How long it had a snapshot open. */
  readonly seconds: number
}

/** What tells one such workload from another. */
export interface EndurancePlan {
  readonly name: string
  readonly readerUrl: URL
  /** The run goes on until these have passed, too. */
  readonly secondsMin: number
}

/** A transfer writes two accounts. */
const UPDATES_PER_TRANSACTION = 2

/** The first look at the arena comes after so many updates, or after a tenth of a smaller run. */
const EARLY_UPDATE_COUNT_MAX = 1_000_000
const EARLY_SHARE = 10

/** Looks at the arena while updaters wait: readers take memory and give it back all the time. */
const LOOK_COUNT = 21
const LOOK_INTERVAL_MS = 20

const WATCH_INTERVAL_MS = 200
const MS_PER_SECOND = 1e3

/** What the main thread saw. */
interface Sightings {
  readonly early: Stats
  readonly end: Stats
  readonly peak: Peak
  /** Milliseconds in which the updaters worked. */
  readonly elapsedMs: number
}

/**
 * Runs the updaters beside one reader. Resolves to the report; a broken invariant is in the report,
 * not an exception.
 * @throws what a job throws, `ArenaFullError` above all, and the reason of the signal.
 */
export async function measureEndurance(
  plan: EndurancePlan,
  settings: BenchSettings,
  watch: RunWatch,
): Promise<BenchReport> {
  const crew = await EnduranceCrew.open(settings, watch)
  try {
    const { board } = crew
    const { cellCount, count, isolation, seed } = settings
    const input: SnapshotJobInput = { board, cellCount, seed }
    const reader = crew.startJob<SnapshotTally>(plan.readerUrl, input)
    await crew.until(() => board.isReady)
    const sightings = await runStages(crew, plan, count, watch)
    await crew.end()
    const tally = await reader
    return {
      workload: plan.name,
      seed,
      node: process.version,
      commit: await findCommit(),
      machine: describeMachine(),
      runs: [
        {
          name: 'updates',
          workers: crew.updaterCount,
          isolation,
          throughputPerSecond: (board.transactionCount * MS_PER_SECOND) / sightings.elapsedMs,
          abortsByCause: crew.khonsu.stats().aborts.byCause,
          latencyNs: null,
          invariant: crew.holdsSum(),
        },
        {
          name: 'snapshot reads',
          workers: 1,
          isolation: 'repeatable-read',
          throughputPerSecond: tally.readCount / tally.seconds,
          abortsByCause: {},
          latencyNs: null,
          invariant: tally.faultCount === 0,
        },
      ],
      figures: figuresOf(sightings, tally, board.transactionCount * UPDATES_PER_TRANSACTION),
      ratios: {},
    }
  } finally {
    await crew.close()
  }
}

/** Leads the updaters through a run. */
async function runStages(
  crew: EnduranceCrew,
  plan: EndurancePlan,
  updateCount: number,
  { progress }: RunWatch,
): Promise<Sightings> {
  const { board } = crew
  const earlyCount = Math.min(EARLY_UPDATE_COUNT_MAX, updateCount / EARLY_SHARE)
  const firstStretch = Math.ceil(earlyCount / UPDATES_PER_TRANSACTION / crew.updaterCount)
  const updates = (): number => board.transactionCount * UPDATES_PER_TRANSACTION
  const peak = new Peak()
  const onPoll = (): void => {
    if (peak.watch(crew)) progress.show(`${updates().toLocaleString('en')} updates`)
  }
  crew.startUpdaters(firstStretch)
  await crew.until(() => board.transactionCount > 0)
  const startedMs = performance.now()
  const isFirstDone = (): boolean => board.transactionCounts.every((done) => done >= firstStretch)
  await crew.until(isFirstDone, onPoll)
  const firstMs = performance.now() - startedMs
  const early = await look(crew)
  board.enter(STAGE_RUN)
  const resumedMs = performance.now()
  const workedMs = (): number => firstMs + performance.now() - resumedMs
  const secondsMin = plan.secondsMin * MS_PER_SECOND
  await crew.until(() => updates() >= updateCount && workedMs() >= secondsMin, onPoll)
  board.enter(STAGE_HOLD)
  const elapsedMs = workedMs()
  return { early, end: await look(crew), peak, elapsedMs }
}

/** The middle one, by used bytes, of several looks at the store. */
async function look(crew: EnduranceCrew): Promise<Stats> {
  const looks: Stats[] = []
  for (let count = 0; count < LOOK_COUNT; count++) {
    looks.push(crew.khonsu.stats())
    await crew.sleep(LOOK_INTERVAL_MS)
  }
  looks.sort((a, b) => a.memory.usedBytes - b.memory.usedBytes)
  return looks[LOOK_COUNT >> 1] as Stats
}

/** The most that was seen while the updaters worked; of chains the mean length, too. */
class Peak {
  usedBytes = 0
  versionBytes = 0
  chainLongest = 0
  #chainAverages = 0
  #lookCount = 0
  #nextMs = 0

  get chainAverage(): number {
    return this.#lookCount === 0 ? 0 : this.#chainAverages / this.#lookCount
  }

  /** Looks now and then; whether it did. */
  watch({ khonsu }: EnduranceCrew): boolean {
    if (performance.now() < this.#nextMs) return false
    const { memory, chains } = khonsu.stats()
    this.usedBytes = Math.max(this.usedBytes, memory.usedBytes)
    this.versionBytes = Math.max(this.versionBytes, versionBytes(memory))
    this.chainLongest = Math.max(this.chainLongest, chains.longest)
    this.#chainAverages += chains.average
    this.#lookCount++
    this.#nextMs = performance.now() + WATCH_INTERVAL_MS
    return true
  }
}

function figuresOf(
  { early, end, peak, elapsedMs }: Sightings,
  { snapshotCount, faultCount }: SnapshotTally,
  updates: number,
): BenchReport['figures'] {
  const usedBytesPeak = Math.max(peak.usedBytes, early.memory.usedBytes, end.memory.usedBytes)
  return {
    'end/early': end.memory.usedBytes / early.memory.usedBytes,
    'peak/early': usedBytesPeak / early.memory.usedBytes,
    usedBytesEarly: early.memory.usedBytes,
    usedBytesEnd: end.memory.usedBytes,
    usedBytesPeak,
    ...grownBytes(early, end),
    versionBytesPeak: peak.versionBytes,
    chainLongest: peak.chainLongest,
    chainAverage: peak.chainAverage,
    chainAverageEnd: end.chains.average,
    versionsPushed: end.chains.pushed,
    updates,
    updatesPerSecond: (updates * MS_PER_SECOND) / elapsedMs,
    seconds: elapsedMs / MS_PER_SECOND,
    snapshots: snapshotCount,
    snapshotFaults: faultCount,
  }
}

/** Bytes of the versions in chains; what the class has claimed may be more. */
function versionBytes({ byClass }: Stats['memory']): number {
  const versions = byClass.find(({ name }) => name === 'versions')
  return versions === undefined ? 0 : versions.blocksUsed * versions.blockLengthBytes
}

/** What the classes that grew or shrank have claimed at the end, less what they had. */
function grownBytes(early: Stats, end: Stats): BenchReport['figures'] {
  const claimed = new Map(early.memory.byClass.map((entry) => [entry.name, entry.claimedBytes]))
  const grown = end.memory.byClass.map(({ name, claimedBytes }) => {
    return [`grown bytes: ${name}`, claimedBytes - (claimed.get(name) ?? 0)] as const
  })
  return Object.fromEntries(grown.filter(([, bytes]) => bytes !== 0))
}
