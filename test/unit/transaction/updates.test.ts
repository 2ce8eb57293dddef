import { type Khonsu, record, type Transaction, UpdateRefusedError, type Value } from 'khonsu'
import { describe, expect, it } from 'vitest'
import { contents, expectWritable } from '../../support/contents.ts'
import { openStore } from '../../support/store.ts'
import { thrownBy } from '../../support/thrown.ts'

const BIGINT_MAX = 2n ** 63n - 1n
const BIGINT_MIN = -(2n ** 63n)

/** A store in which `key` holds a value, or nothing. */
async function openWith(value?: Value): Promise<Khonsu> {
  const khonsu = await openStore()
  if (value !== undefined) khonsu.transact((tx) => tx.set('key', value))
  return khonsu
}

function read(khonsu: Khonsu): Value | undefined {
  return khonsu.transact((tx) => tx.get('key'))
}

describe('add, max and min', () => {
  it.each<[string, Value | undefined, 'add' | 'max' | 'min', number | bigint, number | bigint]>([
    ['a number', 5, 'add', 3, 8],
    ['a fraction', 0.1, 'add', 0.2, 0.1 + 0.2],
    ['a missing key', undefined, 'add', 3, 3],
    ['a bigint', 5n, 'add', -8n, -3n],
    ['a bigint at its limit', BIGINT_MAX - 1n, 'add', 1n, BIGINT_MAX],
    ['a missing key, a bigint', undefined, 'add', BIGINT_MIN, BIGINT_MIN],
    ['infinity', Number.POSITIVE_INFINITY, 'add', Number.NEGATIVE_INFINITY, Number.NaN],
    ['NaN', Number.NaN, 'add', 1, Number.NaN],
    ['minus zero', -0, 'add', -0, -0],
    ['both zeros', -0, 'add', 0, 0],
    ['a smaller number', 5, 'max', 7, 7],
    ['a larger number', 5, 'max', 3, 5],
    ['minus zero', -0, 'max', 0, 0],
    ['NaN', Number.NaN, 'max', 1, Number.NaN],
    ['a missing key', undefined, 'max', -7, -7],
    ['a smaller bigint', BIGINT_MIN, 'max', -1n, -1n],
    ['a larger bigint', 2n ** 40n, 'max', 1n, 2n ** 40n],
    ['a larger number', 5, 'min', 3, 3],
    ['a smaller number', 5, 'min', 7, 5],
    ['zero', 0, 'min', -0, -0],
    ['NaN', Number.NaN, 'min', 1, Number.NaN],
    ['a missing key', undefined, 'min', 7n, 7n],
    ['a larger bigint', 1n, 'min', -(2n ** 40n), -(2n ** 40n)],
  ])('of %s: %s.%s(%s) gives %s', async (_, old, call, operand, expected) => {
    const khonsu = await openWith(old)
    khonsu.transact((tx) => tx[call]('key', operand))
    expect(read(khonsu)).toBe(expected)
    // The same where the transaction knows the value.
    const known = await openWith(old)
    known.transact((tx) => {
      tx.has('key')
      tx[call]('key', operand)
      expect(tx.get('key')).toBe(expected)
    })
    expect(read(known)).toBe(expected)
  })

  it('count a deleted key as a missing one', async () => {
    const khonsu = await openWith(5)
    khonsu.transact((tx) => tx.delete('key'))
    khonsu.transact((tx) => tx.add('key', 1n))
    expect(read(khonsu)).toBe(1n)
    khonsu.transact((tx) => {
      tx.delete('key')
      tx.max('key', -3)
    })
    expect(read(khonsu)).toBe(-3)
  })

  it('take refs, also of keys that do not exist yet or were recycled', async () => {
    const khonsu = await openStore()
    const numbers = khonsu.ref<number>('numbers')
    const bigints = khonsu.ref<bigint>('bigints')
    for (let i = 1; i <= 3; i++) {
      khonsu.transact((tx) => {
        tx.add(numbers, i)
        tx.max(bigints, BigInt(i))
        tx.min(bigints, 2n)
      })
    }
    expect(contents(khonsu, ['numbers', 'bigints'])).toEqual([6, 2n])
    khonsu.transact((tx) => {
      tx.delete(numbers)
      tx.delete(bigints)
    })
    await khonsu.reclaim()
    khonsu.transact((tx) => tx.set('another', 1))
    khonsu.transact((tx) => {
      tx.add(numbers, 9)
      tx.min(bigints, 1n)
    })
    expect(contents(khonsu, ['numbers', 'bigints', 'another'])).toEqual([9, 1n, 1])
  })

  it('count the initial value of a ref, and refuse a codec', async () => {
    const khonsu = await openStore()
    const ref = khonsu.ref<number>('key', undefined, 10)
    khonsu.transact((tx) => tx.add(ref, 5))
    expect(read(khonsu)).toBe(15)
    const low = khonsu.ref<number>('low', undefined, 0)
    khonsu.transact((tx) => tx.max(low, -3))
    expect(khonsu.transact((tx) => tx.get(low))).toBe(0)
    const coded = khonsu.ref<number>('coded', { encode: String, decode: Number })
    expect(thrownBy(() => khonsu.transact((tx) => tx.add(coded, 1)))).toMatchObject({
      code: 'KHONSU_INVALID_OPTION',
      option: 'ref',
    })
  })

  it.each([Number.NaN, 2n ** 63n, -(2n ** 63n) - 1n, '1', null, undefined, {}])(
    'refuse %s as an operand',
    async (operand) => {
      const khonsu = await openWith(1)
      const ref = khonsu.ref<number>('key')
      for (const call of ['add', 'max', 'min'] as const) {
        const ofKey = thrownBy(() => khonsu.transact((tx) => tx[call]('key', operand as number)))
        const ofRef = thrownBy(() => khonsu.transact((tx) => tx[call](ref, operand as number)))
        for (const error of [ofKey, ofRef]) {
          expect(error).toMatchObject({ code: 'KHONSU_VALUE_NOT_ACCEPTABLE' })
        }
      }
      expect(read(khonsu)).toBe(1)
    },
  )

  it('are refused by transactions that only read, and by those that have ended', async () => {
    const khonsu = await openWith(1)
    for (const call of ['add', 'max', 'min'] as const) {
      const error = thrownBy(() =>
        khonsu.transact((tx: Transaction) => tx[call]('key', 1), { readOnly: true }),
      )
      expect(error).toMatchObject({ code: 'KHONSU_READ_ONLY', call })
      const transaction = khonsu.startTransaction()
      transaction.rollback()
      expect(thrownBy(() => transaction[call]('key', 1))).toMatchObject({
        code: 'KHONSU_TRANSACTION_ENDED',
      })
    }
  })
})

describe('a refused update', () => {
  it.each<[string, Value, number | bigint]>([
    ['string', 'text', 1],
    ['string', '€', 1],
    ['bigint', 5n, 1],
    ['number', 5, 1n],
    ['boolean', true, 1],
    ['null', null, 1n],
    ['bytes', new Uint8Array(3), 1],
    ['JSON', { a: 1 }, 1],
    ['JSON', { a: '€' }, 1],
  ])('of %s (%o) leaves nothing, and is not tried again', async (met, value, operand) => {
    const khonsu = await openWith(value)
    for (const call of ['add', 'max', 'min'] as const) {
      for (const isKnown of [false, true]) {
        let runs = 0
        const error = thrownBy(() =>
          khonsu.transact((tx) => {
            runs++
            tx.set('other', 'written')
            if (isKnown) tx.get('key')
            tx[call]('key', operand)
          }),
        )
        expect(error).toBeInstanceOf(UpdateRefusedError)
        expect(error).toMatchObject({
          code: 'KHONSU_UPDATE_REFUSED',
          retryable: false,
          call,
          key: 'key',
          met,
          operand: typeof operand,
        })
        expect(runs).toBe(1)
      }
    }
    expect(contents(khonsu, ['key', 'other'])).toEqual([value, undefined])
    expectWritable(khonsu, ['key', 'other'])
  })

  it('of a record names it', async () => {
    const khonsu = await openStore()
    const ref = khonsu.ref('key', record({ n: 'float64' }))
    khonsu.transact((tx) => tx.set(ref, { n: 1 }))
    const error = thrownBy(() => khonsu.transact((tx) => tx.add('key', 1)))
    expect(error).toMatchObject({ code: 'KHONSU_UPDATE_REFUSED', met: 'record' })
    expect(khonsu.transact((tx) => tx.get(ref))).toEqual({ n: 1 })
  })

  it('is one whose sum has more than 64 bits, in the cell or in the transaction', async () => {
    const khonsu = await openWith(BIGINT_MAX)
    const overflow = {
      code: 'KHONSU_UPDATE_REFUSED',
      call: 'add',
      met: 'bigint',
      operand: 'bigint',
    }
    expect(thrownBy(() => khonsu.transact((tx) => tx.add('key', 1n)))).toMatchObject(overflow)
    const twice = thrownBy(() =>
      khonsu.transact((tx) => {
        tx.add('key', BIGINT_MIN)
        tx.add('key', -1n)
      }),
    )
    expect(twice).toMatchObject(overflow)
    const known = thrownBy(() =>
      khonsu.transact((tx) => {
        tx.get('key')
        tx.add('key', 1n)
      }),
    )
    expect(known).toMatchObject(overflow)
    expect(read(khonsu)).toBe(BIGINT_MAX)
  })

  it('of an explicit transaction comes from its commit, and counts as a cause of its own', async () => {
    const khonsu = await openWith('text')
    const transaction = khonsu.startTransaction()
    transaction.write('other', 1)
    transaction.add('key', 1)
    expect(thrownBy(() => transaction.commit())).toBeInstanceOf(UpdateRefusedError)
    expect(transaction.isOpen).toBe(false)
    expect(khonsu.stats().aborts.byCause['update-refused']).toBe(1)
    expectWritable(khonsu, ['key', 'other'])
  })

  it('is seen by a read of it', async () => {
    const khonsu = await openWith('text')
    for (const call of ['get', 'has', 'delete'] as const) {
      const error = thrownBy(() =>
        khonsu.transact((tx) => {
          tx.add('key', 1)
          tx[call]('key')
        }),
      )
      expect(error).toBeInstanceOf(UpdateRefusedError)
    }
    const scanned = thrownBy(() =>
      khonsu.transact((tx) => {
        tx.add('key', 1)
        return tx.count()
      }),
    )
    expect(scanned).toBeInstanceOf(UpdateRefusedError)
  })

  it('is a conflict when a stale read may have led to it', async () => {
    const khonsu = await openWith(1)
    khonsu.transact((tx) => tx.set('type', 'number'))
    const transaction = khonsu.startTransaction()
    if (transaction.read('type') === 'number') transaction.add('key', 1)
    khonsu.transact((tx) => {
      tx.set('type', 'string')
      tx.set('key', 'text')
    })
    expect(thrownBy(() => transaction.commit())).toMatchObject({
      code: 'KHONSU_TRANSACTION_CONFLICT',
      reason: 'stale-read',
      key: 'type',
    })
  })
})

describe('an update of what was found missing', () => {
  it.each(['a look', 'a scan'])('by %s is a read and a write', async (way) => {
    const khonsu = await openStore()
    const transaction = khonsu.startTransaction({ onConflict: 'replace' })
    if (way === 'a scan') expect(transaction.count()).toBe(0)
    else expect(transaction.read('key')).toBeUndefined()
    transaction.add('key', 1)
    khonsu.transact((tx) => tx.add('key', 10))
    expect(thrownBy(() => transaction.commit())).toMatchObject({ reason: 'stale-read' })
    expect(read(khonsu)).toBe(10)
  })
})

describe('in one transaction', () => {
  it('amounts are summed up before they are added', async () => {
    const khonsu = await openWith(2 ** 53)
    khonsu.transact((tx) => {
      tx.add('key', 1)
      tx.add('key', 1)
    })
    expect(read(khonsu)).toBe(2 ** 53 + 2)
    khonsu.transact((tx) => {
      tx.max('key', 5)
      tx.max('key', 2 ** 60)
      tx.max('key', 7)
    })
    expect(read(khonsu)).toBe(2 ** 60)
  })

  it('an update after a write changes what was written', async () => {
    const khonsu = await openWith('text')
    khonsu.transact((tx) => {
      tx.set('key', 5)
      tx.add('key', 3)
      expect(tx.get('key')).toBe(8)
      tx.min('key', 2)
    })
    expect(read(khonsu)).toBe(2)
    const error = thrownBy(() =>
      khonsu.transact((tx) => {
        tx.set('key', 'text')
        tx.add('key', 1)
      }),
    )
    expect(error).toMatchObject({ met: 'string' })
    expect(read(khonsu)).toBe(2)
  })

  it('a read, a scan and a look see what an update has made', async () => {
    const khonsu = await openWith(5)
    khonsu.transact((tx) => {
      tx.add('key', 1)
      expect(tx.get('key')).toBe(6)
      tx.add('key', 1)
      expect([...tx.scan()]).toEqual([['key', 7]])
      tx.add('new', 1)
      expect(tx.has('new')).toBe(true)
      expect([...tx.keys()]).toEqual(['key', 'new'])
      tx.update('key', (old) => Number(old) * 2)
      tx.max('key', 100)
      expect(tx.count()).toBe(2)
    })
    expect(contents(khonsu, ['key', 'new'])).toEqual([100, 1])
  })

  it('a write and a deletion take the place of an update', async () => {
    const khonsu = await openWith(5)
    khonsu.transact((tx) => {
      tx.add('key', 1)
      tx.set('key', 'text')
      tx.add('gone', 1)
      expect(tx.delete('gone')).toBe(true)
      expect(tx.delete('gone')).toBe(false)
    })
    expect(contents(khonsu, ['key', 'gone'])).toEqual(['text', undefined])
  })

  it('updates of other kinds, and of other types, meet what the one before has made', async () => {
    const khonsu = await openWith(5)
    khonsu.transact((tx) => {
      tx.add('key', 10)
      tx.min('key', 12)
      tx.max('key', 3)
      tx.add('key', 1)
    })
    expect(read(khonsu)).toBe(13)
    const error = thrownBy(() =>
      khonsu.transact((tx) => {
        tx.add('key', 1)
        tx.add('key', 1n)
      }),
    )
    expect(error).toMatchObject({ met: 'number', operand: 'bigint' })
  })

  it('hundreds of updates, some of them read, are all made', async () => {
    const khonsu = await openStore()
    const keys = Array.from({ length: 300 }, (_, at) => `key ${at}`)
    for (let round = 1; round <= 3; round++) {
      khonsu.transact((tx) => {
        for (const key of keys) tx.add(key, 1)
        for (const [at, key] of keys.entries()) if (at % 3 === 0) expect(tx.get(key)).toBe(round)
        for (const key of keys) tx.add(key, 0)
      })
    }
    expect(contents(khonsu, keys)).toEqual(keys.map(() => 3))
  })

  it('an attempt that is rolled back, or throws, adds nothing', async () => {
    const khonsu = await openWith(5)
    const transaction = khonsu.startTransaction()
    transaction.add('key', 1)
    transaction.rollback()
    thrownBy(() =>
      khonsu.transact((tx) => {
        tx.add('key', 1)
        throw new Error('no')
      }),
    )
    khonsu.transact((tx) => tx.set('other', 1))
    expect(read(khonsu)).toBe(5)
  })
})
