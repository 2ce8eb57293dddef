import {
  InvalidOptionError,
  type Khonsu,
  PromiseReturnedError,
  type Transaction,
  TransactionAbortedError,
  TransactionConflictError,
  TransactionEndedError,
  TransactionTooLargeError,
} from 'khonsu'
import { describe, expect, it } from 'vitest'
import { changingNothing, contents } from '../../support/contents.ts'
import { blockFor, MIB, openStore } from '../../support/store.ts'
import { thrownBy } from '../../support/thrown.ts'

const KEYS = ['a', 'b', 'fresh']

async function openPair(options = {}) {
  const khonsu = await openStore(options)
  khonsu.transact((tx) => {
    tx.set('a', 1)
    tx.set('b', 2)
  })
  return khonsu
}

/** A body that loses against another transaction each time it runs. */
function losing(khonsu: Khonsu, onRun: () => void = () => {}): (tx: Transaction) => void {
  return (tx) => {
    onRun()
    tx.set('b', Number(tx.get('a')) + 100)
    khonsu.transact((other) => other.update('a', (a) => Number(a) + 1))
  }
}

describe('errors thrown by a body', () => {
  it('roll back all its writes and leave transact as they are', async () => {
    const khonsu = await openPair()
    const mine = new RangeError('mine')
    const error = changingNothing(khonsu, KEYS, () =>
      thrownBy(() =>
        khonsu.transact((tx) => {
          tx.set('a', 100)
          tx.delete('b')
          tx.set('fresh', 'text')
          throw mine
        }),
      ),
    )
    expect(error).toBe(mine)
    expect(khonsu.stats().aborts.byCause).toEqual({ error: 1 })
  })

  it('may be anything', async () => {
    const khonsu = await openPair()
    for (const thrown of [undefined, null, 0, 'text', {}]) {
      expect(
        thrownBy(() =>
          khonsu.transact(() => {
            throw thrown
          }),
        ),
      ).toBe(thrown)
    }
  })

  it('are not retried: the body ran once', async () => {
    const khonsu = await openPair()
    let runs = 0
    thrownBy(() =>
      khonsu.transact((tx) => {
        runs++
        tx.get('a')
        throw new Error('mine')
      }),
    )
    expect(runs).toBe(1)
  })
})

describe('PromiseReturnedError', () => {
  it.each([
    ['an async body', async () => 1],
    ['a rejected promise', () => Promise.reject(new Error('nobody awaits it'))],
    // biome-ignore lint/suspicious/noThenProperty: a thenable is under test
    ['a thenable', () => ({ then: () => {} })],
  ])('is thrown for %s, and nothing was committed', async (_, returned) => {
    const khonsu = await openPair()
    const error = changingNothing(khonsu, KEYS, () =>
      thrownBy(() =>
        khonsu.transact(
          (tx) => {
            tx.set('a', 100)
            return returned() as never
          },
          { name: 'import' },
        ),
      ),
    )
    expect(error).toBeInstanceOf(PromiseReturnedError)
    expect(error).toMatchObject({
      code: 'KHONSU_PROMISE_RETURNED',
      retryable: false,
      transaction: 'import',
    })
  })
})

describe('TransactionAbortedError', () => {
  it('says attempts when maxAttempts are used up; its cause is the last conflict', async () => {
    const khonsu = await openPair({ serializable: 'occ' })
    let runs = 0
    const body = losing(khonsu, () => runs++)
    const error = thrownBy(() => khonsu.transact(body, { maxAttempts: 3 }))
    expect(error).toBeInstanceOf(TransactionAbortedError)
    expect(error).toMatchObject({
      code: 'KHONSU_RETRIES_EXHAUSTED',
      retryable: false,
      trigger: 'attempts',
      attempts: 3,
    })
    expect((error as Error).cause).toBeInstanceOf(TransactionConflictError)
    expect((error as Error).cause).toMatchObject({ reason: 'stale-read', key: 'a' })
    expect(runs).toBe(3)
    expect(contents(khonsu, KEYS)).toEqual([4, 2, undefined])
  })

  it('says timeout when timeoutMs ran out', async () => {
    const khonsu = await openPair({ serializable: 'occ' })
    const startedMs = performance.now()
    const body = losing(khonsu, () => blockFor(5))
    const error = thrownBy(() => khonsu.transact(body, { timeoutMs: 100 }))
    expect(error).toBeInstanceOf(TransactionAbortedError)
    expect(error).toMatchObject({ code: 'KHONSU_TRANSACTION_TIMEOUT', trigger: 'timeout' })
    const tookMs = performance.now() - startedMs
    expect(tookMs).toBeGreaterThanOrEqual(100)
    expect(tookMs).toBeLessThan(1_000)
    expect(contents(khonsu, ['b'])).toEqual([2])
  })

  it('says timeout by the timeoutMs of the store when the transaction names none', async () => {
    const khonsu = await openPair({ serializable: 'occ', timeoutMs: 30 })
    const error = thrownBy(() => khonsu.transact(losing(khonsu)))
    expect(error).toMatchObject({ code: 'KHONSU_TRANSACTION_TIMEOUT' })
  })

  it('says signal when the signal was aborted before, and the body did not run', async () => {
    const khonsu = await openPair()
    let runs = 0
    const reason = new Error('enough')
    const error = changingNothing(khonsu, KEYS, () =>
      thrownBy(() => khonsu.transact(() => runs++, { signal: AbortSignal.abort(reason) })),
    )
    expect(error).toMatchObject({
      code: 'KHONSU_TRANSACTION_ABORTED',
      trigger: 'signal',
      attempts: 0,
      cause: reason,
    })
    expect(runs).toBe(0)
  })

  it('says signal between two attempts', async () => {
    const khonsu = await openPair({ serializable: 'occ' })
    const controller = new AbortController()
    let runs = 0
    const body = losing(khonsu, () => {
      if (++runs === 4) controller.abort()
    })
    const error = thrownBy(() => khonsu.transact(body, { signal: controller.signal }))
    expect(error).toMatchObject({ trigger: 'signal', attempts: 4 })
    expect(contents(khonsu, ['b'])).toEqual([2])
  })
})

describe('TransactionEndedError', () => {
  const calls: [string, (tx: Transaction) => unknown][] = [
    ['get', (tx) => tx.get('a')],
    ['has', (tx) => tx.has('a')],
    ['set', (tx) => tx.set('a', 5)],
    ['update', (tx) => tx.update('a', () => 5)],
    ['delete', (tx) => tx.delete('a')],
  ]

  it.each(calls)(
    'is thrown by %s of a transaction that was kept beyond its body',
    async (_, call) => {
      const khonsu = await openPair()
      let leaked: Transaction | undefined
      khonsu.transact((tx) => {
        leaked = tx
      })
      const error = changingNothing(khonsu, KEYS, () => thrownBy(() => call(leaked as Transaction)))
      expect(error).toBeInstanceOf(TransactionEndedError)
      expect(error).toMatchObject({
        code: 'KHONSU_TRANSACTION_ENDED',
        end: 'committed',
        retryable: false,
      })
    },
  )

  it('is thrown by refs, too, after the end', async () => {
    const khonsu = await openPair()
    const ref = khonsu.ref<number>('a')
    let leaked: Transaction | undefined
    thrownBy(() =>
      khonsu.transact((tx) => {
        leaked = tx
        throw new Error('mine')
      }),
    )
    const out = new Float64Array(1)
    for (const call of [
      () => leaked?.get(ref),
      () => leaked?.set(ref, 5),
      () => leaked?.getMany([ref], out),
    ]) {
      expect(thrownBy(call)).toMatchObject({ code: 'KHONSU_TRANSACTION_ENDED', end: 'aborted' })
    }
    expect(contents(khonsu, KEYS)).toEqual([1, 2, undefined])
  })

  it('is thrown for the attempt before, when a body uses it in the next', async () => {
    const khonsu = await openPair()
    let first: Transaction | undefined
    const error = thrownBy(() =>
      khonsu.transact((tx) => {
        first ??= tx
        first.set('b', Number(first.get('a')) + 100)
        khonsu.transact((other) => other.set('a', 5))
      }),
    )
    expect(error).toMatchObject({ code: 'KHONSU_TRANSACTION_ENDED', end: 'aborted' })
    expect(contents(khonsu, KEYS)).toEqual([5, 2, undefined])
  })
})

describe('a poisoned transaction', () => {
  const foreign = async () => (await openStore()).ref('a')
  const faults: [string, (tx: Transaction, ref: Awaited<ReturnType<typeof foreign>>) => unknown][] =
    [
      ['a refused value', (tx) => tx.set('a', Symbol('no data') as never)],
      ['a refused key of set', (tx) => tx.set('\ud800', 1)],
      ['a refused key of get', (tx) => tx.get(Number.NaN)],
      ['a refused key of has', (tx) => tx.has(-0)],
      ['a refused key of delete', (tx) => tx.delete([''.padEnd(5_000)])],
      ['a ref of another store in get', (tx, ref) => tx.get(ref)],
      ['a ref of another store in set', (tx, ref) => tx.set(ref, 5)],
      ['a ref of another store in has', (tx, ref) => tx.has(ref)],
      ['a ref of another store in delete', (tx, ref) => tx.delete(ref)],
      ['a value that has no room', (tx) => tx.set('a', new Uint8Array(40 * MIB))],
      ['too short an array', (tx, ref) => tx.getMany([ref as never], new Float64Array(0))],
    ]

  it.each(faults)('is what a body has that catches %s', async (_, fault) => {
    const khonsu = await openPair()
    const ref = await foreign()
    let cause: unknown
    const calls: unknown[] = []
    const error = changingNothing(khonsu, KEYS, () =>
      thrownBy(() =>
        khonsu.transact((tx) => {
          tx.set('b', 100)
          cause = thrownBy(() => fault(tx, ref))
          calls.push(
            thrownBy(() => tx.get('a')),
            thrownBy(() => tx.set('a', 5)),
          )
        }),
      ),
    )
    for (const each of [error, ...calls]) {
      expect(each).toBeInstanceOf(TransactionEndedError)
      expect(each).toMatchObject({ code: 'KHONSU_TRANSACTION_POISONED', end: 'poisoned', cause })
    }
  })

  it('is retried by transact when its cause was a conflict', async () => {
    const khonsu = await openPair()
    let runs = 0
    const seen = khonsu.transact((tx) => {
      const a = tx.get('a')
      if (runs++ === 0) {
        khonsu.transact((other) => {
          other.set('a', 10)
          other.set('b', 20)
        })
      }
      try {
        return [a, tx.get('b')]
      } catch {
        return 'swallowed'
      }
    })
    expect([seen, runs]).toEqual([[10, 20], 2])
  })

  it('is poisoned in explicit form, too: commit refuses, rollback ends it', async () => {
    const khonsu = await openPair()
    const transaction = khonsu.startTransaction()
    transaction.write('b', 100)
    const cause = thrownBy(() => transaction.write('a', Symbol('no data') as never))
    for (const call of [() => transaction.read('a'), () => transaction.commit()]) {
      expect(thrownBy(call)).toMatchObject({ code: 'KHONSU_TRANSACTION_POISONED', cause })
    }
    transaction.rollback()
    expect(khonsu.stats().horizon.holder).toBeUndefined()
    expect(contents(khonsu, KEYS)).toEqual([1, 2, undefined])
  })

  it('refuses a ref of another store with InvalidOptionError', async () => {
    const khonsu = await openPair()
    const ref = await foreign()
    const error = thrownBy(() => khonsu.transact((tx) => tx.get(ref)))
    expect(error).toBeInstanceOf(InvalidOptionError)
    expect(error).toMatchObject({ option: 'ref' })
  })
})

describe('TransactionTooLargeError', () => {
  it('ends a transaction with too many cells at the limit that it names', async () => {
    const khonsu = await openStore({ memory: 256 * MIB })
    khonsu.transact((tx) => tx.set(0, 'kept'))
    let count = 0
    const error = thrownBy(() =>
      khonsu.transact((tx) => {
        for (; count <= 1_048_576; count++) tx.set(count, count)
      }),
    )
    expect(error).toBeInstanceOf(TransactionTooLargeError)
    expect(error).toMatchObject({ code: 'KHONSU_TRANSACTION_TOO_LARGE', retryable: false })
    const { limit } = error as TransactionTooLargeError
    // Keys without a value take a gap entry besides, of which there are few.
    expect(count).toBeLessThanOrEqual(limit)
    expect(count).toBeGreaterThan(limit - 5_000)
    expect(contents(khonsu, [0, 1, count - 1])).toEqual(['kept', undefined, undefined])
    khonsu.transact((tx) => tx.set(1, 'goes on'))
    expect(contents(khonsu, [1])).toEqual(['goes on'])
  })
})
