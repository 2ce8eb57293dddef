import { type IsolationLevel, Khonsu, TransactionConflictError } from 'khonsu'
import {
  checkHistory,
  type HistoryAttempt,
  type HistoryReport,
  type RecordedExplicitTransaction,
  type RecordedStore,
  recordHistory,
  type ValueEnvelope,
} from 'khonsu/history'
import { afterAll, beforeAll, expect, it } from 'vitest'
import {
  describeSteps,
  type Outcome,
  parseSteps,
  permutations,
  type SessionOutcome,
  type State,
  type Step,
} from './schedule.ts'
import { predict, serialOrder } from './schedule-model.ts'
import { MIB } from './store.ts'

export const LEVELS: readonly IsolationLevel[] = [
  'read-committed',
  'repeatable-read',
  'serializable',
]

/** Keys that cases may use, so that each begins with the same state. */
const KEY_MAX = 9

/** A number that holds a small number and its version, so that cells hold numbers here. */
const VALUE_RANGE = 1_000
const ENVELOPE: ValueEnvelope = {
  seal: (version, value) => version * VALUE_RANGE + Number(value) + VALUE_RANGE / 2,
  open: (stored) => ({
    version: Math.floor(Number(stored) / VALUE_RANGE),
    value: (Number(stored) % VALUE_RANGE) - VALUE_RANGE / 2,
  }),
}

let khonsu: Khonsu
let recorded: RecordedStore
const attempts: HistoryAttempt[] = []

/** Opens one store for all cases of a file. */
export function useStore(): void {
  beforeAll(async () => {
    khonsu = await Khonsu.open({ workers: 0, memory: 64 * MIB })
    const append = (attempt: HistoryAttempt): number => attempts.push(attempt)
    const sink = { append, prepare: () => {}, close: () => {} }
    recorded = recordHistory(khonsu, { sink, envelope: ENVELOPE })
  })
  afterAll(() => khonsu.close())
}

/** Runs a schedule on the engine, all sessions in this thread. */
export function run(
  level: IsolationLevel,
  initial: State,
  given: string | readonly Step[],
): Outcome {
  const schedule = typeof given === 'string' ? parseSteps(given) : given
  attempts.length = 0
  recorded.transact((tx) => {
    for (let key = 0; key <= KEY_MAX; key++) {
      const value = initial[key]
      if (value === undefined) tx.delete(key)
      else tx.set(key, value)
    }
  })
  const sessions = new Map<string, EngineSession>()
  for (const step of schedule) {
    const session = sessions.get(step.session) ?? new EngineSession(level)
    sessions.set(step.session, session)
    session.do(step)
  }
  for (const session of sessions.values()) session.finish()
  const outcomes = [...sessions].map(([name, { outcome }]) => [name, outcome])
  return { sessions: Object.fromEntries(outcomes), final: readAll() }
}

/** What the checker of histories says about the schedule that ran last, and what it left behind. */
function checkLastRun(level: IsolationLevel, which: 'all' | 'committed' = 'all'): HistoryReport {
  const judged = attempts.filter(({ end }) => which === 'all' || end === 'committed')
  return checkHistory(judged, level, { partial: true })
}

function readAll(): State {
  return recorded.transact((tx) => {
    const state: Record<number, number> = {}
    for (let key = 0; key <= KEY_MAX; key++) {
      const value = tx.get(key)
      if (value !== undefined) state[key] = value as number
    }
    return state
  })
}

class EngineSession {
  readonly outcome: SessionOutcome = { reads: [], end: 'open' }
  readonly #transaction: RecordedExplicitTransaction
  readonly #lastRead = new Map<number, number | undefined>()

  constructor(level: IsolationLevel) {
    this.#transaction = recorded.startTransaction({ isolation: level })
  }

  do({ kind, key, value }: Step): void {
    const { outcome } = this
    if (outcome.end !== 'open') return
    const transaction = this.#transaction
    switch (kind) {
      case 'read': {
        const seen = transaction.read(key) as number | undefined
        outcome.reads.push(seen)
        this.#lastRead.set(key, seen)
        break
      }
      case 'write':
        transaction.write(key, value)
        break
      case 'add':
        transaction.write(key, (this.#lastRead.get(key) ?? 0) + value)
        break
      case 'delete':
        transaction.delete(key)
        break
      case 'abort':
        transaction.rollback()
        outcome.end = 'aborted'
        break
      case 'commit':
        outcome.end = this.#commit()
    }
  }

  finish(): void {
    this.#transaction.rollback()
  }

  #commit(): 'committed' | 'conflict' {
    try {
      this.#transaction.commit()
      return 'committed'
    } catch (error) {
      if (error instanceof TransactionConflictError) return 'conflict'
      throw error
    }
  }
}

/** One order of the steps, and what it led to. */
export interface Permutation {
  readonly schedule: readonly Step[]
  readonly outcome: Outcome
}

/**
 * Runs every order of the steps of the sessions, which are written as in `parseSteps`, and holds
 * each outcome against the model; at serializable there must be a serial order, too. The checker of
 * histories must allow each; among what was committed it must find an anomaly where there is no
 * serial order, and only there.
 */
export function runAllOrders(
  level: IsolationLevel,
  initial: State,
  sessions: readonly string[],
): Permutation[] {
  const all: Permutation[] = []
  for (const schedule of permutations(sessions.map(parseSteps))) {
    const outcome = run(level, initial, schedule)
    const steps = describeSteps(schedule)
    expect({ steps, outcome }).toEqual({ steps, outcome: predict(level, initial, schedule) })
    const isSerializable = serialOrder(initial, schedule, outcome) !== undefined
    const { passed, unplacedReads } = checkLastRun(level)
    const isClean = checkLastRun(level, 'committed').anomalies.length === 0
    expect({ steps, passed, unplacedReads, isClean }).toEqual({
      steps,
      passed: true,
      unplacedReads: 0,
      isClean: isSerializable,
    })
    if (level === 'serializable') {
      expect({ steps, order: serialOrder(initial, schedule, outcome) }).toEqual({
        steps,
        order: expect.any(Array),
      })
    }
    all.push({ schedule, outcome })
  }
  return all
}

/** The permutations whose outcome no serial order has. */
export function anomalies(initial: State, all: readonly Permutation[]): Permutation[] {
  return all.filter(
    ({ schedule, outcome }) => serialOrder(initial, schedule, outcome) === undefined,
  )
}

/** What an outcome is told by, and the texts that a level allows: all of them must appear. */
export interface DeclaredOutcomes {
  readonly tell: (outcome: Outcome) => string
  readonly allowed: Readonly<Record<IsolationLevel, readonly string[]>>
}

/**
 * Declares tests that run every order of the sessions at every level. Where `anomalous` names a
 * level, some order must lead to an outcome that is not serializable there; elsewhere none may.
 */
export function testAllOrders(
  initial: State,
  sessions: readonly string[],
  anomalous: readonly IsolationLevel[],
  declared?: DeclaredOutcomes,
): void {
  it.each(LEVELS)(`every order of ${sessions.join(', ')} leads to what %s promises`, (level) => {
    const all = runAllOrders(level, initial, sessions)
    expect(all.length).toBe(orderCount(sessions))
    const found = anomalies(initial, all)
    if (anomalous.includes(level)) expect(found.length).toBeGreaterThan(0)
    else expect(found.map(({ schedule }) => describeSteps(schedule))).toEqual([])
    if (declared === undefined) return
    const told = new Set(all.map(({ outcome }) => declared.tell(outcome)))
    expect([...told].sort()).toEqual(declared.allowed[level].toSorted())
  })
}

/** Tells the final values of keys: `11 21`, `-` for a key without a value. */
export function tellFinal(...keys: number[]): (outcome: Outcome) => string {
  return ({ final }) => keys.map((key) => final[key] ?? '-').join(' ')
}

/** Tells what sessions read, when they committed: `s1 10 20, s2 aborted`. */
export function tellReads(...names: string[]): (outcome: Outcome) => string {
  return (outcome) =>
    names
      .map((name) => {
        const isCommitted = outcome.sessions[name]?.end === 'committed'
        const reads = readsOf(outcome, name).map((value) => value ?? '-')
        return `${name} ${isCommitted ? reads.join(' ') : 'aborted'}`
      })
      .join(', ')
}

function orderCount(sessions: readonly string[]): number {
  const lengths = sessions.map((steps) => parseSteps(steps).length)
  const factorial = (n: number): number => (n <= 1 ? 1 : n * factorial(n - 1))
  const total = lengths.reduce((sum, length) => sum + length, 0)
  return lengths.reduce((count, length) => count / factorial(length), factorial(total))
}

/** How the sessions of an outcome ended, by name. */
export function ends(outcome: Outcome): Record<string, string> {
  return Object.fromEntries(Object.entries(outcome.sessions).map(([name, { end }]) => [name, end]))
}

/** What one session read, in order. */
export function readsOf(outcome: Outcome, session: string): readonly (number | undefined)[] {
  return outcome.sessions[session]?.reads ?? []
}
