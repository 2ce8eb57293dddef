/** Threads that die under load, in turns with threads that do the same work and leave properly. */

import { raiseBanner } from './banner.ts'
import type { BenchSettings } from './bench-settings.ts'
import { DeathTally } from './death-tally.ts'
import {
  ACCESS_COUNT_MAX,
  type Death,
  type Doom,
  type DoomedWork,
  runDoomed,
} from './doomed-thread.ts'
import { STAGE_HOLD, STAGE_RUN } from './endurance-board.ts'
import type { EnduranceCrew } from './endurance-crew.ts'
import type { DoomedWorkInput } from './jobs/doomed-work.ts'
import { addDifference, type RunWatch } from './paired-session.ts'
import { nowNs } from './slice.ts'
import { type ArenaUse, type Faults, StoreInspection } from './store-inspection.ts'
import { orderOfRound } from './variant.ts'
import { Xorshift32 } from './xorshift32.ts'

/** Both sides of the comparison: threads that die, and threads that leave. */
export const DEATHS_SIDES = ['deaths', 'departures'] as const
export type DeathsSide = (typeof DEATHS_SIDES)[number]

/** What is gathered of one side while the rounds run. */
export interface SideTally {
  /** Of the survivors: one a round, in transactions a second. */
  readonly throughputs: number[]
  readonly abortsByCause: Record<string, number>
  threadCount: number
  seconds: number
}

/** What a run has come to. */
export interface DeathsOutcome {
  readonly sides: { readonly [side in DeathsSide]: SideTally }
  readonly deaths: DeathTally
  /** After the warm-up, and at the end. */
  readonly early: ArenaUse
  readonly end: ArenaUse
  readonly faults: Faults
  readonly poolServes: boolean
}

/** Deaths before the first round: what threads need and keep once is there then. */
const WARM_UP_COUNT = 10

/** One thread of so many is terminated, one throws, the others exit. */
const DOOM_KIND_COUNT = 8
const LIFE_MS_MAX = 20

const DOOMED_WORK_URL = new URL('./jobs/doomed-work.js', import.meta.url)
const MS_PER_SECOND = 1e3

/**
 * Lets `settings.count` threads die, in rounds.
 * @throws what a survivor throws, what a doomed thread throws before its time, the signal's reason.
 */
export async function runDeaths(
  crew: EnduranceCrew,
  settings: BenchSettings,
  { progress }: RunWatch,
): Promise<DeathsOutcome> {
  raiseBanner(crew.khonsu)
  const { board } = crew
  const { count } = settings
  const run = new DeathsRun(crew, settings)
  const look = async (): Promise<ArenaUse> => {
    board.enter(STAGE_HOLD)
    return await run.inspection.arenaUse()
  }
  board.enter(STAGE_RUN)
  crew.startUpdaters(0)
  await crew.until(() => board.transactionCounts.every((done) => done > 0))
  progress.show('warming up')
  for (let done = 0; done < WARM_UP_COUNT; done++) await run.end(run.drawDoom())
  const early = await look()
  board.enter(STAGE_RUN)
  const roundCount = Math.min(settings.roundCount, count)
  for (let round = 0; round < roundCount; round++) {
    progress.show(`round ${round + 1} of ${roundCount}`)
    const deathCount = Math.floor((count * (round + 1)) / roundCount)
    const departMs = (settings.seconds * MS_PER_SECOND) / roundCount
    for (const side of orderOfRound(DEATHS_SIDES, round)) {
      await run.stretch(side, () =>
        side === 'deaths' ? run.dieUntil(deathCount) : run.departFor(departMs),
      )
    }
  }
  const end = await look()
  await crew.end()
  const { sides, deaths, inspection } = run
  const faults = inspection.conclude()
  return { sides, deaths, early, end, faults, poolServes: await crew.poolServes() }
}

/** The steps of a run. */
class DeathsRun {
  readonly sides: DeathsOutcome['sides'] = { deaths: emptyTally(), departures: emptyTally() }
  readonly deaths: DeathTally = new DeathTally()
  readonly inspection: StoreInspection
  readonly #crew: EnduranceCrew
  readonly #cellCount: number
  readonly #random: Xorshift32

  constructor(crew: EnduranceCrew, { cellCount, seed }: BenchSettings) {
    this.inspection = new StoreInspection(crew.khonsu, cellCount)
    this.#crew = crew
    this.#cellCount = cellCount
    this.#random = new Xorshift32(seed)
  }

  drawDoom(): Doom {
    const kind = this.#random.below(DOOM_KIND_COUNT)
    if (kind === 0) return { ending: 'terminate', lifeMs: this.#random.below(LIFE_MS_MAX) }
    return { ending: kind === 1 ? 'throw' : 'exit', accessCount: this.#drawAccessCount() }
  }

  /** Runs one thread to its end, and looks at what the store holds then. */
  async end(doom: Doom): Promise<{ death: Death; writableNs: number }> {
    this.#crew.assertWorking()
    const input: DoomedWorkInput = { cellCount: this.#cellCount, seed: this.#random.next() }
    const work: DoomedWork = { url: DOOMED_WORK_URL.href, input }
    const { inspection } = this
    const death = await runDoomed(this.#crew.khonsu, doom, work, inspection.refs)
    // An interruption ends the survivors, with locks perhaps, and they are not recovered while this
    // thread waits for those.
    this.#crew.assertWorking()
    inspection.rewrite(death.remains.locked)
    const writableNs = nowNs()
    inspection.readAll()
    return { death, writableNs }
  }

  /** Goes on until so many threads have died, in all stretches together. */
  async dieUntil(deathCount: number): Promise<void> {
    const side = this.sides.deaths
    for (; side.threadCount < deathCount; side.threadCount++) {
      const doom = this.drawDoom()
      const { death, writableNs } = await this.end(doom)
      this.deaths.add(doom.ending, death, writableNs)
    }
  }

  /** Goes on until the time is over; at least once. */
  async departFor(lengthMs: number): Promise<void> {
    const endMs = performance.now() + lengthMs
    do {
      await this.end({ ending: 'leave', accessCount: this.#drawAccessCount() })
      this.sides.departures.threadCount++
    } while (performance.now() < endMs)
  }

  /** Measures the survivors while the action goes on. */
  async stretch(side: DeathsSide, action: () => Promise<void>): Promise<void> {
    const tally = this.sides[side]
    const abortsBefore = this.#abortsByCause()
    const startedMs = performance.now()
    tally.throughputs.push(await this.#crew.throughputDuring(action))
    tally.seconds += (performance.now() - startedMs) / MS_PER_SECOND
    addDifference(tally.abortsByCause, abortsBefore, this.#abortsByCause())
  }

  #drawAccessCount(): number {
    return 1 + this.#random.below(ACCESS_COUNT_MAX)
  }

  #abortsByCause(): Readonly<Record<string, number>> {
    return this.#crew.khonsu.stats().aborts.byCause
  }
}

function emptyTally(): SideTally {
  return { throughputs: [], abortsByCause: {}, threadCount: 0, seconds: 0 }
}
