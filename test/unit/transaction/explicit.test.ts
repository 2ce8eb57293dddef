import { SnapshotTooOldError, TransactionConflictError } from 'khonsu'
import { describe, expect, it } from 'vitest'
import { changingNothing, contents } from '../../support/contents.ts'
import { MIB, openStore } from '../../support/store.ts'
import { thrownBy } from '../../support/thrown.ts'

describe('an explicit transaction', () => {
  it('has ids from 0 on', async () => {
    const khonsu = await openStore()
    const ids = [1, 2, 3].map(() => {
      using transaction = khonsu.startTransaction()
      return transaction.id
    })
    expect(ids).toEqual([0, 1, 2])
  })

  it('reads, writes and deletes, and commits at once', async () => {
    const khonsu = await openStore()
    khonsu.transact((tx) => tx.set('a', { old: true }))
    const ref = khonsu.ref<number>('n', undefined, 7)
    const transaction = khonsu.startTransaction({ name: 'by hand' })
    expect([transaction.read('a'), transaction.read(ref)]).toEqual([{ old: true }, 7])
    transaction.write('a', 'new')
    transaction.write(ref, 8)
    expect(transaction.delete('missing')).toBe(false)
    expect([transaction.read('a'), transaction.read('n'), transaction.isOpen]).toEqual([
      'new',
      8,
      true,
    ])
    expect(contents(khonsu, ['a', 'n'])).toEqual([{ old: true }, undefined])
    const { timestamp, ignored } = transaction.commit()
    expect(timestamp).toBeGreaterThan(0)
    expect(ignored).toEqual([])
    expect(transaction.isOpen).toBe(false)
    expect(contents(khonsu, ['a', 'n'])).toEqual(['new', 8])
  })

  it('has the state at its begin as its snapshot', async () => {
    const khonsu = await openStore()
    khonsu.transact((tx) => tx.set('a', 1))
    const before = khonsu.startTransaction()
    khonsu.transact((tx) => {
      tx.set('a', 2)
      tx.set('b', 2)
    })
    const after = khonsu.startTransaction()
    khonsu.transact((tx) => tx.delete('a'))
    expect([before.read('a'), before.read('b')]).toEqual([1, undefined])
    expect([after.read('a'), after.read('b')]).toEqual([2, 2])
    expect(before.commit()).toEqual({ timestamp: 0, ignored: [] })
    after.rollback()
  })

  it('is undone by rollback, which may be called again', async () => {
    const khonsu = await openStore()
    khonsu.transact((tx) => tx.set('a', 'kept'))
    const transaction = khonsu.startTransaction()
    transaction.write('a', 'gone')
    transaction.write('b', 'gone')
    transaction.rollback()
    transaction.rollback()
    expect(contents(khonsu, ['a', 'b'])).toEqual(['kept', undefined])
    expect(khonsu.stats().aborts.byCause).toEqual({ rollback: 1 })
  })

  it('is undone at the end of its using block, unless it was committed', async () => {
    const khonsu = await openStore()
    {
      using transaction = khonsu.startTransaction()
      transaction.write('a', 1)
    }
    {
      using transaction = khonsu.startTransaction()
      transaction.write('b', 2)
      transaction.commit()
    }
    expect(
      thrownBy(() => {
        using transaction = khonsu.startTransaction()
        transaction.write('c', 3)
        throw new Error('mine')
      }),
    ).toMatchObject({ message: 'mine' })
    expect(contents(khonsu, ['a', 'b', 'c'])).toEqual([undefined, 2, undefined])
    expect(khonsu.stats().horizon.holder).toBeUndefined()
  })

  it.each(['committed', 'rolled-back', 'aborted'] as const)(
    'cannot be used when it is %s',
    async (end) => {
      const khonsu = await openStore()
      khonsu.transact((tx) => tx.set('a', 1))
      const transaction = khonsu.startTransaction()
      transaction.write('a', 2)
      if (end === 'committed') transaction.commit()
      if (end === 'rolled-back') transaction.rollback()
      if (end === 'aborted') {
        khonsu.transact((tx) => tx.set('a', 3))
        expect(thrownBy(() => transaction.commit())).toBeInstanceOf(TransactionConflictError)
      }
      changingNothing(khonsu, ['a'], () => {
        for (const call of [
          () => transaction.read('a'),
          () => transaction.write('a', 5),
          () => transaction.delete('a'),
          () => transaction.commit(),
        ]) {
          expect(thrownBy(call)).toMatchObject({ code: 'KHONSU_TRANSACTION_ENDED', end })
        }
        transaction.rollback()
      })
    },
  )

  it('keeps what it needs while others write and reclaim, and holds nothing after its end', async () => {
    const khonsu = await openStore({ memory: 64 * MIB })
    const text = (version: number): string => `${version} ${'x'.repeat(200)}`
    khonsu.transact((tx) => tx.set('a', text(0)))
    const transactions = []
    for (let version = 1; version <= 300; version++) {
      transactions.push([
        khonsu.startTransaction({ isolation: 'repeatable-read' }),
        version - 1,
      ] as const)
      khonsu.transact((tx) => tx.set('a', text(version)))
      if (version % 50 === 0) await khonsu.reclaim()
    }
    for (const [transaction, version] of transactions.toSorted(() => Math.random() - 0.5)) {
      expect(transaction.read('a')).toBe(text(version))
      transaction.rollback()
    }
    await khonsu.reclaim()
    const versions = khonsu.stats().memory.byClass.find(({ name }) => name === 'versions')
    expect(versions?.blocksUsed).toBeLessThanOrEqual(2)
  })

  it('gives way as late as possible: a commit of others on other keys is no conflict', async () => {
    const khonsu = await openStore()
    khonsu.transact((tx) => {
      tx.set('a', 1)
      tx.set('b', 1)
    })
    const transaction = khonsu.startTransaction()
    transaction.write('a', Number(transaction.read('a')) + 1)
    khonsu.transact((tx) => tx.set('b', 2))
    transaction.commit()
    expect(contents(khonsu, ['a', 'b'])).toEqual([2, 2])
  })

  it('can hold more cells than fit into its slot', async () => {
    const khonsu = await openStore({ memory: 64 * MIB })
    const transaction = khonsu.startTransaction()
    for (let i = 0; i < 5_000; i++) {
      expect(transaction.read(i)).toBeUndefined()
      transaction.write(i, i)
      if (i % 2 === 0) transaction.write(i, -i)
    }
    for (let i = 0; i < 5_000; i++) expect(transaction.read(i)).toBe(i % 2 === 0 ? -i : i)
    transaction.commit()
    const sum = khonsu.transact((tx) => {
      let total = 0
      for (let i = 0; i < 5_000; i++) total += Number(tx.get(i))
      return total
    })
    expect(sum).toBe(2_500)
  })

  it('loses its snapshot when it is too old, and says so by a class of its own', async () => {
    const khonsu = await openStore({ maxSnapshotAgeMs: 10 })
    khonsu.transact((tx) => tx.set('a', 1))
    const transaction = khonsu.startTransaction()
    while ((await khonsu.coordinatorReport())?.snapshotsRevoked === 0) {
      await new Promise((resolve) => setTimeout(resolve, 10))
    }
    expect(thrownBy(() => transaction.commit())).toBeInstanceOf(SnapshotTooOldError)
    expect(transaction.isOpen).toBe(false)
  })
})
