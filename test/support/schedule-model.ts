/**
 * What the levels promise, without threads and without an engine: a list of states, one for each
 * commit. Sessions are explicit transactions, whose snapshot is the state at their first step.
 */
import type { IsolationLevel } from 'khonsu'
import type { Actions, Found, Outcome, State, Step } from './schedule.ts'
import { type PlainTransaction, Session } from './schedule-session.ts'

/** A transaction at one level as its documentation says. */
class ModelTransaction implements PlainTransaction {
  readonly #level: IsolationLevel
  readonly #states: State[]
  readonly #beganAt: number
  readonly #writes = new Map<number, number | undefined>()
  readonly #readKeys = new Set<number>()

  constructor(level: IsolationLevel, states: State[]) {
    this.#level = level
    this.#states = states
    this.#beganAt = states.length - 1
  }

  read(key: number): number | undefined {
    if (this.#writes.has(key)) return this.#writes.get(key)
    this.#readKeys.add(key)
    const seen = this.#level === 'read-committed' ? this.#states.at(-1) : this.#snapshot
    return seen?.[key]
  }

  write(key: number, value: number): void {
    this.#writes.set(key, value)
  }

  delete(key: number): boolean {
    if (this.read(key) === undefined) return false
    this.#writes.set(key, undefined)
    return true
  }

  scan(from: number, to: number): Found {
    const found: (readonly [number, number])[] = []
    for (let key = from; key <= to; key++) {
      const value = this.read(key)
      if (value !== undefined) found.push([key, value])
    }
    return found
  }

  commit(): 'committed' | 'conflict' {
    if (!this.#mayCommit()) return 'conflict'
    if (this.#writes.size > 0) {
      this.#states.push(withWrites(this.#states.at(-1) as State, this.#writes))
    }
    return 'committed'
  }

  rollback(): void {}

  get #snapshot(): State {
    return this.#states[this.#beganAt] as State
  }

  /** First committer wins; serializable besides aborts who writes after a stale read. */
  #mayCommit(): boolean {
    if (this.#writes.size === 0) return true
    if ([...this.#writes.keys()].some((key) => this.#hasChanged(key))) return false
    if (this.#level !== 'serializable') return true
    return ![...this.#readKeys].some((key) => this.#hasChanged(key))
  }

  #hasChanged(key: number): boolean {
    return this.#states
      .slice(this.#beganAt + 1)
      .some((state, i) => state[key] !== this.#states[this.#beganAt + i]?.[key])
  }
}

/** A state with the writes of one transaction, where undefined is a deletion. */
export function withWrites(state: State, writes: ReadonlyMap<number, number | undefined>): State {
  const next: Record<number, number> = { ...state }
  for (const [key, value] of writes) {
    if (value === undefined) delete next[key]
    else next[key] = value
  }
  return next
}

/** What a schedule must lead to. */
export function predict(
  level: IsolationLevel,
  initial: State,
  schedule: readonly Step[],
  actions: Actions = {},
): Outcome {
  const states = [initial]
  const sessions = new Map<string, Session>()
  for (const step of schedule) {
    const session =
      sessions.get(step.session) ?? new Session(new ModelTransaction(level, states), actions)
    sessions.set(step.session, session)
    session.do(step)
  }
  const outcomes = [...sessions].map(([name, { outcome }]) => [name, outcome])
  return { sessions: Object.fromEntries(outcomes), final: states.at(-1) as State }
}
