import {
  attach,
  type Key,
  KeyNotAcceptableError,
  type Value,
  ValueNotAcceptableError,
} from 'khonsu'
import { describe, expect, it } from 'vitest'
import { changingNothing, contents } from '../../support/contents.ts'
import { MIB, openStore } from '../../support/store.ts'
import { thrownBy } from '../../support/thrown.ts'

const numbers: number[] = [
  0,
  -0,
  1,
  -1,
  0.1,
  Number.NaN,
  Number.POSITIVE_INFINITY,
  Number.NEGATIVE_INFINITY,
  Number.MAX_SAFE_INTEGER,
  Number.MIN_SAFE_INTEGER,
  Number.MAX_VALUE,
  Number.MIN_VALUE,
  2 ** 31,
  -(2 ** 31),
  2 ** 32 - 1,
  1e-310,
]

const bigints: bigint[] = [
  0n,
  1n,
  -1n,
  2n ** 32n,
  -(2n ** 32n),
  2n ** 53n + 1n,
  2n ** 63n - 1n,
  -(2n ** 63n),
]

const texts: string[] = [
  '',
  'a',
  'plain ascii',
  'é ÿ latin1',
  '\0',
  'a\0b\0',
  '\u0100 just beyond latin1',
  '€',
  '\uffff',
  '😀 outside of the plane',
  'e\u0301 not normalized',
  '\u2028\u2029\ufeff',
  // A text is kept as it is: lone surrogates, which no UTF-8 can say, come back exactly.
  '\ud800',
  'a\udc00b',
  '\udfff\ud800',
  ...[47, 48, 49, 50, 1_000, 32_759, 32_760, 32_761, 65_536].map((length) => 'x'.repeat(length)),
  ...[23, 24, 25, 16_379, 16_380, 16_381, 32_768].map((length) => 'ж'.repeat(length)),
]

const json: Value[] = [
  {},
  [],
  [[]],
  [null],
  { a: 1, b: 'é', c: '€', d: [true, false, null, { e: [] }] },
  { '': 0, constructor: 1, toString: 2, 'a b': 3 },
  [1, 'two', { three: [3] }, 'ж'],
  Array.from({ length: 5_000 }, (_, i) => ({ i, text: `number ${i}` })),
]

function bytesOf(length: number): Uint8Array {
  return Uint8Array.from({ length }, (_, i) => i * 31)
}

/** As `toStrictEqual`, which takes its time for bytes. */
function expectSame(found: unknown, value: Value): void {
  if (!(value instanceof Uint8Array)) expect(found).toStrictEqual(value)
  else expect(Buffer.compare(found as Uint8Array, value)).toBe(0)
}

describe('values that come back exactly', () => {
  it.each<[string, Value[]]>([
    ['numbers', numbers],
    ['bigints', bigints],
    ['booleans and null', [true, false, null]],
    ['texts', texts],
    ['JSON', json],
    ['bytes', [0, 1, 7, 8, 9, 1_000, 32_760, 32_761, 70_000].map(bytesOf)],
  ])('%s, by key and by ref, in the transaction and after it', async (_, values) => {
    const khonsu = await openStore()
    const other = attach(structuredClone(khonsu.share()))
    for (const [i, value] of values.entries()) {
      const ref = khonsu.ref(['ref', i])
      const own = khonsu.transact((tx) => {
        tx.set(i, value)
        tx.set(ref, value)
        return [tx.get(i), tx.get(ref), tx.get(['ref', i])]
      })
      const later = khonsu.transact((tx) => [tx.get(i), tx.get(ref)])
      const elsewhere = other.transact((tx) => [tx.get(i), tx.get(['ref', i])])
      for (const found of [...own, ...later, ...elsewhere]) expectSame(found, value)
      expect(khonsu.transact((tx) => tx.has(i))).toBe(true)
    }
    other.close()
  })

  it('tells -0 from 0, and gives NaN for every NaN', async () => {
    const khonsu = await openStore()
    const ref = khonsu.ref<number>('zero')
    khonsu.transact((tx) => {
      tx.set(ref, -0)
      tx.set('zero by key', -0)
      tx.set('nan', -Number.NaN)
    })
    khonsu.transact((tx) => {
      expect(Object.is(tx.get(ref), -0)).toBe(true)
      expect(Object.is(tx.get('zero by key'), -0)).toBe(true)
      expect(tx.get('nan')).toBeNaN()
      expect(tx.update('zero by key', (old) => Number(old) + 0)).toBe(0)
    })
  })

  it('texts of 1 MiB and bytes of 8 MiB', async () => {
    const khonsu = await openStore({ memory: 64 * MIB })
    const narrow = 'abcdefgh'.repeat(MIB / 8)
    const wide = `€${'абвгдежз'.repeat(MIB / 16)}`
    const bytes = bytesOf(8 * MIB)
    khonsu.transact((tx) => {
      tx.set('narrow', narrow)
      tx.set('wide', wide)
      tx.set('bytes', bytes)
    })
    khonsu.transact((tx) => {
      // `toBe` would print both.
      expect(tx.get('narrow') === narrow).toBe(true)
      expect(tx.get('wide') === wide).toBe(true)
      expect(Buffer.compare(tx.get('bytes') as Uint8Array, bytes)).toBe(0)
    })
  })

  it('bytes from any view, as a copy of what the view shows', async () => {
    const khonsu = await openStore()
    const buffer = Uint8Array.from([1, 2, 3, 4, 5, 6]).buffer
    const view = new Uint8Array(buffer, 2, 3)
    khonsu.transact((tx) => {
      tx.set('view', view)
      tx.set('buffer', Buffer.from('node'))
      tx.set('shared', new Uint8Array(new SharedArrayBuffer(4)).fill(9))
    })
    view.fill(0)
    const [found, buffered, shared] = contents(khonsu, ['view', 'buffer', 'shared']) as Uint8Array[]
    expect(found).toEqual(Uint8Array.from([3, 4, 5]))
    expect(found?.constructor).toBe(Uint8Array)
    expect(Buffer.from(buffered as Uint8Array).toString()).toBe('node')
    expect(shared).toEqual(Uint8Array.from([9, 9, 9, 9]))
  })

  it('copies: changing what was read or written changes nothing in the store', async () => {
    const khonsu = await openStore()
    const written = { list: [1, 2] }
    khonsu.transact((tx) => {
      tx.set('json', written)
      written.list.push(3)
      ;(tx.get('json') as typeof written).list.push(4)
      expect(tx.get('json')).toEqual({ list: [1, 2] })
    })
    const read = khonsu.transact((tx) => tx.get('json')) as typeof written
    read.list.length = 0
    expect(contents(khonsu, ['json'])).toEqual([{ list: [1, 2] }])
  })

  it('change their kind in one cell', async () => {
    const khonsu = await openStore()
    const values: Value[] = [1, 'text', 2n, null, bytesOf(100), { a: 1 }, true, 'ж', [1], -0]
    for (const value of [...values, ...values.toReversed()]) {
      khonsu.transact((tx) => tx.set('any', value))
      expect(contents(khonsu, ['any'])).toStrictEqual([value])
    }
  })
})

describe('ValueNotAcceptableError', () => {
  it.each<[string, unknown, string]>([
    ['undefined', undefined, '$'],
    ['a symbol', Symbol('s'), '$'],
    ['a function', () => 1, '$'],
    ['a bigint of 65 bits', 2n ** 63n, '$'],
    ['a negative bigint of 65 bits', -(2n ** 63n) - 1n, '$'],
    ['a Date', new Date(0), '$'],
    ['a Map', new Map(), '$'],
    ['a Float64Array', new Float64Array(1), '$'],
    ['a promise', Promise.resolve(1), '$'],
    ['a class instance in JSON', { a: [0, new (class Point {})()] }, '$.a[1]'],
    ['NaN in JSON', { a: { b: [1, Number.NaN] } }, '$.a.b[1]'],
    ['-0 in JSON', [-0], '$[0]'],
    ['undefined in JSON', { 'a b': undefined }, '$["a b"]'],
    ['a bigint in JSON', [1n], '$[0]'],
    ['an own __proto__', JSON.parse('{"__proto__": 1}'), '$.__proto__'],
    ['a lone surrogate in JSON', { text: '\ud800' }, '$.text'],
  ])('refuses %s with its path, and nothing changes', async (_, value, path) => {
    const khonsu = await openStore()
    const ref = khonsu.ref('by ref')
    khonsu.transact((tx) => {
      tx.set('a', 'kept')
      tx.set(ref, 'kept')
    })
    for (const target of ['a', ref]) {
      const error = changingNothing(khonsu, ['a', 'by ref', 'b'], () =>
        thrownBy(() =>
          khonsu.transact((tx) => {
            tx.set('b', 1)
            tx.set(target as Key, value as Value)
          }),
        ),
      )
      expect(error).toBeInstanceOf(ValueNotAcceptableError)
      expect(error).toMatchObject({ code: 'KHONSU_VALUE_NOT_ACCEPTABLE', retryable: false, path })
    }
  })

  it('leaves no block behind', async () => {
    const khonsu = await openStore()
    khonsu.transact((tx) => tx.set('a', 1))
    const blocks = (): number[] => khonsu.stats().memory.byClass.map(({ blocksUsed }) => blocksUsed)
    const before = blocks()
    for (let i = 0; i < 100; i++) {
      thrownBy(() =>
        khonsu.transact((tx) => {
          tx.set('a', 'text')
          tx.set('a', { text: 'ж' })
          tx.set('a', [Number.NaN])
        }),
      )
    }
    expect(blocks().slice(0, before.length)).toEqual(before)
  })
})

describe('keys', () => {
  const keys: Key[] = [
    '',
    'a',
    'A',
    'a\0',
    '1',
    1,
    -1,
    0,
    1.5,
    Number.POSITIVE_INFINITY,
    Number.NEGATIVE_INFINITY,
    2 ** 53,
    'é',
    'e\u0301',
    '😀',
    [],
    [''],
    ['a'],
    ['a', ''],
    ['a', 1],
    ['a', '1'],
    [1, 'a'],
    [1],
    ['1'],
    [0, 0],
    ['a', 'b', 'c', 1, 2, 3],
    Array.from({ length: 32 }, (_, i) => i),
    'x'.repeat(1_024),
    'ж'.repeat(512),
  ]

  it('of every kind are distinct, and equal ones are the same', async () => {
    const khonsu = await openStore()
    khonsu.transact((tx) => {
      for (const [i, key] of keys.entries()) tx.set(key, i)
    })
    const again = keys.map((key) => (Array.isArray(key) ? [...key] : key))
    expect(contents(khonsu, again)).toEqual(keys.map((_, i) => i))
    expect(contents(attach(structuredClone(khonsu.share())), again)).toEqual(keys.map((_, i) => i))
    expect(khonsu.stats().cells.count).toBe(keys.length)
  })

  it.each<[string, unknown, string]>([
    ['NaN', Number.NaN, '$'],
    ['-0', -0, '$'],
    ['-0 in a tuple', ['a', -0], '$[1]'],
    ['a lone surrogate', 'a\ud800', '$'],
    ['a lone surrogate in a tuple', [1, '\udc00'], '$[1]'],
    ['a bigint', 1n, '$'],
    ['a boolean', true, '$'],
    ['null', null, '$'],
    ['undefined', undefined, '$'],
    ['an object', { id: 1 }, '$'],
    ['a nested tuple', ['a', ['b']], '$[1]'],
    ['a text that is too long', 'x'.repeat(2_000), '$'],
    ['a tuple that is too long', new Array(33).fill(1), '$'],
  ])('refuse %s with its path', async (_, key, path) => {
    const khonsu = await openStore()
    khonsu.transact((tx) => tx.set('a', 'kept'))
    for (const call of [
      () => khonsu.transact((tx) => tx.get(key as Key)),
      () => khonsu.transact((tx) => tx.set(key as Key, 1)),
      () => khonsu.transact((tx) => tx.delete(key as Key)),
      () => khonsu.transact((tx) => tx.has(key as Key)),
      () => khonsu.startTransaction().read(key as Key),
      () => khonsu.ref(key as Key),
      () => khonsu.refs(['fine', key as Key]),
    ]) {
      const error = changingNothing(khonsu, ['a'], () => thrownBy(call))
      expect(error).toBeInstanceOf(KeyNotAcceptableError)
      expect(error).toMatchObject({ code: 'KHONSU_KEY_NOT_ACCEPTABLE', path })
    }
  })

  it('are told apart by the thousand, while the index grows', async () => {
    const khonsu = await openStore()
    const count = 20_000
    khonsu.transact((tx) => {
      for (let i = 0; i < count; i++) {
        tx.set(i, i)
        tx.set(`${i}`, -i)
        tx.set(['k', i], i * 2)
      }
    })
    expect(khonsu.stats().cells.count).toBe(3 * count)
    expect(khonsu.stats().cells.buckets).toBeGreaterThanOrEqual(3 * count)
    khonsu.transact((tx) => {
      let wrong = 0
      for (let i = 0; i < count; i++) {
        if (tx.get(i) !== i || tx.get(`${i}`) !== -i || tx.get(['k', i]) !== i * 2) wrong++
      }
      expect(wrong).toBe(0)
    })
  })
})
