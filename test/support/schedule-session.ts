/** One session of a schedule: does its steps on a store, and keeps what they saw. */
import type { ActionAccess, Actions, Found, Predicate, SessionOutcome, Step } from './schedule.ts'

/** What a session does its steps with: a transaction of the engine, or of the model of it. */
export interface PlainTransaction {
  read(key: number): number | undefined
  write(key: number, value: number): void
  /** Whether there was a value. */
  delete(key: number): boolean
  /** All keys with values from one to another, both included. */
  scan(from: number, to: number): Found
  commit(): 'committed' | 'conflict'
  rollback(): void
}

export class Session implements ActionAccess {
  readonly outcome: SessionOutcome = { reads: [], looks: [], writes: new Map(), end: 'open' }
  found: Found = []
  readonly #transaction: PlainTransaction
  readonly #actions: Actions
  readonly #lastRead = new Map<number, number | undefined>()

  constructor(transaction: PlainTransaction, actions: Actions) {
    this.#transaction = transaction
    this.#actions = actions
  }

  /** Does a step; nothing when the session has ended. */
  do({ kind, key, value, action }: Step): void {
    const { outcome } = this
    if (outcome.end !== 'open') return
    if (kind === 'read') this.get(key)
    else if (kind === 'write') this.set(key, value)
    else if (kind === 'add') this.set(key, (this.#lastRead.get(key) ?? 0) + value)
    else if (kind === 'delete') this.delete(key)
    else if (kind === 'action') this.#act(action)
    else if (kind === 'commit') outcome.end = this.#transaction.commit()
    else {
      this.#transaction.rollback()
      outcome.end = 'aborted'
    }
  }

  get(key: number): number | undefined {
    const seen = this.#transaction.read(key)
    this.outcome.reads.push(seen)
    this.outcome.looks.push(seen)
    this.#lastRead.set(key, seen)
    return seen
  }

  set(key: number, value: number): void {
    this.#transaction.write(key, value)
    this.outcome.writes.set(key, value)
  }

  delete(key: number): void {
    if (this.#transaction.delete(key)) this.outcome.writes.set(key, undefined)
  }

  scan({ from, to, where = () => true }: Predicate): Found {
    const all = this.#transaction.scan(from, to)
    this.found = all.filter(([key, value]) => where(value, key))
    const values = new Map(all)
    for (let key = from; key <= to; key++) this.outcome.looks.push(values.get(key))
    this.outcome.reads.push(this.found)
    return this.found
  }

  #act(name: string): void {
    const action = this.#actions[name]
    if (action === undefined) throw new Error(`no action: ${name}`)
    action(this)
  }
}
