import type { Khonsu, Stats } from '../src/index.ts'
import type { BenchSettings } from './bench-settings.ts'
import { Crew, type CrewResult } from './crew.ts'
import { Ledger } from './ledger.ts'
import type { Progress } from './progress.ts'
import type { Side, SliceOrder } from './slice.ts'
import { type LatencyNs, latencyOf } from './statistics.ts'
import { orderOfRound, type Variant, variantName, variantsOf } from './variant.ts'
import type { Observation, Seat, SideRun, ThroughputWorkload } from './workload.ts'
import { workerSeed } from './xorshift32.ts'

/** What is gathered of one variant while the rounds run. */
export interface Tally {
  readonly variant: Variant
  /** One a round, in transactions a second. */
  readonly throughputs: number[]
  readonly abortsByCause: Record<string, number>
  invariant: boolean
  latencyNs: LatencyNs | null
}

/** Attempts, and how they ended. */
interface EngineTotals {
  attempts: number
  commits: number
  readonly abortsByCause: Record<string, number>
}

interface SliceOutcome extends CrewResult {
  readonly abortsByCause: Readonly<Record<string, number>>
}

/** How a run is watched, and how it is given up. */
export interface RunWatch {
  readonly progress: Progress
  /** When it aborts, the run rejects with its reason after the slice that is under way. */
  readonly signal?: AbortSignal
}

const WARM_UP_SECONDS_MAX = 1
const LATENCY_SECONDS_MAX = 1
const NS_PER_SECOND = 1e9

/**
 * The slices of one run, in phases: warm-up, rounds, what is left of the attempts that must be made,
 * latency. Every round gives each variant one slice in the same threads. Single transactions are
 * timed in slices of their own, so that the clock does not slow what is compared.
 */
export class PairedSession {
  readonly tallies: readonly Tally[]
  /** What the engine did in the slices of all phases. */
  readonly totals: EngineTotals = { attempts: 0, commits: 0, abortsByCause: {} }
  /** The engine's side, as its workload sees it. */
  readonly engineRun: SideRun
  readonly #khonsu: Khonsu
  readonly #settings: BenchSettings
  readonly #watch: RunWatch
  readonly #crew: Crew
  readonly #observe: { readonly [side in Side]: () => readonly Observation[] }

  private constructor(
    khonsu: Khonsu,
    settings: BenchSettings,
    watch: RunWatch,
    crew: Crew,
    engineRun: SideRun,
    observe: { readonly [side in Side]: () => readonly Observation[] },
  ) {
    this.#khonsu = khonsu
    this.#settings = settings
    this.#watch = watch
    this.#crew = crew
    this.engineRun = engineRun
    this.#observe = observe
    this.tallies = variantsOf(settings.workerCounts).map((variant) => ({
      variant,
      throughputs: [],
      abortsByCause: {},
      invariant: true,
      latencyNs: null,
    }))
  }

  /** Starts the workers on a store that the workload has filled. */
  static async start(
    khonsu: Khonsu,
    workload: ThroughputWorkload,
    settings: BenchSettings,
    watch: RunWatch,
  ): Promise<PairedSession> {
    const { cellCount, isolation } = settings
    const seats = seatsOf(settings)
    const control = workload.control.create(cellCount)
    const ledgers = { engine: Ledger.create(seats.length), control: Ledger.create(seats.length) }
    const plan = { workloadName: workload.name, control, ledgers, seats }
    const crew = await Crew.start(khonsu, plan)
    const runOf = (side: Side): SideRun => ({ cellCount, isolation, seats, ledger: ledgers[side] })
    const runs = { engine: runOf('engine'), control: runOf('control') }
    return new PairedSession(khonsu, settings, watch, crew, runs.engine, {
      engine: () => workload.observe(khonsu, runs.engine),
      control: () => workload.control.observe(control, runs.control),
    })
  }

  /** Runs all phases and ends the workers. @throws what a worker threw, or the signal's reason. */
  async run(): Promise<void> {
    try {
      await this.#warmUp()
      await this.#runRounds()
      await this.#makeAttempts()
      await this.#measureLatency()
    } catch (error) {
      await this.#crew.terminate()
      throw error
    }
    await this.#crew.stop()
  }

  /** Long enough for both sides to be compiled, with each number of workers. */
  async #warmUp(): Promise<void> {
    const seconds = Math.min(WARM_UP_SECONDS_MAX, this.#settings.seconds)
    for (const tally of this.tallies) {
      await this.#slice(tally, 'throughput', seconds, 'warming up')
      this.#checkInvariant(tally)
    }
  }

  async #runRounds(): Promise<void> {
    const { roundCount, seconds } = this.#settings
    for (let round = 0; round < roundCount; round++) {
      for (const tally of orderOfRound(this.tallies, round)) {
        const phase = `round ${round + 1} of ${roundCount}`
        const result = await this.#slice(tally, 'throughput', seconds / roundCount, phase)
        tally.throughputs.push(result.throughputPerSecond)
        addCounts(tally.abortsByCause, result.abortsByCause)
        if (round === roundCount - 1) this.#checkInvariant(tally)
      }
    }
  }

  /** The engine goes on, with the most workers, until as many attempts are made as are asked for. */
  async #makeAttempts(): Promise<void> {
    const { count, roundCount, seconds } = this.#settings
    if (this.totals.attempts >= count) return
    const engines = this.tallies.filter(({ variant }) => variant.side === 'engine')
    const tally = engines[engines.length - 1] as Tally
    while (this.totals.attempts < count) {
      const phase = `${this.totals.attempts.toLocaleString('en')} attempts`
      await this.#slice(tally, 'throughput', seconds / roundCount, phase)
    }
    this.#checkInvariant(tally)
  }

  async #measureLatency(): Promise<void> {
    const seconds = Math.min(LATENCY_SECONDS_MAX, this.#settings.seconds)
    for (const tally of this.tallies) {
      const { latenciesNs } = await this.#slice(tally, 'latency', seconds, 'latency')
      tally.latencyNs = latencyOf(latenciesNs)
      this.#checkInvariant(tally)
    }
  }

  async #slice(
    { variant }: Tally,
    kind: SliceOrder['kind'],
    seconds: number,
    phase: string,
  ): Promise<SliceOutcome> {
    const { progress, signal } = this.#watch
    signal?.throwIfAborted()
    progress.show(`${phase}, ${variantName(variant)}`)
    const before = this.#khonsu.stats()
    const order = { kind, ...variant, durationNs: seconds * NS_PER_SECOND }
    const result = await this.#crew.run(order)
    return { ...result, abortsByCause: this.#addToTotals(before, this.#khonsu.stats()) }
  }

  /** Returns the aborts between two looks. The control makes none, and no attempts. */
  #addToTotals(before: Stats, after: Stats): Record<string, number> {
    const abortsByCause: Record<string, number> = {}
    addDifference(abortsByCause, before.aborts.byCause, after.aborts.byCause)
    addCounts(this.totals.abortsByCause, abortsByCause)
    this.totals.attempts += after.attempts - before.attempts
    this.totals.commits += after.commits - before.commits
    return abortsByCause
  }

  #checkInvariant(tally: Tally): void {
    const observations = this.#observe[tally.variant.side]()
    if (observations.some(({ expected, actual }) => expected !== actual)) tally.invariant = false
  }
}

function seatsOf({ cellCount, seed, workerCounts }: BenchSettings): readonly Seat[] {
  const workerCount = Math.max(...workerCounts)
  return Array.from({ length: workerCount }, (_, workerIndex) => {
    return { workerIndex, workerCount, cellCount, seed: workerSeed(seed, workerIndex) }
  })
}

/** Adds what has come to each count between two looks. */
export function addDifference(
  into: Record<string, number>,
  before: Readonly<Record<string, number>>,
  after: Readonly<Record<string, number>>,
): void {
  for (const [cause, count] of Object.entries(after)) {
    into[cause] = (into[cause] ?? 0) + count - (before[cause] ?? 0)
  }
}

function addCounts(into: Record<string, number>, counts: Readonly<Record<string, number>>): void {
  addDifference(into, {}, counts)
}
