/** Transactions that only read: one snapshot, no conflict, no write. */
import {
  InvalidOptionError,
  type IsolationLevel,
  type Khonsu,
  ReadOnlyTransactionError,
  record,
  type Transaction,
  TransactionEndedError,
} from 'khonsu'
import { describe, expect, it } from 'vitest'
import { changingNothing } from '../../support/contents.ts'
import { openStore } from '../../support/store.ts'
import { thrownBy } from '../../support/thrown.ts'

const KEYS = ['a', 'b', 'c', 'fresh']
const READ_ONLY = { readOnly: true } as const

async function openTrio(): Promise<Khonsu> {
  const khonsu = await openStore()
  khonsu.transact((tx) => {
    for (const key of ['a', 'b', 'c']) tx.set(key, 1)
  })
  return khonsu
}

/** Reads three keys, with a commit to the others after the first; and how often the body ran. */
function readWhileOthersCommit(khonsu: Khonsu, isolation: IsolationLevel) {
  let runs = 0
  const read = khonsu.transact(
    (tx) => {
      runs++
      const seen = [tx.get('a')]
      khonsu.transact((other) => {
        for (const key of ['a', 'b', 'c']) other.update(key, (old) => Number(old) + 1)
      })
      return [...seen, tx.get('b'), tx.get('c')]
    },
    { ...READ_ONLY, isolation },
  )
  return { read, runs }
}

describe('a read-only transaction', () => {
  it.each(['repeatable-read', 'serializable'] as const)(
    'keeps the snapshot that it begins with and runs once, at %s',
    async (isolation) => {
      const khonsu = await openTrio()
      expect(readWhileOthersCommit(khonsu, isolation)).toEqual({ read: [1, 1, 1], runs: 1 })
      expect(readWhileOthersCommit(khonsu, isolation)).toEqual({ read: [2, 2, 2], runs: 1 })
      expect(khonsu.stats().aborts.total).toBe(0)
      expect(khonsu.stats().horizon.holder).toBeUndefined()
    },
  )

  it('sees what was committed last, at read-committed', async () => {
    const khonsu = await openTrio()
    expect(readWhileOthersCommit(khonsu, 'read-committed')).toEqual({ read: [1, 2, 2], runs: 1 })
  })

  it('would have run again without the option, which shows that the race above is one', async () => {
    const khonsu = await openTrio()
    let runs = 0
    khonsu.transact((tx) => {
      tx.get('a')
      if (runs++ === 0) khonsu.transact((other) => [other.set('a', 5), other.set('b', 5)])
      tx.get('b')
    })
    expect(runs).toBe(2)
  })

  const fields = record({ count: 'uint32' })
  const writes: readonly (readonly [string, (tx: Transaction, khonsu: Khonsu) => unknown])[] = [
    ['set', (tx) => tx.set('a', 2)],
    ['update', (tx) => tx.update('a', () => 2)],
    ['delete', (tx) => tx.delete('a')],
    ['modify', (tx, khonsu) => tx.modify(khonsu.ref('fresh', fields, { count: 1 }))],
    ['setAt', (tx, khonsu) => tx.setAt(khonsu.refs(['a']), 0, 2)],
  ]

  it.each(writes)('refuses %s, and what follows', async (call, write) => {
    const khonsu = await openTrio()
    const error = changingNothing(khonsu, KEYS, () =>
      thrownBy(() => khonsu.transact((tx: Transaction) => write(tx, khonsu), READ_ONLY)),
    )
    expect(error).toBeInstanceOf(ReadOnlyTransactionError)
    expect(error).toMatchObject({ code: 'KHONSU_READ_ONLY', retryable: false, call })
    const later = changingNothing(khonsu, KEYS, () =>
      thrownBy(() =>
        khonsu.transact((tx: Transaction) => {
          thrownBy(() => write(tx, khonsu))
        }, READ_ONLY),
      ),
    )
    expect(later).toBeInstanceOf(TransactionEndedError)
    expect(later).toMatchObject({ code: 'KHONSU_TRANSACTION_POISONED', cause: { call } })
  })

  it('refuses writes that its owner makes by hand, and commits without', async () => {
    const khonsu = await openTrio()
    const transaction = khonsu.startTransaction(READ_ONLY)
    expect(transaction.read('a')).toBe(1)
    expect(() => transaction.write('a', 2)).toThrow(ReadOnlyTransactionError)
    transaction.rollback()
    const other = khonsu.startTransaction(READ_ONLY)
    khonsu.transact((tx) => tx.set('a', 3))
    expect(other.read('a')).toBe(1)
    expect(other.commit()).toEqual({ timestamp: 0, ignored: [] })
  })

  it('says that it has ended when it is used after that', async () => {
    const khonsu = await openTrio()
    let kept: Transaction | undefined
    khonsu.transact((tx) => {
      kept = tx
    }, READ_ONLY)
    expect(() => kept?.set('a', 2)).toThrow(TransactionEndedError)
  })

  it('is asked for by true or false', async () => {
    const khonsu = await openTrio()
    const wrong = { readOnly: 'yes' as unknown as boolean }
    expect(() => khonsu.transact(() => 1, wrong)).toThrow(InvalidOptionError)
    expect(khonsu.transact((tx) => [tx.set('a', 4), tx.get('a')], { readOnly: false })[1]).toBe(4)
  })
})
