import type { Khonsu } from '../src/index.ts'
import type { BenchSettings } from './bench-settings.ts'
import { Crew, type CrewResult } from './crew.ts'
import type { Progress } from './progress.ts'
import type { Side, SliceOrder } from './slice.ts'
import { type LatencyNs, latencyOf } from './statistics.ts'
import { createControlCells, sumControlCells } from './two-lock-control.ts'
import { orderOfRound, type Variant, variantName, variantsOf } from './variant.ts'
import type { Observation, ThroughputWorkload } from './workload.ts'

/** What is gathered of one variant while the rounds run. */
export interface Tally {
  readonly variant: Variant
  /** One a round, in transactions a second. */
  readonly throughputs: number[]
  readonly abortsByCause: Record<string, number>
  invariant: boolean
  latencyNs: LatencyNs | null
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
 * The slices of one run, in three phases: warm-up, rounds, latency. Every round gives each variant
 * one slice in the same threads. Single transactions are timed in slices of their own, so that the
 * clock does not slow what is compared.
 */
export class PairedSession {
  readonly tallies: readonly Tally[]
  readonly #khonsu: Khonsu
  readonly #settings: BenchSettings
  readonly #watch: RunWatch
  readonly #crew: Crew
  readonly #observe: { readonly [side in Side]: () => Observation }

  private constructor(
    khonsu: Khonsu,
    settings: BenchSettings,
    watch: RunWatch,
    crew: Crew,
    observe: { readonly [side in Side]: () => Observation },
  ) {
    this.#khonsu = khonsu
    this.#settings = settings
    this.#watch = watch
    this.#crew = crew
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
    const { cellCount, seed, workerCounts } = settings
    const control = createControlCells(cellCount)
    const controlSum = sumControlCells(control)
    const crew = await Crew.start(khonsu, {
      workloadName: workload.name,
      workerCount: Math.max(...workerCounts),
      cellCount,
      control,
      seed,
    })
    return new PairedSession(khonsu, settings, watch, crew, {
      engine: () => workload.observe(khonsu, cellCount),
      control: () => ({ expected: controlSum, actual: sumControlCells(control) }),
    })
  }

  /** Runs all phases and ends the workers. @throws what a worker threw, or the signal's reason. */
  async run(): Promise<void> {
    try {
      await this.#warmUp()
      await this.#runRounds()
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
        const before = this.#abortsByCause(tally.variant)
        const phase = `round ${round + 1} of ${roundCount}`
        const result = await this.#slice(tally, 'throughput', seconds / roundCount, phase)
        tally.throughputs.push(result.throughputPerSecond)
        addDifference(tally.abortsByCause, before, this.#abortsByCause(tally.variant))
        if (round === roundCount - 1) this.#checkInvariant(tally)
      }
    }
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
  ): Promise<CrewResult> {
    const { progress, signal } = this.#watch
    signal?.throwIfAborted()
    progress.show(`${phase}, ${variantName(variant)}`)
    return await this.#crew.run({ kind, ...variant, durationNs: seconds * NS_PER_SECOND })
  }

  #checkInvariant(tally: Tally): void {
    const { expected, actual } = this.#observe[tally.variant.side]()
    if (expected !== actual) tally.invariant = false
  }

  #abortsByCause({ side }: Variant): Readonly<Record<string, number>> {
    return side === 'engine' ? this.#khonsu.stats().aborts.byCause : {}
  }
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
