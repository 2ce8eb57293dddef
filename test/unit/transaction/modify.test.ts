import {
  InvalidOptionError,
  type IsolationLevel,
  type Khonsu,
  type RecordView,
  record,
  TransactionConflictError,
  TransactionEndedError,
  ValueNotAcceptableError,
} from 'khonsu'
import { describe, expect, it } from 'vitest'
import { contents } from '../../support/contents.ts'
import { openStore } from '../../support/store.ts'
import { thrownBy } from '../../support/thrown.ts'

const VISITS = record({ seconds: 'float64', worst: 'int32', count: 'uint32' })
const NONE = { seconds: 0, worst: 0, count: 0 }
type Visits = typeof NONE

const LEVELS: readonly IsolationLevel[] = ['read-committed', 'repeatable-read', 'serializable']

function blocksUsed(khonsu: Khonsu): number {
  const { byClass } = khonsu.stats().memory
  return byClass
    .filter(({ name }) => name.startsWith('blocks'))
    .reduce((sum, { blocksUsed }) => sum + blocksUsed, 0)
}

describe('tx.modify', () => {
  it('changes fields in place; the commit publishes them together', async () => {
    const khonsu = await openStore()
    const ref = khonsu.ref('visits', VISITS, NONE)
    const other = khonsu.ref('visits', VISITS)
    khonsu.transact((tx) => tx.set(ref, { seconds: 1.5, worst: -3, count: 7 }))
    khonsu.transact((tx) => {
      const view = tx.modify(ref)
      expect({ ...tx.get(other) }).toEqual({ seconds: 1.5, worst: -3, count: 7 })
      view.seconds += 0.25
      view.worst = -4
      view.count++
      const again = tx.modify(other)
      expect([again.seconds, again.worst, again.count]).toEqual([1.75, -4, 8])
      again.count = 4_294_967_295
      expect(view.count).toBe(4_294_967_295)
      expect(tx.get(ref)).toEqual({ seconds: 1.75, worst: -4, count: 4_294_967_295 })
    })
    expect(khonsu.transact((tx) => tx.get(other))).toEqual({
      seconds: 1.75,
      worst: -4,
      count: 4_294_967_295,
    })
  })

  it('lists its fields, in the order of their declaration', async () => {
    const khonsu = await openStore()
    const ref = khonsu.ref('visits', VISITS, NONE)
    khonsu.transact((tx) => {
      const names: string[] = []
      for (const name in tx.modify(ref)) names.push(name)
      expect(names).toEqual(['seconds', 'worst', 'count'])
    })
  })

  it('begins with the initial value; refuses a key that has none either', async () => {
    const khonsu = await openStore()
    const error = thrownBy(() => khonsu.transact((tx) => tx.modify(khonsu.ref('a', VISITS))))
    expect(error).toBeInstanceOf(ValueNotAcceptableError)
    expect(khonsu.transact((tx) => tx.has('a'))).toBe(false)
    const ref = khonsu.ref('a', VISITS, { seconds: 5, worst: 6, count: 7 })
    khonsu.transact((tx) => {
      tx.modify(ref).count += 1
    })
    expect(khonsu.transact((tx) => tx.get(ref))).toEqual({ seconds: 5, worst: 6, count: 8 })
  })

  it('holds records of more and wider fields than the quick ones', async () => {
    const khonsu = await openStore()
    const names = Array.from({ length: 20 }, (_, at) => `f${at}`)
    const wide = record(Object.fromEntries(names.map((name) => [name, 'float64' as const])))
    const zero = Object.fromEntries(names.map((name) => [name, 0]))
    const ref = khonsu.ref('wide', wide, zero)
    khonsu.transact((tx) => {
      const view = tx.modify(ref) as Record<string, number>
      for (const [at, name] of names.entries()) view[name] = at + 0.5
      for (const [at, name] of names.entries()) expect(view[name]).toBe(at + 0.5)
    })
    const expected = Object.fromEntries(names.map((name, at) => [name, at + 0.5]))
    expect(khonsu.transact((tx) => tx.get(ref))).toEqual(expected)
  })

  it('modifies more records than an access set holds without growing', async () => {
    const khonsu = await openStore()
    const refs = Array.from({ length: 500 }, (_, at) => khonsu.ref(at, VISITS, NONE))
    khonsu.transact((tx) => {
      const views = refs.map((ref) => tx.modify(ref))
      for (const [at, view] of views.entries()) view.count = at
    })
    const counts = khonsu.transact((tx) => refs.map((ref) => tx.get(ref)?.count))
    expect(counts).toEqual(refs.map((_, at) => at))
  })
})

describe('a view', () => {
  it('throws once its transaction has ended, and changes nothing', async () => {
    const khonsu = await openStore()
    const ref = khonsu.ref('visits', VISITS, NONE)
    const view = khonsu.transact((tx) => [tx.modify(ref)])[0] as RecordView<Visits>
    for (const name of ['seconds', 'worst', 'count'] as const) {
      expect(thrownBy(() => view[name])).toBeInstanceOf(TransactionEndedError)
      const error = thrownBy(() => {
        view[name] = 9
      })
      expect(error).toMatchObject({ code: 'KHONSU_TRANSACTION_ENDED' })
    }
    expect(khonsu.transact((tx) => tx.get(ref))).toEqual(NONE)
  })

  it('refuses what its field does not take', async () => {
    const khonsu = await openStore()
    const ref = khonsu.ref('visits', VISITS, NONE)
    khonsu.transact((tx) => {
      const view = tx.modify(ref) as Record<keyof Visits, unknown>
      for (const [name, value] of [
        ['seconds', '1'],
        ['seconds', undefined],
        ['worst', 1.5],
        ['worst', 2 ** 31],
        ['count', -1],
        ['count', -0],
        ['count', 1n],
      ] as const) {
        const error = thrownBy(() => {
          view[name] = value
        })
        expect(error).toBeInstanceOf(ValueNotAcceptableError)
      }
      expect(tx.get(ref)).toEqual(NONE)
    })
  })

  it.each([
    ['written over', (tx: Parameters<Parameters<Khonsu['transact']>[0]>[0]) => tx.set('a', 'text')],
    ['deleted', (tx: Parameters<Parameters<Khonsu['transact']>[0]>[0]) => tx.delete('a')],
  ])('of a record that was %s meanwhile changes nothing any more', async (_, replace) => {
    const khonsu = await openStore()
    const ref = khonsu.ref('a', VISITS, NONE)
    khonsu.transact((tx) => {
      tx.set(ref, NONE)
      tx.set('b', 'bystander')
    })
    await khonsu.reclaim()
    const before = blocksUsed(khonsu)
    for (let i = 0; i < 300; i++) {
      khonsu.transact((tx) => {
        const view = tx.modify(ref)
        replace(tx)
        // Whoever got the block of the view would be written over here.
        tx.set('b', 'innocent bystander')
        view.seconds = 1e300
        view.count = 99
      })
      expect(contents(khonsu, ['b'])).toEqual(['innocent bystander'])
      khonsu.transact((tx) => tx.set(ref, NONE))
    }
    await khonsu.reclaim()
    expect(blocksUsed(khonsu)).toBeLessThanOrEqual(before + 1)
  })
})

describe('what was modified', () => {
  it.each(LEVELS)('is forgotten with a transaction that throws, at %s', async (isolation) => {
    const khonsu = await openStore({ isolation })
    const ref = khonsu.ref('visits', VISITS, NONE)
    khonsu.transact((tx) => tx.set(ref, { ...NONE, count: 1 }))
    const before = blocksUsed(khonsu)
    for (let i = 0; i < 100; i++) {
      const error = thrownBy(() =>
        khonsu.transact((tx) => {
          tx.modify(ref).count = 5
          throw new RangeError('no')
        }),
      )
      expect(error).toBeInstanceOf(RangeError)
    }
    expect(khonsu.transact((tx) => tx.get(ref))).toEqual({ ...NONE, count: 1 })
    expect(blocksUsed(khonsu)).toBe(before)
  })

  it.each(LEVELS)('is seen by no snapshot taken before, at %s', async (isolation) => {
    const khonsu = await openStore()
    const ref = khonsu.ref('visits', VISITS, NONE)
    khonsu.transact((tx) => tx.set(ref, { ...NONE, count: 1 }))
    using old = khonsu.startTransaction({ isolation })
    if (isolation !== 'read-committed') expect(old.read(ref)?.count).toBe(1)
    for (let i = 0; i < 50; i++) {
      khonsu.transact((tx) => {
        tx.modify(ref).count += 1
      })
    }
    expect(old.read(ref)?.count).toBe(isolation === 'read-committed' ? 51 : 1)
  })

  it('conflicts with what others have committed since', async () => {
    const khonsu = await openStore()
    const ref = khonsu.ref('visits', VISITS, NONE)
    khonsu.transact((tx) => tx.set(ref, NONE))
    let attempts = 0
    khonsu.transact((tx) => {
      const view = tx.modify(ref)
      if (attempts++ === 0) {
        khonsu.transact((other) => {
          other.modify(ref).count += 10
        })
      }
      view.count += 1
    })
    expect(attempts).toBe(2)
    expect(khonsu.transact((tx) => tx.get(ref)?.count)).toBe(11)
    const error = thrownBy(() =>
      khonsu.transact(
        (tx) => {
          tx.modify(ref).count += 1
          khonsu.transact((other) => other.set(ref, NONE))
        },
        { maxAttempts: 1 },
      ),
    )
    expect((error as Error).cause).toBeInstanceOf(TransactionConflictError)
  })
})

describe('tx.modify refuses', () => {
  it('a cell that holds something else, and ends the attempt', async () => {
    const khonsu = await openStore()
    khonsu.transact((tx) => {
      tx.set('text', 'words')
      tx.set('number', 1)
      tx.set(khonsu.ref('other', record({ n: 'float64' })), { n: 1 })
    })
    for (const key of ['text', 'number', 'other']) {
      const ref = khonsu.ref(key, VISITS, NONE)
      const error = thrownBy(() => khonsu.transact((tx) => tx.modify(ref)))
      expect(error, key).toBeInstanceOf(ValueNotAcceptableError)
    }
    expect(contents(khonsu, ['text', 'number'])).toEqual(['words', 1])
  })

  it('a ref without a record codec, and one of another store', async () => {
    const khonsu = await openStore()
    const plain = khonsu.ref('a') as never
    expect(thrownBy(() => khonsu.transact((tx) => tx.modify(plain)))).toBeInstanceOf(
      InvalidOptionError,
    )
    const foreign = (await openStore()).ref('a', VISITS, NONE)
    expect(thrownBy(() => khonsu.transact((tx) => tx.modify(foreign)))).toBeInstanceOf(
      InvalidOptionError,
    )
  })

  it('a transaction that has ended', async () => {
    const khonsu = await openStore()
    const ref = khonsu.ref('a', VISITS, NONE)
    const [tx] = khonsu.transact((open) => [open])
    expect(thrownBy(() => tx?.modify(ref))).toBeInstanceOf(TransactionEndedError)
  })
})
