/**
 * What the levels promise, without threads and without an engine: a list of states, one for each
 * commit. Sessions are explicit transactions, whose snapshot is the state at their first step.
 */
import type { IsolationLevel } from 'khonsu'
import { bySession, type Outcome, type SessionOutcome, type State, type Step } from './schedule.ts'

interface ModelSession extends SessionOutcome {
  readonly beganAt: number
  readonly writes: Map<number, number | undefined>
  readonly readKeys: Set<number>
  readonly lastRead: Map<number, number | undefined>
}

/** A store at one level as its documentation says. */
class Model {
  readonly states: State[]
  readonly sessions: Record<string, ModelSession> = {}
  readonly #level: IsolationLevel

  constructor(level: IsolationLevel, initial: State) {
    this.#level = level
    this.states = [initial]
  }

  get current(): State {
    return this.states.at(-1) as State
  }

  do(step: Step): void {
    const session = this.#session(step.session)
    if (session.end !== 'open') return
    const { key, value } = step
    switch (step.kind) {
      case 'read': {
        const seen = this.#read(session, key)
        session.reads.push(seen)
        session.lastRead.set(key, seen)
        break
      }
      case 'write':
        session.writes.set(key, value)
        break
      case 'add':
        session.writes.set(key, (session.lastRead.get(key) ?? 0) + value)
        break
      case 'delete':
        if (this.#read(session, key) !== undefined) session.writes.set(key, undefined)
        break
      case 'abort':
        session.end = 'aborted'
        break
      case 'commit':
        session.end = this.#mayCommit(session) ? 'committed' : 'conflict'
        if (session.end === 'committed' && session.writes.size > 0) {
          this.states.push(withWrites(this.current, session.writes))
        }
    }
  }

  #session(name: string): ModelSession {
    this.sessions[name] ??= {
      reads: [],
      end: 'open',
      beganAt: this.states.length - 1,
      writes: new Map(),
      readKeys: new Set(),
      lastRead: new Map(),
    }
    return this.sessions[name]
  }

  #read(session: ModelSession, key: number): number | undefined {
    if (session.writes.has(key)) return session.writes.get(key)
    session.readKeys.add(key)
    const latest = this.#level === 'read-committed'
    return (latest ? this.current : (this.states[session.beganAt] as State))[key]
  }

  /** First committer wins; serializable besides aborts who writes after a stale read. */
  #mayCommit({ beganAt, writes, readKeys }: ModelSession): boolean {
    if (writes.size === 0) return true
    const changed = (key: number): boolean =>
      this.states
        .slice(beganAt + 1)
        .some((state, i) => state[key] !== this.states[beganAt + i]?.[key])
    if ([...writes.keys()].some(changed)) return false
    return this.#level !== 'serializable' || ![...readKeys].some(changed)
  }
}

function withWrites(state: State, writes: ReadonlyMap<number, number | undefined>): State {
  const next: Record<number, number> = { ...state }
  for (const [key, value] of writes) {
    if (value === undefined) delete next[key]
    else next[key] = value
  }
  return next
}

/** What a schedule must lead to. */
export function predict(level: IsolationLevel, initial: State, schedule: readonly Step[]): Outcome {
  const model = new Model(level, initial)
  for (const step of schedule) model.do(step)
  const sessions = Object.entries(model.sessions).map(([name, { reads, end }]) => [
    name,
    { reads, end },
  ])
  return { sessions: Object.fromEntries(sessions), final: model.current }
}

/**
 * An order of the committed sessions that, one after the other, read the same and leave the same
 * state; undefined when there is none: then the outcome is not serializable.
 */
export function serialOrder(
  initial: State,
  schedule: readonly Step[],
  outcome: Outcome,
): string[] | undefined {
  const steps = bySession(schedule)
  const committed = [...steps.keys()].filter((name) => outcome.sessions[name]?.end === 'committed')
  for (const order of orders(committed)) {
    const serial = order.flatMap((name) => steps.get(name) as Step[])
    const { sessions, final } = predict('serializable', initial, serial)
    const same = order.every(
      (name) =>
        JSON.stringify(sessions[name]?.reads) === JSON.stringify(outcome.sessions[name]?.reads),
    )
    if (same && JSON.stringify(final) === JSON.stringify(outcome.final)) return order
  }
  return undefined
}

function* orders(names: readonly string[]): Generator<string[]> {
  if (names.length === 0) yield []
  for (const [i, name] of names.entries()) {
    for (const rest of orders(names.toSpliced(i, 1))) yield [name, ...rest]
  }
}
