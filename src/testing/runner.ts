/** Runs one schedule after the other of one scenario, each from the same state of the arena. */
import {
  ACCESS,
  AWAITED,
  BY_SPIN,
  BY_START,
  BY_SWITCH,
  type ControlBlock,
  CRASHED,
  DEAD,
  DYING_ACCESS,
  HANDLE_COUNT_MAX,
  HANDLES,
  HOST,
  LOG_LENGTH,
  OWN_ACCESS,
  type Segment,
  SLOTS,
  STATE_COUNT,
  STATUS,
  STEP,
  STOPPED,
  SWITCH_INDEX,
  SWITCHES,
  THREAD_COUNT_LIMIT,
  THREAD_INDEX,
  TICK,
  TRACE_LENGTH,
} from './control-block.ts'
import { COMMITTED, describeOutcome, matches, NOT_DONE, type Outcome } from './outcome.ts'
import { tickIndex } from './plan.ts'
import type { CompiledScenario } from './scenario.ts'
import { describeSchedule, type Schedule } from './schedule.ts'
import { hasSerialOrder } from './serial-order.ts'
import { makeStage, type Stage } from './stage.ts'
import { awaitTurn, giveTurn } from './stepper.ts'

/** Runs after which all of the arena is put back, to find what had been missed. */
const RUNS_A_FULL_RESTORE = 1024
/** The same for the first runs. */
const FIRST_RUN_COUNT = 64

/** What one run led to. */
export interface Run {
  /** What is wrong, or undefined. */
  readonly fault: string | undefined
  /** Equal for equal outcomes. */
  readonly signature: string
}

/** Runs schedules of one scenario on real threads. */
export class Runner {
  readonly compiled: CompiledScenario
  readonly control: ControlBlock
  readonly threads: readonly string[]
  readonly #stage: Stage
  readonly #initial: readonly number[]
  readonly #verdicts = new Map<string, string | undefined>()
  #runCount = 0

  private constructor(compiled: CompiledScenario, stage: Stage) {
    this.compiled = compiled
    this.control = stage.control
    this.threads = compiled.names.threads
    this.#stage = stage
    const fault = this.#settle()
    if (fault !== undefined) throw new Error(`${compiled.scenario.name}, at the start: ${fault}`)
    this.#initial = this.#finalState()
    stage.image.restoreAll()
  }

  /** Makes an arena, fills it, and starts the threads. */
  static async open(compiled: CompiledScenario, module: WebAssembly.Module): Promise<Runner> {
    return new Runner(compiled, await makeStage(compiled, module))
  }

  /** Ends the threads. */
  close(): void {
    const { words } = this.control
    words[STOPPED] = 1
    for (const [index, worker] of this.#stage.workers.entries()) {
      giveTurn(words, index + 1)
      void worker.terminate()
    }
  }

  /** Steps of the last run. */
  get stepCount(): number {
    return this.control.words[STEP] as number
  }

  /** Different states met in all runs. */
  get stateCount(): number {
    return this.control.words[STATE_COUNT] as number
  }

  /** Accesses of one thread in the last run. */
  accessCount(thread: number): number {
    return this.control.words[OWN_ACCESS + thread] as number
  }

  /** Runs one schedule, from the state that the arena had when the threads were started. */
  run(schedule: Schedule): Run {
    this.#runCount++
    if (this.#runCount < FIRST_RUN_COUNT || this.#runCount % RUNS_A_FULL_RESTORE === 0) {
      this.#stage.image.restoreAll()
    } else {
      this.#stage.image.restore()
    }
    this.#prepare(schedule)
    const { words } = this.control
    giveTurn(words, schedule.first)
    awaitTurn(words, 0)
    this.#stage.first.run()
    awaitTurn(words, HOST)
    return this.#judge()
  }

  /** Puts all of the arena back. Whether some of it had been missed before. */
  restoreAll(): boolean {
    return this.#stage.image.restoreAll()
  }

  /** The last run as a schedule in which every access is a step, and every change is named. */
  describeLast(schedule: Schedule): string {
    const named = (segment: Segment): boolean =>
      segment.reason === BY_SWITCH || segment.reason === BY_SPIN
    const switches = this.control
      .segments()
      .filter(named)
      .map(({ access, thread }) => ({ step: access, thread }))
    const { first, deaths } = schedule
    return describeSchedule({ first, switches, deaths }, this.threads)
  }

  /** The last run's outcome. */
  outcome(): Outcome {
    const { names, transactionCount, variableCount } = this.compiled
    const { results } = this.control
    const ends = names.transactions
      .slice(0, transactionCount)
      .map((name, index) => [name, results[index] as number] as const)
    const firstVariable = this.#stage.plan.transactionCount
    const read = names.variables
      .slice(0, variableCount)
      .map((name, index) => [name, results[firstVariable + index] as number] as const)
    const final = this.#finalState().map((value, index) => [names.keys[index], value] as const)
    return Object.fromEntries([...ends, ...read, ...final])
  }

  #prepare(schedule: Schedule): void {
    const { words, results } = this.control
    const { first, switches, deaths } = schedule
    for (const word of [STEP, SWITCH_INDEX, ACCESS, LOG_LENGTH, TICK, TRACE_LENGTH]) words[word] = 0
    for (let thread = 0; thread < THREAD_COUNT_LIMIT; thread++) {
      words[STATUS + thread] = 0
      words[AWAITED + thread] = 0
      words[DYING_ACCESS + thread] = 0
      words[OWN_ACCESS + thread] = 0
    }
    words.fill(0, SLOTS, SLOTS + this.#stage.plan.transactionCount)
    words.fill(0, HANDLES, HANDLES + 2 * HANDLE_COUNT_MAX)
    let at = SWITCHES
    for (const { step, thread } of switches) {
      words[at++] = step
      words[at++] = thread
    }
    words[at] = -1
    for (const { thread, access } of deaths) words[DYING_ACCESS + thread] = access
    results.fill(NOT_DONE, 0, tickIndex(this.#stage.plan, this.#stage.plan.transactionCount))
    this.control.log(first, BY_START)
  }

  #judge(): Run {
    const { words } = this.control
    for (let thread = 0; thread < this.threads.length; thread++) {
      if (words[STATUS + thread] === CRASHED) {
        const fault = `thread ${this.threads[thread]} crashed: ${this.control.message}`
        return { fault, signature: fault }
      }
    }
    const fault = this.#settle()
    const signature = this.#signature()
    if (fault !== undefined) return { fault, signature: `${fault} ${signature}` }
    if (!this.#verdicts.has(signature)) this.#verdicts.set(signature, this.#verdict())
    return { fault: this.#verdicts.get(signature), signature }
  }

  /** Recovers the dead, looks at the arena, and uses every key. What is wrong, or undefined. */
  #settle(): string | undefined {
    const { words, results } = this.control
    this.#stage.beginCheck()
    let hasDied = false
    try {
      for (let thread = 0; thread < this.threads.length; thread++) {
        if (words[STATUS + thread] !== DEAD) continue
        hasDied = true
        this.#stage.checker.kernel.recoverThread(words[THREAD_INDEX + thread] as number)
      }
      const { records, settled, check, checkStatements } = this.#stage
      const fault = settled.faultOf(records, hasDied)
      if (fault !== undefined) return fault
      check.run(checkStatements)
    } catch (error) {
      return `the store does not work on: ${error}`
    }
    const transaction = this.#stage.plan.transactionCount - 1
    return results[transaction] === COMMITTED ? undefined : 'the store does not work on'
  }

  #finalState(): number[] {
    const { results } = this.control
    const first = this.#stage.plan.transactionCount + this.#stage.plan.variableCount
    const { length } = this.compiled.names.keys
    return Array.from(results.subarray(first - length, first))
  }

  #signature(): string {
    const { results } = this.control
    const { transactionCount, variableCount } = this.compiled
    const { plan } = this.#stage
    let text = ''
    for (let i = 0; i < transactionCount; i++) text += `${results[i]},`
    for (let i = 0; i < variableCount; i++) text += `${results[plan.transactionCount + i]},`
    const end = plan.transactionCount + plan.variableCount
    for (let i = end - this.compiled.names.keys.length; i < end; i++) text += `${results[i]},`
    for (let earlier = 0; earlier < transactionCount; earlier++) {
      for (let later = 0; later < transactionCount; later++) {
        text += this.#precedes(earlier, later) ? 1 : 0
      }
    }
    return text
  }

  readonly #precedes = (earlier: number, later: number): boolean => {
    const { results } = this.control
    const end = results[tickIndex(this.#stage.plan, earlier) + 1] as number
    const begin = results[tickIndex(this.#stage.plan, later)] as number
    return end !== NOT_DONE && begin !== NOT_DONE && end < begin
  }

  #verdict(): string | undefined {
    const { scenario } = this.compiled
    const outcome = this.outcome()
    if (typeof scenario.allowed === 'string') {
      const precedes = scenario.allowed === 'serial' ? this.#precedes : undefined
      if (hasSerialOrder(this.compiled, this.#initial, outcome, precedes)) return undefined
      return `no serial order leads to ${describeOutcome(outcome)}`
    }
    if (scenario.allowed.some((pattern) => matches(outcome, pattern))) return undefined
    return `not allowed: ${describeOutcome(outcome)}`
  }
}
