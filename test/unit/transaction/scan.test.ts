/** Scans: bounds, order, own writes, every kind of value, isolation levels, errors. */
import {
  InvalidOptionError,
  type IsolationLevel,
  type Key,
  type KeyRange,
  type Khonsu,
  type KhonsuOptions,
  record,
  type Transaction,
  TransactionConflictError,
  TransactionEndedError,
  ValueNotAcceptableError,
} from 'khonsu'
import { describe, expect, it } from 'vitest'
import { openStore } from '../../support/store.ts'
import { thrownBy } from '../../support/thrown.ts'

const LEVELS: readonly IsolationLevel[] = ['read-committed', 'repeatable-read', 'serializable']
const MIXED: readonly Key[] = [
  -5,
  0,
  7,
  '',
  'a',
  'a\u0000',
  'ab',
  'b',
  'é',
  [],
  ['a'],
  ['a', 1],
  ['a', 2],
  ['a', 'x'],
  ['ab', 1],
]

async function openMixed(): Promise<Khonsu> {
  const khonsu = await openStore({ workers: 0 })
  khonsu.transact((tx) => {
    // Not in order.
    for (const at of [7, 3, 11, 0, 14, 5, 9, 1, 13, 2, 8, 4, 12, 6, 10]) {
      tx.set(MIXED[at] as Key, at)
    }
  })
  return khonsu
}

async function openNumbered(count: number, options: KhonsuOptions = {}): Promise<Khonsu> {
  const khonsu = await openStore({ workers: 0, ...options })
  khonsu.transact((tx) => {
    for (let i = 0; i < count; i++) tx.set(['key', i], i)
  })
  return khonsu
}

function keysOf(khonsu: Khonsu, range?: KeyRange): Key[] {
  return khonsu.transact((tx) => [...tx.keys(range)])
}

function numbersOf(tx: Transaction, range?: KeyRange): number[] {
  return [...tx.scan(range)].map(([, value]) => value as number)
}

describe('a scan', () => {
  it('meets all keys in the order of keys', async () => {
    const khonsu = await openMixed()
    expect(keysOf(khonsu)).toEqual(MIXED)
    expect(keysOf(khonsu, {})).toEqual(MIXED)
    expect(keysOf(khonsu, { reverse: true })).toEqual([...MIXED].reverse())
    expect(khonsu.transact((tx) => numbersOf(tx))).toEqual(MIXED.map((_, at) => at))
    expect(khonsu.transact((tx) => tx.count())).toBe(MIXED.length)
  })

  it.each<[string, KeyRange, readonly Key[]]>([
    [
      'gte',
      { gte: ['a', 1] },
      [
        ['a', 1],
        ['a', 2],
        ['a', 'x'],
        ['ab', 1],
      ],
    ],
    [
      'gt',
      { gt: ['a', 1] },
      [
        ['a', 2],
        ['a', 'x'],
        ['ab', 1],
      ],
    ],
    ['lte', { lte: 'a' }, [-5, 0, 7, '', 'a']],
    ['lt', { lt: 'a' }, [-5, 0, 7, '']],
    ['two bounds', { gt: 'a', lte: 'b' }, ['a\u0000', 'ab', 'b']],
    ['bounds that are no keys there', { gte: 'aa', lt: 'c' }, ['ab', 'b']],
    ['a prefix of strings', { prefix: 'a' }, ['a', 'a\u0000', 'ab']],
    ['a prefix with U+0000', { prefix: 'a\u0000' }, ['a\u0000']],
    ['the prefix of all strings', { prefix: '' }, ['', 'a', 'a\u0000', 'ab', 'b', 'é']],
    ['a prefix of tuples', { prefix: ['a'] }, [['a'], ['a', 1], ['a', 2], ['a', 'x']]],
    ['the prefix of all tuples', { prefix: [] }, MIXED.slice(9)],
    [
      'a prefix and a bound',
      { prefix: ['a'], gt: ['a', 1] },
      [
        ['a', 2],
        ['a', 'x'],
      ],
    ],
    ['a prefix and an upper bound', { prefix: ['a'], lt: ['a', 2] }, [['a'], ['a', 1]]],
    ['a limit', { limit: 2 }, [-5, 0]],
    ['a limit of 0', { limit: 0 }, []],
    ['bounds that cross', { gte: 'b', lt: 'a' }, []],
    ['one key', { gte: 'a', lte: 'a' }, ['a']],
    ['nothing between', { gt: 'a', lt: 'a' }, []],
  ])('keeps to its bounds in both directions: %s', async (_, range, expected) => {
    const khonsu = await openMixed()
    expect(keysOf(khonsu, range)).toEqual(expected)
    expect(khonsu.transact((tx) => tx.count(range))).toBe(expected.length)
    if (range.limit === undefined) {
      expect(keysOf(khonsu, { ...range, reverse: true })).toEqual([...expected].reverse())
    }
  })

  it('gives every kind of value, as get does', async () => {
    const khonsu = await openStore({ workers: 0 })
    const values = [1.5, Number.NaN, 7n, -1n, true, false, null, 'text', 'Ω', { a: [1] }]
    khonsu.transact((tx) => {
      for (const [at, value] of values.entries()) tx.set(at, value)
      tx.set(99, new Uint8Array([1, 2]))
    })
    const seen = khonsu.transact((tx) => [...tx.scan()])
    expect(seen).toEqual([...values.entries(), [99, new Uint8Array([1, 2])]])
    const numbers = new Float64Array(11)
    expect(khonsu.transact((tx) => tx.scanInto({}, numbers))).toBe(11)
    expect([...numbers]).toEqual([1.5, ...new Array(10).fill(Number.NaN)])
  })

  it('refuses records, which a ref can read, and meets their keys', async () => {
    const khonsu = await openStore({ workers: 0 })
    const ref = khonsu.ref('point', record({ x: 'float64' }), { x: 1 })
    khonsu.transact((tx) => tx.set(ref, { x: 2 }))
    expect(keysOf(khonsu)).toEqual(['point'])
    expect(thrownBy(() => khonsu.transact((tx) => [...tx.scan()]))).toBeInstanceOf(
      ValueNotAcceptableError,
    )
  })

  it('goes over many leaves, in batches', async () => {
    const khonsu = await openNumbered(10_000)
    const all = Array.from({ length: 10_000 }, (_, i) => i)
    for (const options of [{ readOnly: true }, {}] as const) {
      expect(khonsu.transact((tx) => numbersOf(tx), options)).toEqual(all)
      expect(khonsu.transact((tx) => numbersOf(tx, { reverse: true }), options)).toEqual(
        [...all].reverse(),
      )
      expect(khonsu.transact((tx) => tx.count({ gt: ['key', 99] }), options)).toBe(9_900)
    }
  })

  it('does not meet keys that were deleted, or never got a value', async () => {
    const khonsu = await openNumbered(100)
    khonsu.transact((tx) => {
      for (let i = 0; i < 100; i++) if (i % 10 !== 0) tx.delete(['key', i])
    })
    khonsu.ref('only a ref')
    const expected = Array.from({ length: 10 }, (_, i) => i * 10)
    expect(khonsu.transact((tx) => numbersOf(tx))).toEqual(expected)
    await khonsu.reclaim()
    expect(khonsu.transact((tx) => numbersOf(tx))).toEqual(expected)
  })

  it('may be ended early, and leaves nothing behind', async () => {
    const khonsu = await openNumbered(1_000)
    const first = khonsu.transact((tx) => {
      for (const [, value] of tx.scan()) if (Number(value) > 20) return value
      return undefined
    })
    expect(first).toBe(21)
    const ended = khonsu.transact((tx) => {
      const scan = tx.scan()
      scan.next()
      scan.return?.()
      return scan.next()
    })
    expect(ended).toEqual({ value: undefined, done: true })
    expect(khonsu.stats().horizon.holder).toBeUndefined()
  })

  it('fills an array, and another one with the keys', async () => {
    const khonsu = await openNumbered(100)
    const values = new Float64Array(10)
    const keys: Key[] = ['left over']
    const range = { gte: ['key', 50] }
    expect(khonsu.transact((tx) => tx.scanInto(range, values, keys))).toBe(10)
    expect(keys).toEqual(Array.from({ length: 10 }, (_, i) => ['key', 50 + i]))
    expect([...values]).toEqual(Array.from({ length: 10 }, (_, i) => 50 + i))
    expect(khonsu.transact((tx) => tx.scanInto({ limit: 3 }, values))).toBe(3)
    expect(khonsu.transact((tx) => tx.scanInto({ lt: 0 }, values, keys))).toBe(0)
    expect(keys).toEqual([])
    expect(khonsu.transact((tx) => tx.scanInto(undefined, new Float64Array(0)))).toBe(0)
  })
})

describe('own writes', () => {
  it('are in their place', async () => {
    const khonsu = await openNumbered(5)
    const seen = khonsu.transact((tx) => {
      tx.set(['key', 1.5], 'new')
      tx.set(['key', 2], 'changed')
      tx.delete(['key', 3])
      tx.set(['key', 9], 9)
      return [...tx.scan()].map(([key, value]) => [(key as number[])[1], value])
    })
    const expected = [
      [0, 0],
      [1, 1],
      [1.5, 'new'],
      [2, 'changed'],
      [4, 4],
      [9, 9],
    ]
    expect(seen).toEqual(expected)
    const after = khonsu.transact((tx) => [...tx.scan()])
    expect(after.map(([key, value]) => [(key as number[])[1], value])).toEqual(expected)
  })

  it('are gone with their transaction', async () => {
    const khonsu = await openNumbered(2)
    const tx = khonsu.startTransaction()
    tx.write(['key', 5], 5)
    expect(tx.count()).toBe(3)
    tx.rollback()
    expect(khonsu.transact((other) => other.count())).toBe(2)
  })

  it('that are made while the scan runs are met as far as they lie ahead', async () => {
    const khonsu = await openNumbered(40)
    const seen = khonsu.transact((tx) => {
      const met: number[] = []
      for (const [key] of tx.scan()) {
        const number = (key as readonly number[])[1] as number
        met.push(number)
        if (number < 10) tx.set(['key', number + 0.5], 0)
        if (number === 20) {
          tx.delete(['key', 21])
          tx.set(['key', 19], 'too late')
        }
        if (number === 39) tx.set(['key', 50], 0)
      }
      return met
    })
    const expected: number[] = []
    for (let i = 0; i < 40; i++) {
      if (i !== 21) expected.push(i)
      if (i < 10) expected.push(i + 0.5)
    }
    expect(seen).toEqual([...expected, 50])
  })

  it('that empty the range while it is scanned are met by nobody', async () => {
    const khonsu = await openNumbered(1_000)
    khonsu.transact((tx) => {
      for (const key of tx.keys()) tx.delete(key)
      expect(tx.count()).toBe(0)
    })
    expect(khonsu.transact((tx) => tx.count())).toBe(0)
  })

  it('in a range that was scanned do not conflict with the scan, also when they split leaves', async () => {
    const khonsu = await openNumbered(10)
    let runs = 0
    khonsu.transact((tx) => {
      runs++
      expect(tx.count()).toBe(10)
      for (let i = 0; i < 500; i++) tx.set(['key', i / 7], i)
    })
    expect(runs).toBe(1)
    expect(khonsu.stats().aborts.total).toBe(0)
  })
})

describe('a snapshot', () => {
  it.each(['repeatable-read', 'serializable'] as const)('is one state at %s', async (isolation) => {
    const khonsu = await openNumbered(2_000)
    const reader = khonsu.startTransaction({ isolation, readOnly: true })
    khonsu.transact((tx) => {
      for (let i = 0; i < 2_000; i++) {
        if (i % 3 === 0) tx.delete(['key', i])
        else tx.set(['key', i], -1)
      }
      for (let i = 0; i < 500; i++) tx.set(['key', i + 0.5], 0)
    })
    await khonsu.reclaim()
    expect([...reader.scan()].map(([, value]) => value)).toEqual(
      Array.from({ length: 2_000 }, (_, i) => i),
    )
    expect(reader.count()).toBe(2_000)
    reader.rollback()
  })

  it('shows what was committed last, at read-committed', async () => {
    const khonsu = await openNumbered(3)
    const reader = khonsu.startTransaction({ isolation: 'read-committed' })
    expect(reader.count()).toBe(3)
    khonsu.transact((tx) => tx.set(['key', 5], 5))
    expect(reader.count()).toBe(4)
    reader.rollback()
  })

  it.each(LEVELS)(
    'of a transact is one state, or the body runs again, at %s',
    async (isolation) => {
      const khonsu = await openNumbered(100)
      let runs = 0
      const counts = khonsu.transact(
        (tx) => {
          runs++
          const before = tx.count()
          if (runs === 1) khonsu.transact((other) => other.set(['key', 1_000], 0))
          return [before, tx.count(), tx.get(['key', 1_000])]
        },
        { isolation },
      )
      if (isolation === 'read-committed') expect(counts).toEqual([100, 101, 0])
      else
        expect([
          [100, 100, undefined],
          [101, 101, 0],
        ]).toContainEqual(counts)
    },
  )
})

describe('a phantom', () => {
  /** Two that each count, and then insert; who may commit. */
  async function insertBoth(isolation: IsolationLevel): Promise<number> {
    const khonsu = await openNumbered(3)
    const [one, two] = [
      khonsu.startTransaction({ isolation }),
      khonsu.startTransaction({ isolation }),
    ]
    one.write(['sum', 1], one.count({ prefix: ['key'] }))
    two.write(['sum', 2], two.count({ prefix: ['key'] }))
    one.write(['key', 10], 10)
    two.write(['key', 20], 20)
    let committed = 0
    for (const tx of [one, two]) {
      try {
        tx.commit()
        committed++
      } catch (error) {
        expect(error).toBeInstanceOf(TransactionConflictError)
      }
    }
    return committed
  }

  it('cannot be at serializable', async () => {
    expect(await insertBoth('serializable')).toBeLessThan(2)
  })

  it.each(['read-committed', 'repeatable-read'] as const)('may be at %s', async (isolation) => {
    expect(await insertBoth(isolation)).toBe(2)
  })

  it.each(['insert', 'delete', 'change'] as const)('is prevented: %s', async (what) => {
    const khonsu = await openNumbered(50, { serializable: 'occ' })
    const tx = khonsu.startTransaction()
    tx.write('sum', tx.count({ gte: ['key', 10], lt: ['key', 20] }))
    khonsu.transact((other) => {
      if (what === 'insert') other.set(['key', 15.5], 0)
      else if (what === 'delete') other.delete(['key', 15])
      else other.set(['key', 15], -1)
    })
    expect(thrownBy(() => tx.commit())).toBeInstanceOf(TransactionConflictError)
  })

  it.each(['delete', 'change'] as const)('is judged: %s', async (what) => {
    const khonsu = await openNumbered(50)
    const tx = khonsu.startTransaction()
    tx.write('sum', tx.count({ gte: ['key', 10], lt: ['key', 20] }))
    khonsu.transact((other) => {
      if (what === 'delete') other.delete(['key', 15])
      else other.set(['key', 15], -1)
    })
    expect(tx.commit().timestamp).toBeGreaterThan(0)
    expect(khonsu.stats()).toMatchObject({ judgedCommits: 1 })
  })

  it('is none in another part of the keys', async () => {
    const khonsu = await openNumbered(500)
    const tx = khonsu.startTransaction()
    tx.write('sum', tx.count({ gte: ['key', 10], lt: ['key', 20] }))
    khonsu.transact((other) => other.set(['key', 400.5], 0))
    expect(tx.commit().timestamp).toBeGreaterThan(0)
  })

  it('is none where a key was inserted and deleted between, once its cell is gone', async () => {
    const khonsu = await openNumbered(5)
    const tx = khonsu.startTransaction()
    tx.write('sum', tx.count())
    khonsu.transact((other) => other.set(['key', 2.5], 0))
    khonsu.transact((other) => other.delete(['key', 2.5]))
    await khonsu.reclaim()
    // It might have read that key: a needless conflict, but never a phantom.
    expect(thrownBy(() => tx.commit())).toBeInstanceOf(TransactionConflictError)
  })
})

describe('a range that is none', () => {
  it.each<[string, unknown, string]>([
    ['a bound that is no key', { gte: {} }, 'gte'],
    ['a bound that is NaN', { gt: Number.NaN }, 'gt'],
    ['an upper bound that is no key', { lte: [[]] }, 'lte'],
    ['null', { lt: null }, 'lt'],
    ['two lower bounds', { gt: 1, gte: 1 }, 'gt'],
    ['two upper bounds', { lt: 1, lte: 1 }, 'lt'],
    ['a prefix that is a number', { prefix: 5 }, 'prefix'],
    ['a prefix with a lone surrogate', { prefix: '\ud800' }, 'prefix'],
    ['a negative limit', { limit: -1 }, 'limit'],
    ['half a limit', { limit: 1.5 }, 'limit'],
    ['a direction', { reverse: 'yes' }, 'reverse'],
    ['an unknown name', { from: 1 }, 'from'],
    ['no object', 'a', 'range'],
  ])('is refused, and poisons: %s', async (_, range, option) => {
    const khonsu = await openNumbered(1)
    for (const call of ['scan', 'keys', 'count'] as const) {
      let again: unknown
      const error = thrownBy(() =>
        khonsu.transact((tx) => {
          try {
            return tx[call](range as KeyRange)
          } finally {
            again = thrownBy(() => tx.get('x'))
          }
        }),
      )
      expect(error).toBeInstanceOf(InvalidOptionError)
      expect(error).toMatchObject({ option, code: 'KHONSU_INVALID_OPTION' })
      expect(again).toBeInstanceOf(TransactionEndedError)
    }
  })

  it.each([
    ['values', [], undefined],
    ['keys', new Float64Array(1), 'no array'],
  ])('is one without arrays to fill: %s', async (option, values, keys) => {
    const khonsu = await openNumbered(1)
    const error = thrownBy(() =>
      khonsu.transact((tx) => tx.scanInto({}, values as Float64Array, keys as unknown as Key[])),
    )
    expect(error).toMatchObject({ option, code: 'KHONSU_INVALID_OPTION' })
  })
})

describe('outside of its transaction', () => {
  it('a scan throws, and so does one that was begun inside', async () => {
    const khonsu = await openNumbered(100)
    let kept: Transaction | undefined
    let scan: Iterator<unknown> | undefined
    khonsu.transact((tx) => {
      kept = tx
      scan = tx.scan()
      scan.next()
    })
    expect(thrownBy(() => kept?.scan())).toBeInstanceOf(TransactionEndedError)
    expect(thrownBy(() => kept?.count())).toBeInstanceOf(TransactionEndedError)
    expect(thrownBy(() => scan?.next())).toBeInstanceOf(TransactionEndedError)
  })
})
