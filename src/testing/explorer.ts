/**
 * Explores the orders in which the threads of a scenario can access shared memory: all of them up to
 * a number of preemptions (Musuvathi and Qadeer, PLDI 2007), or some that follow from a seed.
 */
import { BY_SWITCH, EVERY_ACCESS, type Segment, STATE_COUNT } from './control-block.ts'
import type { Exploration, Failure } from './exploration.ts'
import { loadHookedKernel } from './hooked-kernel.ts'
import { hasLoosePreemption } from './loose-preemption.ts'
import { describeOutcome } from './outcome.ts'
import { Runner } from './runner.ts'
import { compileScenario, type Scenario } from './scenario.ts'
import { parseSchedule, type Schedule } from './schedule.ts'

/** Runs between two looks at the clock. */
const RUNS_A_LOOK = 64

/** Times that an exploration begins again because more words turned out to be shared. */
const PASS_COUNT_MAX = 8

/** Preemptions up to which schedules are told apart by all their steps. */
const LITERAL_PREEMPTIONS = 2

/** How to open an explorer. */
export interface ExplorerOptions {
  /** Path of another build of the hooked kernel. */
  readonly kernel?: string | URL
}

/** How far to go. */
export interface ExhaustOptions {
  /** Preemptions in one schedule, at most; 3 when not given. */
  readonly preemptions?: number
  /** Preemptions in a schedule in which a thread is ended; 1 when not given. */
  readonly preemptionsBeforeDeath?: number
  /** Schedules at most. */
  readonly scheduleCountMax?: number
  /** Milliseconds at most. */
  readonly elapsedMsMax?: number
}

/** Which schedules to draw. */
export interface SampleOptions {
  /** Equal seeds give equal schedules. */
  readonly seed: number
  readonly scheduleCount: number
  /** Preemptions in one schedule, at most; 6 when not given. */
  readonly preemptions?: number
  readonly elapsedMsMax?: number
}

/** What one schedule led to. */
export interface Replay {
  /** As `A=ok B=ok a=0 x=1`. */
  readonly outcome: string
  /** What is wrong, or undefined. */
  readonly fault: string | undefined
}

class Stop extends Error {}

/**
 * The explorer of one scenario. Its threads are real ones; it and thread 0 share the thread that
 * opened it, which is busy while it explores.
 */
export class Explorer implements Disposable {
  readonly #runner: Runner
  readonly #outcomes = new Map<string, { text: string; count: number }>()
  #scheduleCount = 0
  #deathCount = 0
  #failure: Failure | undefined
  #startMs = 0
  #scheduleCountMax = Number.POSITIVE_INFINITY
  #elapsedMsMax = Number.POSITIVE_INFINITY

  private constructor(runner: Runner) {
    this.#runner = runner
  }

  /**
   * Reads the scenario and starts its threads.
   * @throws {Error} when a text of the scenario makes no sense.
   */
  static async open(scenario: Scenario, options: ExplorerOptions = {}): Promise<Explorer> {
    const module = loadHookedKernel(options.kernel)
    return new Explorer(await Runner.open(compileScenario(scenario), module))
  }

  /** Ends the threads. */
  [Symbol.dispose](): void {
    this.#runner.close()
  }

  /**
   * Runs every schedule with at most so many preemptions: switches away from a thread that could go
   * on and does not wait. With more than two of them, and two threads, one is run of those that are
   * equivalent, because accesses that follow one another in them do not conflict. Stops at the first
   * failure.
   */
  exhaust(options: ExhaustOptions = {}): Exploration {
    const { preemptions = 3, preemptionsBeforeDeath = 1 } = options
    this.#begin(options)
    const complete = (): boolean => {
      for (let pass = 0; pass < PASS_COUNT_MAX; pass++) {
        this.#exhaust(Math.min(1, preemptions), preemptionsBeforeDeath)
        if (this.#findSharedWords() === 0) break
      }
      for (let pass = 0; pass < PASS_COUNT_MAX; pass++) {
        this.#restart()
        this.#exhaust(preemptions, preemptionsBeforeDeath)
        if (this.#findSharedWords() === 0) return true
      }
      return false
    }
    return this.#report(complete)
  }

  /** Runs schedules with preemptions at random places. Stops at the first failure. */
  sample(options: SampleOptions): Exploration {
    const { seed, scheduleCount, preemptions = 6 } = options
    this.#begin(options)
    return this.#report(() => {
      this.#exhaust(0, 0)
      const random = randomFrom(seed)
      for (let i = 0; i < scheduleCount; i++) {
        if (i % RUNS_A_LOOK === 0) this.#findSharedWords()
        this.#try(this.#randomSchedule(random, preemptions))
      }
      return false
    })
  }

  /** Runs the schedule of a failure once more. */
  replay(schedule: string): Replay {
    const { control, threads } = this.#runner
    control.words[EVERY_ACCESS] = 1
    this.#runner.restoreAll()
    const { fault } = this.#runner.run(parseSchedule(schedule, threads))
    control.words[EVERY_ACCESS] = 0
    return { outcome: describeOutcome(this.#runner.outcome()), fault }
  }

  #begin(limits: { scheduleCountMax?: number; elapsedMsMax?: number }): void {
    this.#startMs = performance.now()
    this.#scheduleCountMax = limits.scheduleCountMax ?? Number.POSITIVE_INFINITY
    this.#elapsedMsMax = limits.elapsedMsMax ?? Number.POSITIVE_INFINITY
    this.#failure = undefined
    this.#restart()
  }

  #restart(): void {
    this.#scheduleCount = 0
    this.#deathCount = 0
    this.#outcomes.clear()
  }

  #report(explore: () => boolean): Exploration {
    let isComplete = false
    try {
      isComplete = explore()
    } catch (error) {
      if (!(error instanceof Stop)) throw error
    }
    const { compiled, control } = this.#runner
    return {
      scenario: compiled.scenario.name,
      scheduleCount: this.#scheduleCount,
      deathCount: this.#deathCount,
      stateCount: control.words[STATE_COUNT] as number,
      sharedWordCount: control.steps.reduce((sum, isStep) => sum + isStep, 0),
      isComplete,
      outcomes: new Map([...this.#outcomes.values()].map(({ text, count }) => [text, count])),
      failure: this.#failure,
      elapsedMs: performance.now() - this.#startMs,
    }
  }

  /** Makes steps of the accesses to words that threads share; how many more these are than before. */
  #findSharedWords(): number {
    const { touched, steps } = this.#runner.control
    let found = 0
    for (let word = 0; word < touched.length; word++) {
      const bits = touched[word] as number
      if (bits < 16 || steps[word] !== 0) continue
      const touching = bits & 15
      if ((touching & (touching - 1)) === 0) continue
      steps[word] = 1
      found++
    }
    return found
  }

  #exhaust(preemptions: number, preemptionsBeforeDeath: number): void {
    let level: Schedule[] = this.#runner.threads.map((_, first) => ({
      first,
      switches: [],
      deaths: [],
    }))
    for (let depth = 0; depth <= preemptions; depth++) {
      const next: Schedule[] = []
      for (const schedule of level) {
        this.#try(schedule)
        const children = depth < preemptions ? this.#children(schedule) : []
        if (depth <= preemptionsBeforeDeath) this.#tryDeaths(schedule)
        if (depth + 1 < preemptions) next.push(...children)
        else for (const child of children) this.#tryLast(child, depth + 1, preemptionsBeforeDeath)
      }
      if (depth + 1 >= preemptions) return
      level = next
    }
  }

  #tryLast(schedule: Schedule, depth: number, preemptionsBeforeDeath: number): void {
    this.#try(schedule)
    if (depth <= preemptionsBeforeDeath) this.#tryDeaths(schedule)
  }

  /**
   * The schedules with one preemption more than the one that was run last, behind its last one. None
   * if each has an equivalent among those of another schedule.
   */
  #children(schedule: Schedule): Schedule[] {
    const { control, stepCount, threads } = this.#runner
    const { switches } = schedule
    if (switches.length >= LITERAL_PREEMPTIONS && threads.length === 2) {
      if (hasLoosePreemption(control, switches)) return []
    }
    const segments = control.segments()
    const from = (switches.at(-1)?.step ?? -1) + 1
    const children: Schedule[] = []
    for (const [index, segment] of segments.entries()) {
      const end = segments[index + 1]?.step ?? stepCount
      for (let step = Math.max(from, segment.step + 1); step < end; step++) {
        for (const thread of this.#others(segment, threads.length)) {
          children.push({ ...schedule, switches: [...switches, { step, thread }] })
        }
      }
    }
    return children
  }

  #others({ thread, runnable }: Segment, threadCount: number): number[] {
    return Array.from({ length: threadCount }, (_, other) => other).filter(
      (other) => other !== thread && (runnable & (1 << other)) !== 0,
    )
  }

  /** The schedule that was run last, with the ends of threads at each of their later accesses. */
  #tryDeaths(schedule: Schedule): void {
    const last = this.#runner.control.segments().findLast(({ reason }) => reason === BY_SWITCH)
    this.#tryEnds(schedule, this.#runner.compiled.dying, (last?.mortalAccess ?? 0) + 1)
  }

  #tryEnds(schedule: Schedule, [thread, ...others]: readonly number[], from: number): void {
    if (thread === undefined) return
    const count = this.#runner.accessCount(thread)
    for (let access = from; access <= count; access++) {
      const deadly = { ...schedule, deaths: [...schedule.deaths, { thread, access }] }
      this.#deathCount++
      this.#try(deadly)
      this.#tryEnds(deadly, others, 1)
    }
  }

  #randomSchedule(random: () => number, preemptions: number): Schedule {
    const { threads, stepCount, compiled } = this.#runner
    const pick = (count: number): number => random() % Math.max(1, count)
    const count = 1 + pick(preemptions)
    const steps = Array.from({ length: count }, () => pick(stepCount)).sort((a, b) => a - b)
    const switches = [...new Set(steps)].map((step) => ({ step, thread: pick(threads.length) }))
    const deaths = compiled.dying
      .filter(() => pick(2) === 0)
      .map((thread) => ({ thread, access: 1 + pick(this.#runner.accessCount(thread)) }))
    if (deaths.length > 0) this.#deathCount++
    return { first: pick(threads.length), switches, deaths }
  }

  #try(schedule: Schedule): void {
    if (this.#scheduleCount >= this.#scheduleCountMax) throw new Stop()
    if (this.#scheduleCount % RUNS_A_LOOK === 0) {
      if (performance.now() - this.#startMs > this.#elapsedMsMax) throw new Stop()
    }
    this.#scheduleCount++
    const { fault, signature } = this.#runner.run(schedule)
    const known = this.#outcomes.get(signature)
    if (known !== undefined) known.count++
    else {
      const text = describeOutcome(this.#runner.outcome())
      this.#outcomes.set(signature, { text, count: 1 })
    }
    if (fault !== undefined) this.#fail(schedule, fault)
  }

  /** Makes sure of a failure, and ends the exploration. */
  #fail(schedule: Schedule, fault: string): void {
    const wasDirty = this.#runner.restoreAll()
    const again = this.#runner.run(schedule)
    if (wasDirty && again.fault === undefined) return
    const text = this.#runner.describeLast(schedule)
    if (again.fault !== fault) {
      throw new Error(`not the same twice: ${fault}, then ${again.fault}; ${text}`)
    }
    const outcome = describeOutcome(this.#runner.outcome())
    const scheduleCount = this.#scheduleCount
    this.#failure = { reason: fault, outcome, schedule: text, scheduleCount }
    throw new Stop()
  }
}

/** Numbers from 0 to 2^32 - 1 that follow from a seed (xorshift32). */
function randomFrom(seed: number): () => number {
  let state = Math.imul(seed, 0x9e3779b1) | 1
  return () => {
    state ^= state << 13
    state ^= state >>> 17
    state ^= state << 5
    return state >>> 0
  }
}
