/** Sessions on the engine, all in one thread, with every read and write written down. */
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
import type { Actions, Found, Outcome, State, Step } from './schedule.ts'
import { type PlainTransaction, Session } from './schedule-session.ts'
import { MIB } from './store.ts'

/** The ways in which a store reaches serializability, each with a store of its own. */
export const MODES = ['occ', 'ssi'] as const

export type Mode = (typeof MODES)[number]

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

/** One store, and the attempts of the schedule that ran last. */
export class ScheduleEngine {
  readonly #khonsu: Khonsu
  readonly #recorded: RecordedStore
  readonly #attempts: HistoryAttempt[] = []

  private constructor(khonsu: Khonsu) {
    this.#khonsu = khonsu
    const append = (attempt: HistoryAttempt): number => this.#attempts.push(attempt)
    const sink = { append, prepare: () => {}, close: () => {} }
    this.#recorded = recordHistory(khonsu, { sink, envelope: ENVELOPE })
  }

  static async open(mode: Mode): Promise<ScheduleEngine> {
    const options = { workers: 0, memory: 64 * MIB, serializable: mode }
    return new ScheduleEngine(await Khonsu.open(options))
  }

  async close(): Promise<void> {
    await this.#khonsu.close()
  }

  run(
    isolation: IsolationLevel,
    initial: State,
    schedule: readonly Step[],
    actions: Actions,
  ): Outcome {
    this.#attempts.length = 0
    this.#write(initial, isolation)
    const transactions: EngineTransaction[] = []
    const sessions = new Map<string, Session>()
    const begin = (): Session => {
      const transaction = new EngineTransaction(
        this.#recorded.startTransaction({ isolation }),
        isolation !== 'serializable',
      )
      transactions.push(transaction)
      return new Session(transaction, actions)
    }
    for (const step of schedule) {
      const session = sessions.get(step.session) ?? begin()
      sessions.set(step.session, session)
      session.do(step)
    }
    for (const transaction of transactions) transaction.rollback()
    const outcomes = [...sessions].map(([name, { outcome }]) => [name, outcome])
    return { sessions: Object.fromEntries(outcomes), final: this.#readAll(isolation) }
  }

  /** What the checker says about the schedule that ran last, and what it left behind. */
  checkLastRun(which: 'all' | 'committed' = 'all'): HistoryReport {
    const judged = this.#attempts.filter(({ end }) => which === 'all' || end === 'committed')
    // Every attempt names the level that it ran at: the one given here is that of none.
    return checkHistory(judged, 'read-committed', { partial: true })
  }

  /**
   * Every key is written, also those that are missing: a cell that was deleted a second ago would be
   * recycled, in the middle of a schedule, and whoever has read it would have to run again.
   */
  #write(state: State, isolation: IsolationLevel): void {
    this.#recorded.transact(
      (tx) => {
        for (let key = 0; key <= KEY_MAX; key++) {
          const value = state[key]
          tx.set(key, value ?? 0)
          if (value === undefined) tx.delete(key)
        }
      },
      { isolation },
    )
  }

  #readAll(isolation: IsolationLevel): State {
    return this.#recorded.transact(
      (tx) => {
        const state: Record<number, number> = {}
        for (let key = 0; key <= KEY_MAX; key++) {
          const value = tx.get(key)
          if (value !== undefined) state[key] = value as number
        }
        return state
      },
      { isolation },
    )
  }
}

class EngineTransaction implements PlainTransaction {
  readonly #transaction: RecordedExplicitTransaction
  readonly #looksForAbsences: boolean

  constructor(transaction: RecordedExplicitTransaction, looksForAbsences: boolean) {
    this.#transaction = transaction
    this.#looksForAbsences = looksForAbsences
  }

  read(key: number): number | undefined {
    return this.#transaction.read(key) as number | undefined
  }

  write(key: number, value: number): void {
    this.#transaction.write(key, value)
  }

  delete(key: number): boolean {
    return this.#transaction.delete(key)
  }

  scan(from: number, to: number): Found {
    return scanOf(this.#transaction, from, to, this.#looksForAbsences)
  }

  commit(): 'committed' | 'conflict' {
    try {
      this.#transaction.commit()
      return 'committed'
    } catch (error) {
      if (error instanceof TransactionConflictError) return 'conflict'
      throw error
    }
  }

  rollback(): void {
    this.#transaction.rollback()
  }
}

/**
 * A search scans a range. Histories do not tell what a scan has not found: where anomalies are allowed,
 * and the checker is to find them, the keys that are missing are read one by one, too.
 */
function scanOf(
  transaction: RecordedExplicitTransaction,
  from: number,
  to: number,
  looksForAbsences: boolean,
): Found {
  const found = [...transaction.scan({ gte: from, lte: to })].map(
    ([key, value]) => [key as number, value as number] as const,
  )
  const keys = new Set(found.map(([key]) => key))
  for (let key = from; looksForAbsences && key <= to; key++) {
    if (!keys.has(key)) transaction.read(key)
  }
  return found
}
