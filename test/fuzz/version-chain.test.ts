/**
 * Random interleavings of transactions, in one thread, against a model that keeps every version.
 * Each snapshot must see exactly the state at its begin, whatever is written, deleted, swept or
 * dropped meanwhile.
 */
import fc from 'fast-check'
import {
  type ConflictMode,
  type ExplicitTransaction,
  type IsolationLevel,
  Khonsu,
  TransactionConflictError,
  type Value,
} from 'khonsu'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { MIB } from '../support/store.ts'
import { type ModelTransaction, VersionModel } from '../support/version-model.ts'

const KEY_COUNT = 6
const SESSION_COUNT = 5

type Action =
  | { readonly do: 'begin'; readonly isolation: IsolationLevel; readonly onConflict: ConflictMode }
  | { readonly do: 'read' | 'delete'; readonly key: number }
  | { readonly do: 'write' | 'write at once'; readonly key: number; readonly value: Value }
  | { readonly do: 'delete at once'; readonly key: number }
  | { readonly do: 'commit' | 'rollback' | 'reclaim' }

type Step = Action & { readonly session: number }

const key = fc.nat(KEY_COUNT - 1)
const value: fc.Arbitrary<Value> = fc.oneof(
  fc.integer(),
  fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }),
  fc.constantFrom(true, false, null),
  fc.string({ maxLength: 60 }),
  fc.nat(900).map((length) => 'ж'.repeat(length)),
  fc.nat(5_000).map((length) => new Uint8Array(length).fill(length)),
  fc.nat().map((n) => ({ n, list: [n, n] })),
)
const action: fc.Arbitrary<Action> = fc.oneof(
  {
    weight: 3,
    arbitrary: fc.record({
      do: fc.constant('begin' as const),
      isolation: fc.constantFrom('read-committed', 'repeatable-read', 'serializable'),
      onConflict: fc.constantFrom('fail', 'fail', 'ignore', 'replace'),
    }),
  },
  { weight: 6, arbitrary: fc.record({ do: fc.constant('read' as const), key }) },
  { weight: 4, arbitrary: fc.record({ do: fc.constant('write' as const), key, value }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('delete' as const), key }) },
  { weight: 3, arbitrary: fc.record({ do: fc.constant('write at once' as const), key, value }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('delete at once' as const), key }) },
  { weight: 3, arbitrary: fc.record({ do: fc.constant('commit' as const) }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('rollback' as const) }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('reclaim' as const) }) },
)
const steps: fc.Arbitrary<Step[]> = fc.array(
  fc.tuple(action, fc.nat(SESSION_COUNT - 1)).map(([each, session]) => ({ ...each, session })),
  { maxLength: 120, size: 'max' },
)

interface Session {
  readonly real: ExplicitTransaction
  readonly model: ModelTransaction
  /** Whether the cell of a deleted key that it has met may have been taken from it. */
  mayLose: boolean
}

/** One run of steps on the engine and on the model. */
class Comparison {
  readonly #khonsu: Khonsu
  readonly #run: number
  readonly #model = new VersionModel()
  readonly #sessions: (Session | undefined)[] = []

  constructor(khonsu: Khonsu, run: number) {
    this.#khonsu = khonsu
    this.#run = run
  }

  do(step: Step): void {
    const session = this.#sessions[step.session]
    switch (step.do) {
      case 'begin':
        if (session === undefined) this.#begin(step.session, step.isolation, step.onConflict)
        return
      case 'write at once':
        this.#atOnce(step.key, step.value)
        return
      case 'delete at once':
        this.#atOnce(step.key, undefined)
        return
      case 'reclaim':
        this.#reclaim()
        return
    }
    if (session === undefined) return
    try {
      this.#inSession(step, session)
    } catch (error) {
      if (!(session.mayLose && error instanceof TransactionConflictError)) throw error
      session.real.rollback()
      this.#sessions[step.session] = undefined
    }
  }

  #inSession(step: Step, session: Session): void {
    const { real, model } = session
    switch (step.do) {
      case 'read':
        expect(real.read([this.#run, step.key])).toStrictEqual(this.#model.read(model, step.key))
        return
      case 'write':
        real.write([this.#run, step.key], step.value)
        model.writes.set(step.key, step.value)
        return
      case 'delete': {
        const existed = this.#model.read(model, step.key) !== undefined
        expect(real.delete([this.#run, step.key])).toBe(existed)
        if (existed) model.writes.set(step.key, undefined)
        return
      }
      case 'commit':
        this.#commit(session)
        break
      case 'rollback':
        real.rollback()
    }
    this.#sessions[step.session] = undefined
  }

  /** Reads everything once more in every open session, then ends them. */
  finish(): void {
    for (const [index] of this.#sessions.entries()) {
      for (let each = 0; each < KEY_COUNT; each++)
        this.do({ do: 'read', key: each, session: index })
      this.#sessions[index]?.real.rollback()
    }
    this.#khonsu.transact((tx) => {
      for (let each = 0; each < KEY_COUNT; each++) {
        expect(tx.get([this.#run, each])).toStrictEqual(this.#model.contentAt(each))
      }
    })
  }

  /** Ends what a failure left open. */
  abandon(): void {
    for (const session of this.#sessions) session?.real.rollback()
  }

  #begin(index: number, isolation: IsolationLevel, onConflict: ConflictMode): void {
    this.#sessions[index] = {
      real: this.#khonsu.startTransaction({ isolation, onConflict }),
      model: this.#model.begin(isolation, onConflict),
      mayLose: false,
    }
  }

  /** Who has written a deleted key before its cell is recycled has to run again. */
  #reclaim(): void {
    for (const session of this.#sessions) {
      if (session === undefined) continue
      const { writes, readKeys } = session.model
      const met = [...writes.keys(), ...readKeys]
      if (met.some((each) => this.#model.contentAt(each) === undefined)) session.mayLose = true
    }
    this.#khonsu.session.reclaim()
  }

  #atOnce(each: number, content: Value | undefined): void {
    const model = this.#model.begin('repeatable-read', 'fail')
    model.writes.set(each, content)
    this.#khonsu.transact((tx) => {
      if (content === undefined) tx.delete([this.#run, each])
      else tx.set([this.#run, each], content)
    })
    const existed = this.#model.contentAt(each) !== undefined
    if (content !== undefined || existed) this.#model.commit(model)
  }

  #commit({ real, model, mayLose }: Session): void {
    // Keys that never existed share few places of which a read is remembered: this may abort more
    // often than the model, but never less.
    const mayAbort =
      mayLose ||
      (model.isolation === 'serializable' &&
        [...model.readKeys].some(
          (each) => this.#model.contentAt(each, model.beganAt) === undefined,
        ))
    let ignored: unknown[] | undefined
    try {
      ignored = [...real.commit().ignored]
    } catch (error) {
      expect(error).toBeInstanceOf(TransactionConflictError)
      if (mayAbort) return
    }
    const verdict = this.#model.commit(model)
    expect(ignored !== undefined).toBe(verdict.committed)
    const expected = verdict.ignored.map((each) => [this.#run, each])
    if (ignored !== undefined) expect(ignored.sort()).toEqual(expected.sort())
  }
}

describe('version chains', () => {
  let khonsu: Khonsu
  let runs = 0

  beforeAll(async () => {
    khonsu = await Khonsu.open({ workers: 0, memory: 512 * MIB, serializable: 'occ' })
  })
  afterAll(() => khonsu.close())

  it('show every snapshot what a store with all versions shows', { timeout: 60_000 }, () => {
    fc.assert(
      fc.property(steps, (all) => {
        const comparison = new Comparison(khonsu, runs++)
        try {
          for (const step of all) comparison.do(step)
          comparison.finish()
        } finally {
          comparison.abandon()
        }
      }),
      { numRuns: 2_000, interruptAfterTimeLimit: 6_000 },
    )
    expect(khonsu.stats().horizon.holder).toBeUndefined()
  })

  it('are not needed by anybody in the end', async () => {
    await khonsu.reclaim()
    const { byClass } = khonsu.stats().memory
    expect(byClass.find(({ name }) => name === 'versions')?.blocksUsed).toBe(0)
  })

  it('are compared in earnest: a model that forgets deletions differs (canary)', () => {
    const property = fc.property(steps, (all) => {
      const comparison = new Comparison(khonsu, runs++)
      try {
        for (const step of all) {
          if (step.do !== 'delete at once') comparison.do(step)
          else khonsu.transact((tx) => tx.delete([runs - 1, step.key]))
        }
        comparison.finish()
      } finally {
        comparison.abandon()
      }
    })
    expect(fc.check(property, { numRuns: 200, seed: 1 }).failed).toBe(true)
  })
})
