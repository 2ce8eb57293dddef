import {
  attach,
  InvalidOptionError,
  type Key,
  record,
  type Transaction,
  type Value,
  ValueNotAcceptableError,
} from 'khonsu'
import { describe, expect, it } from 'vitest'
import { changingNothing, contents } from '../../support/contents.ts'
import { openStore } from '../../support/store.ts'
import { thrownBy } from '../../support/thrown.ts'

const point = record({ x: 'float64', y: 'int32' })
const date = {
  encode: (value: Date): Value => value.getTime(),
  decode: (stored: Value): Date => new Date(stored as number),
}

describe('a ref', () => {
  it('and its key are the same cell', async () => {
    const khonsu = await openStore()
    const ref = khonsu.ref<number>(['account', 1])
    khonsu.transact((tx) => tx.set(ref, 5))
    expect(contents(khonsu, [['account', 1]])).toEqual([5])
    khonsu.transact((tx) => tx.set(['account', 1], 6))
    expect(khonsu.transact((tx) => tx.get(ref))).toBe(6)
    expect(khonsu.transact((tx) => tx.get(khonsu.ref(['account', 1])))).toBe(6)
    expect(ref.key).toEqual(['account', 1])
  })

  it('makes no value: its key has none until it is written', async () => {
    const khonsu = await openStore()
    const ref = khonsu.ref('a')
    expect(
      khonsu.transact((tx) => [tx.has(ref), tx.has('a'), tx.get(ref), tx.delete(ref)]),
    ).toEqual([false, false, undefined, false])
  })

  it('gives its initial value while the key has none, which does not count as one', async () => {
    const khonsu = await openStore()
    const count = khonsu.ref<number>('count', undefined, 10)
    khonsu.transact((tx) => {
      expect([tx.get(count), tx.has(count), tx.delete(count)]).toEqual([10, false, false])
      expect(tx.update(count, (old) => Number(old) + 1)).toBe(11)
      expect(tx.delete(count)).toBe(true)
      expect(tx.get(count)).toBe(10)
      expect(tx.get('count')).toBeUndefined()
    })
    const origin = khonsu.ref('origin', point, { x: 1, y: 2 })
    expect(khonsu.transact((tx) => tx.get(origin))).toEqual({ x: 1, y: 2 })
  })

  it('follows its key when it is deleted and made again', async () => {
    const khonsu = await openStore()
    const ref = khonsu.ref('phoenix')
    for (let i = 0; i < 50; i++) {
      khonsu.transact((tx) => {
        if (i % 2 === 0) tx.set('phoenix', `life ${i}`)
        else tx.set(ref, `life ${i}`)
      })
      expect(khonsu.transact((tx) => tx.get(ref))).toBe(`life ${i}`)
      expect(khonsu.transact((tx) => tx.delete(i % 3 === 0 ? 'phoenix' : ref))).toBe(true)
      expect(khonsu.transact((tx) => [tx.get(ref), tx.has('phoenix')])).toEqual([undefined, false])
      if (i % 10 === 0) await khonsu.reclaim()
    }
  })

  it('of another store is refused, also of another session on the same store', async () => {
    const [khonsu, foreign] = [await openStore(), await openStore()]
    const session = attach(structuredClone(khonsu.share()))
    khonsu.transact((tx) => tx.set('a', 'kept'))
    for (const ref of [foreign.ref('a'), session.ref('a'), foreign.ref('a', date)]) {
      const error = changingNothing(khonsu, ['a'], () =>
        thrownBy(() => khonsu.transact((tx) => tx.set(ref as never, 1))),
      )
      expect(error).toBeInstanceOf(InvalidOptionError)
      expect(error).toMatchObject({ option: 'ref' })
    }
    session.close()
  })
})

describe('a ref with a codec', () => {
  it('translates by a pair of functions', async () => {
    const khonsu = await openStore()
    const at = khonsu.ref('at', date)
    khonsu.transact((tx) => tx.set(at, new Date(1_000)))
    expect(khonsu.transact((tx) => tx.get(at))).toEqual(new Date(1_000))
    expect(contents(khonsu, ['at'])).toEqual([1_000])
    const later = khonsu.transact((tx) => tx.update(at, (old) => new Date(Number(old as Date) + 1)))
    expect(later).toEqual(new Date(1_001))
  })

  it('takes what its encode makes through the same checks', async () => {
    const khonsu = await openStore()
    const bad = khonsu.ref('bad', { encode: () => Number.NaN as Value, decode: () => 1 })
    khonsu.transact((tx) => tx.set(bad, 1))
    expect(contents(khonsu, ['bad'])).toEqual([Number.NaN])
    const refused = khonsu.ref('bad', { encode: () => undefined as never, decode: () => 1 })
    const error = thrownBy(() => khonsu.transact((tx) => tx.set(refused, 1)))
    expect(error).toBeInstanceOf(ValueNotAcceptableError)
  })

  it('poisons the transaction when a function of the codec throws', async () => {
    const khonsu = await openStore()
    const broken = khonsu.ref('broken', {
      encode: (value: number): Value => value,
      decode: (): number => {
        throw new RangeError('mine')
      },
    })
    khonsu.transact((tx) => tx.set(broken, 1))
    const error = thrownBy(() =>
      khonsu.transact((tx) => {
        tx.set('other', 1)
        return thrownBy(() => tx.get(broken))
      }),
    )
    expect(error).toMatchObject({ code: 'KHONSU_TRANSACTION_POISONED' })
    expect((error as Error).cause).toBeInstanceOf(RangeError)
    expect(contents(khonsu, ['other'])).toEqual([undefined])
  })

  it('keeps records, read by every ref of equal fields', async () => {
    const khonsu = await openStore()
    const ref = khonsu.ref('p', point)
    khonsu.transact((tx) => tx.set(ref, { x: -0, y: -(2 ** 31) }))
    const same = khonsu.ref('p', record({ x: 'float64', y: 'int32' }))
    expect(khonsu.transact((tx) => tx.get(same))).toStrictEqual({ x: -0, y: -(2 ** 31) })
    expect(
      khonsu.transact((tx) => tx.update(ref, (p) => ({ x: Number.NaN, y: p?.y ?? 0 }))),
    ).toEqual({
      x: Number.NaN,
      y: -(2 ** 31),
    })
  })

  it('refuses a record that does not fit, and leaves the old one', async () => {
    const khonsu = await openStore()
    const ref = khonsu.ref('p', point)
    khonsu.transact((tx) => tx.set(ref, { x: 1, y: 2 }))
    for (const [value, path] of [
      [{ x: 1, y: 2.5 }, '$.y'],
      [{ x: 1 }, '$.y'],
      [{ x: 1, y: 2, z: 3 }, '$.z'],
      [{ x: '1', y: 2 }, '$.x'],
      [5, '$'],
    ] as const) {
      const error = thrownBy(() => khonsu.transact((tx) => tx.set(ref, value as never)))
      expect(error).toBeInstanceOf(ValueNotAcceptableError)
      expect(error).toMatchObject({ path })
    }
    expect(khonsu.transact((tx) => tx.get(ref))).toEqual({ x: 1, y: 2 })
  })

  it('refuses to read as a record what is none, or one of other fields', async () => {
    const khonsu = await openStore()
    const ref = khonsu.ref('p', point)
    for (const value of [5, 'text', { x: 1, y: 2 }, null, 1n, new Uint8Array(16)]) {
      khonsu.transact((tx) => tx.set('p', value))
      const error = thrownBy(() => khonsu.transact((tx) => tx.get(ref)))
      expect(error).toBeInstanceOf(ValueNotAcceptableError)
    }
    khonsu.transact((tx) => tx.set(ref, { x: 1, y: 2 }))
    const others = [record({ x: 'float64' }), record({ a: 'float64', b: 'int32' })]
    for (const codec of others) {
      const error = thrownBy(() => khonsu.transact((tx) => tx.get(khonsu.ref('p', codec as never))))
      expect(error).toBeInstanceOf(ValueNotAcceptableError)
    }
    expect(thrownBy(() => contents(khonsu, ['p']))).toBeInstanceOf(ValueNotAcceptableError)
  })
})

describe('a list of refs', () => {
  it('reads and writes its keys by index', async () => {
    const khonsu = await openStore()
    const list = khonsu.refs(['a', ['b', 1], 3])
    expect([list.length, list.keys]).toEqual([3, ['a', ['b', 1], 3]])
    khonsu.transact((tx) => {
      tx.setAt(list, 0, 1)
      tx.setAt(list, 1, { json: true })
      expect([0, 1, 2].map((i) => tx.getAt(list, i))).toEqual([1, { json: true }, undefined])
    })
    expect(contents(khonsu, list.keys)).toEqual([1, { json: true }, undefined])
    khonsu.transact((tx) => tx.delete('a'))
    expect(khonsu.transact((tx) => tx.getAt(list, 0))).toBeUndefined()
    khonsu.transact((tx) => tx.setAt(list, 0, 'again'))
    expect(contents(khonsu, ['a'])).toEqual(['again'])
  })

  it('follows keys whose cells were used again, beside others', async () => {
    const khonsu = await openStore()
    const keys = Array.from({ length: 1_000 }, (_, i) => `key ${i}`)
    const list = khonsu.refs([...keys, 'never'])
    const valuesOf = (read: (tx: Transaction, i: number) => Value | undefined) =>
      khonsu.transact((tx) => list.keys.map((_, i) => read(tx, i)))
    for (let round = 0; round < 4; round++) {
      khonsu.transact((tx) => {
        for (let i = 0; i < 1_000; i += round + 1) tx.setAt(list, i, i * round)
      })
      const expected = valuesOf((tx, i) => tx.get(list.keys[i] as Key))
      expect([expected[0], expected[1_000]]).toEqual([0, undefined])
      expect(valuesOf((tx, i) => tx.getAt(list, i))).toEqual(expected)
      khonsu.transact((tx) => {
        for (let i = 0; i < 1_000; i += 3) tx.delete(keys[i] as string)
      })
      await khonsu.reclaim()
    }
    // Cells of deleted keys came back to others: they have had several keys by now.
    expect(new Set(list.generations).size).toBeGreaterThan(2)
  })

  it.each([-1, 2, 0.5, Number.NaN, 1e9])(
    'refuses the index %d and ends the attempt',
    async (index) => {
      const khonsu = await openStore()
      const list = khonsu.refs(['a', 'b'])
      for (const call of ['getAt', 'setAt'] as const) {
        const error = thrownBy(() =>
          khonsu.transact((tx) => {
            tx.set('a', 5)
            return thrownBy(() => tx[call](list, index, 1))
          }),
        )
        expect(error).toMatchObject({ code: 'KHONSU_TRANSACTION_POISONED' })
        expect((error as Error).cause).toMatchObject({ option: 'index' })
      }
      expect(contents(khonsu, ['a', 'b'])).toEqual([undefined, undefined])
    },
  )

  it('of another store is refused', async () => {
    const [khonsu, foreign] = [await openStore(), await openStore()]
    const list = foreign.refs(['a'])
    for (const call of ['getAt', 'setAt'] as const) {
      const error = thrownBy(() => khonsu.transact((tx) => tx[call](list, 0, 1)))
      expect(error).toBeInstanceOf(InvalidOptionError)
    }
  })

  it('refuses a value with its path', async () => {
    const khonsu = await openStore()
    const list = khonsu.refs(['a'])
    const error = thrownBy(() => khonsu.transact((tx) => tx.setAt(list, 0, [Number.NaN])))
    expect(error).toMatchObject({ code: 'KHONSU_VALUE_NOT_ACCEPTABLE', path: '$[0]' })
  })
})

describe('getMany', () => {
  it('fills an array with numbers, NaN where there is none', async () => {
    const khonsu = await openStore()
    const keys = ['a', 'b', 'c', 'd', 'e']
    khonsu.transact((tx) => {
      tx.set('a', 1)
      tx.set('b', -0)
      tx.set('c', 'text')
      tx.set('e', 2 ** 53)
    })
    const refs = keys.map((key) => khonsu.ref<number>(key))
    for (const given of [refs, khonsu.refs(keys)]) {
      const out = new Float64Array(6).fill(7)
      khonsu.transact((tx) => {
        tx.set('e', 5)
        tx.getMany(given, out)
      })
      expect([...out]).toEqual([1, -0, Number.NaN, Number.NaN, 5, 7])
    }
  })

  it('fills nothing for no refs', async () => {
    const khonsu = await openStore()
    khonsu.transact((tx) => tx.getMany([], new Float64Array(0)))
  })
})
