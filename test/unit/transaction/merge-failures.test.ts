/** Merges that fail or do not end, and names that are not those of merges. */
import { createContext, runInContext } from 'node:vm'
import {
  InvalidOptionError,
  Khonsu,
  type Merge,
  PromiseReturnedError,
  TransactionAbortedError,
  TransactionEndedError,
  type Value,
  ValueNotAcceptableError,
} from 'khonsu'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { thrownBy } from '../../support/thrown.ts'

let khonsu: Khonsu
beforeEach(async () => {
  khonsu = await Khonsu.open({ workers: 0, memory: 64 * 1024 * 1024 })
})
afterEach(() => khonsu.close())

function put(key: string, value: Value): void {
  khonsu.transact((tx) => tx.set(key, value))
}

function get(key: string): Value | undefined {
  return khonsu.transact((tx) => tx.get(key))
}

describe('a merge that fails', () => {
  class Refusal extends Error {}

  it.each<[string, () => unknown, unknown]>([
    [
      'throws',
      () => {
        throw new Refusal('no')
      },
      Refusal,
    ],
    [
      'returns a promise',
      () => Promise.reject(new Error('nobody awaits it')),
      PromiseReturnedError,
    ],
    ['returns what no cell holds', () => [() => 1], ValueNotAcceptableError],
    ['returns a bigint of too many bits', () => 2n ** 70n, ValueNotAcceptableError],
  ])('because it %s ends the attempt', (_, merge, expected) => {
    khonsu.defineMerge('failing', merge as Merge)
    put('k', 0)
    let attempts = 0
    const body = (): void =>
      khonsu.transact((tx) => {
        attempts++
        tx.set('other', attempts)
        tx.set('k', 1, { merge: 'failing' })
        put('k', 2)
      })
    const transaction = khonsu.startTransaction({ name: 'explicit' })
    transaction.write('k', 1, { merge: 'failing' })
    expect(thrownBy(body)).toBeInstanceOf(expected)
    expect(thrownBy(() => transaction.commit())).toBeInstanceOf(expected)
    expect([attempts, transaction.isOpen]).toEqual([1, false])
    expect([get('k'), get('other')]).toEqual([2, undefined])
    // Nothing is locked, and slots are as good as new.
    khonsu.transact((tx) => tx.set('k', 3))
    for (let i = 0; i < 10; i++) khonsu.startTransaction().rollback()
    expect([get('k'), khonsu.stats().open.snapshots]).toEqual([3, 0])
  })

  it('says which one returned a promise', () => {
    khonsu.defineMerge('later', (() => Promise.resolve(1)) as unknown as Merge)
    const transaction = khonsu.startTransaction()
    transaction.write('k', 1, { merge: 'later' })
    put('k', 2)
    const error = thrownBy(() => transaction.commit())
    expect(error).toMatchObject({ code: 'KHONSU_PROMISE_RETURNED', merge: 'later' })
    expect(String(error)).toContain('The merge "later" returned a promise')
  })

  it('cannot use the transaction that it is called for', () => {
    const transaction = khonsu.startTransaction()
    const errors: unknown[] = []
    khonsu.defineMerge('entering', () => {
      const calls = [() => transaction.write('k', 9), () => transaction.commit()]
      for (const call of calls) errors.push(thrownBy(call))
      transaction.rollback()
      return 5
    })
    transaction.write('k', 1, { merge: 'entering' })
    put('k', 2)
    transaction.commit()
    expect(errors.every((error) => error instanceof TransactionEndedError)).toBe(true)
    expect([errors.length, get('k'), transaction.isOpen]).toEqual([2, 5, false])
  })
})

describe('a merge that does not end', () => {
  it.each(['explicit', 'of transact'])('is thrown out of by vm: %s', async (kind) => {
    khonsu.defineMerge('endless', () => {
      for (;;);
    })
    put('k', 0)
    const transaction = khonsu.startTransaction()
    if (kind === 'explicit') {
      transaction.write('k', 1, { merge: 'endless' })
      put('k', 2)
    } else {
      transaction.rollback()
    }
    const run = (): void => {
      if (kind === 'explicit') return void transaction.commit()
      khonsu.transact((tx) => {
        tx.set('k', 1, { merge: 'endless' })
        put('k', 2)
      })
    }
    const context = createContext({ run })
    const timedOut = { code: 'ERR_SCRIPT_EXECUTION_TIMEOUT' }
    expect(thrownBy(() => runInContext('run()', context, { timeout: 30 }))).toMatchObject(timedOut)
    // Nothing is locked: only the snapshot is kept until the turn has ended.
    put('k', 3)
    await new Promise((resolve) => setImmediate(() => setImmediate(resolve)))
    expect([get('k'), transaction.isOpen]).toEqual([3, false])
    expect(khonsu.stats().open.snapshots).toBe(0)
  })
})

describe('the name of a merge', () => {
  it('has to be defined, and the error says which ones are', () => {
    const write = (): void => khonsu.transact((tx) => tx.set('k', 1, { merge: 'lost' }))
    expect(String(thrownBy(write))).toContain('(there are none yet)')
    khonsu.defineMerge('one', () => 1)
    khonsu.defineMerge('two', () => 2)
    const error = thrownBy(write)
    expect(error).toBeInstanceOf(InvalidOptionError)
    expect(error).toMatchObject({ option: 'merge', given: '"lost"' })
    expect(String(error)).toContain('(one, two)')
    expect(get('k')).toBe(undefined)
  })

  it('belongs to one function', () => {
    const merge: Merge = () => 1
    khonsu.defineMerge('one', merge)
    khonsu.defineMerge('one', merge)
    expect(thrownBy(() => khonsu.defineMerge('one', () => 1))).toMatchObject({ option: 'name' })
    expect(thrownBy(() => khonsu.defineMerge('', merge))).toMatchObject({ option: 'name' })
    const none = undefined as unknown as Merge
    expect(thrownBy(() => khonsu.defineMerge('two', none))).toMatchObject({ option: 'merge' })
  })

  it('is all that set takes beside the value', () => {
    khonsu.transact((tx) => tx.set('k', 1, {}))
    khonsu.transact((tx) => tx.set('k', 2, { merge: undefined }))
    expect(get('k')).toBe(2)
    for (const options of [{ merges: 'x' }, null, 'x', { merge: 5 }]) {
      const write = (): void => khonsu.transact((tx) => tx.set('k', 1, options as never))
      expect(thrownBy(write)).toBeInstanceOf(InvalidOptionError)
    }
  })

  it('is defined in each worker of a pool by its own module', async () => {
    const pool = await Khonsu.open({ workers: 2, memory: 64 * 1024 * 1024 })
    try {
      const job = new URL('./jobs/merge-job.mjs', import.meta.url)
      const merged = await pool.runAll(job, (worker) => ({ field: `w${worker}`, count: 400 }))
      expect(pool.transact((tx) => tx.get('document'))).toEqual({ w0: 400, w1: 400 })
      expect(merged.every((calls) => typeof calls === 'number')).toBe(true)
      const lost = thrownBy(() => pool.transact((tx) => tx.set('document', 1, { merge: 'fields' })))
      expect(lost).toBeInstanceOf(InvalidOptionError)
    } finally {
      await pool.close()
    }
  })
})

describe('attempts', () => {
  it('that are used up by rounds say so', () => {
    khonsu.defineMerge<number>('losing', (_, theirs = 0) => {
      put('k', theirs + 1)
      return 0
    })
    put('k', 0)
    const run = (): void =>
      khonsu.transact(
        (tx) => {
          tx.set('k', 5, { merge: 'losing' })
          put('k', 1)
        },
        { maxAttempts: 2 },
      )
    expect(thrownBy(run)).toBeInstanceOf(TransactionAbortedError)
  })
})
