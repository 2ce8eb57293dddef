/** Merges of your own: what they get, and what becomes of what they return. */
import { type RecordBatch, tableFromJSON } from 'apache-arrow'
import { Khonsu, type Merge, record, TransactionConflictError, type Value } from 'khonsu'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { thrownBy } from '../../support/thrown.ts'

type Fields = Readonly<Record<string, number>>

const LEVELS = ['read-committed', 'repeatable-read', 'serializable'] as const

let khonsu: Khonsu
beforeEach(async () => {
  khonsu = await Khonsu.open({ workers: 0, memory: 64 * 1024 * 1024 })
})
afterEach(() => khonsu.close())

/** Takes the fields that mine has changed, and theirs for the others. */
function mergeFields(base: Fields = {}, theirs: Fields = {}, mine: Fields = {}): Fields {
  const changed = Object.entries(mine).filter(([name, value]) => base[name] !== value)
  return { ...theirs, ...Object.fromEntries(changed) }
}

/** Defines a merge that notes what it gets. */
function defineNoted<T>(merge: Merge<T>): unknown[][] {
  const calls: unknown[][] = []
  khonsu.defineMerge<T>('noted', (...values) => {
    calls.push(structuredClone(values))
    return merge(...values)
  })
  return calls
}

function put(key: string, value: Value): void {
  khonsu.transact((tx) => tx.set(key, value))
}

function get(key: string): Value | undefined {
  return khonsu.transact((tx) => tx.get(key))
}

/** Writes a key, merged, in a transaction that others get ahead of. */
function meet(key: string, mine: Value, others: () => void): void {
  const transaction = khonsu.startTransaction()
  transaction.write(key, mine, { merge: 'noted' })
  others()
  transaction.commit()
}

describe('a merge', () => {
  it('gets what the write is based on, what is committed and what was to be written', () => {
    const calls = defineNoted<Fields>(mergeFields)
    put('k', { a: 1, b: 1 })
    meet('k', { a: 2, b: 1 }, () => put('k', { a: 1, b: 7 }))
    expect(calls).toEqual([
      [
        { a: 1, b: 1 },
        { a: 1, b: 7 },
        { a: 2, b: 1 },
      ],
    ])
    expect(get('k')).toEqual({ a: 2, b: 7 })
  })

  it('is not called when nobody comes in between', () => {
    const calls = defineNoted(() => 0)
    put('k', 1)
    khonsu.transact((tx) => tx.set('k', 2, { merge: 'noted' }))
    expect([get('k'), calls]).toEqual([2, []])
  })

  it.each<[string, Value, Value, Value]>([
    ['numbers', 1, 2, 3],
    ['bigints', 1n, -2n, 2n ** 62n],
    ['booleans and null', true, null, false],
    ['strings', 'one', 'zwei \u{1f600}', 'x'.repeat(5000)],
    ['bytes', Uint8Array.of(1), Uint8Array.of(2, 2), Uint8Array.of()],
    ['JSON', { a: [1] }, [1, 'ü', null], { text: 'x'.repeat(5000) }],
    ['values of several types', 'one', { two: 2 }, 3],
  ])('takes and returns %s', (_, base, theirs, mine) => {
    for (const [index, expected] of [base, theirs, mine].entries()) {
      const calls: unknown[][] = []
      khonsu.defineMerge(`${index}`, (...values) => {
        calls.push(values)
        return values[index]
      })
      put('k', base)
      khonsu.transact(
        (tx) => {
          tx.set('k', mine, { merge: `${index}` })
          put('k', theirs)
        },
        { maxAttempts: 1 },
      )
      expect(calls).toEqual([[base, theirs, mine]])
      expect(get('k')).toEqual(expected)
    }
  })

  it('gets undefined for a key without a value, and deletes by returning it', () => {
    const calls = defineNoted((_, theirs, mine) => (mine === 3 ? undefined : (theirs ?? mine)))
    meet('k', 1, () => put('k', 7))
    expect(get('k')).toBe(7)
    meet('k', 2, () => khonsu.transact((tx) => tx.delete('k')))
    expect(get('k')).toBe(2)
    meet('k', 3, () => put('k', 8))
    expect(get('k')).toBe(undefined)
    expect(calls).toEqual([
      [undefined, 7, 1],
      [7, undefined, 2],
      [2, 8, 3],
    ])
  })

  it('gets undefined for mine when the transaction has deleted the key since', () => {
    const calls = defineNoted(() => 5)
    put('k', 1)
    const transaction = khonsu.startTransaction()
    transaction.write('k', 2, { merge: 'noted' })
    transaction.delete('k')
    put('k', 3)
    transaction.commit()
    expect([get('k'), calls]).toEqual([5, [[1, 3, undefined]]])
  })

  it('meets the newest one of several commits, once', () => {
    const calls = defineNoted<number>((base = 0, theirs = 0, mine = 0) => theirs + mine - base)
    put('k', 1)
    meet('k', 101, () => {
      for (const value of [2, 3, 4]) put('k', value)
    })
    expect([get('k'), calls]).toEqual([104, [[1, 4, 101]]])
  })

  it('keeps what it is based on, whatever was written before', () => {
    const calls = defineNoted<number>((base = 0, theirs = 0, mine = 0) => theirs + mine - base)
    put('k', 1)
    const transaction = khonsu.startTransaction()
    put('k', 2)
    transaction.write('k', 50)
    transaction.write('k', 51, { merge: 'noted' })
    transaction.write('k', 61, { merge: 'noted' })
    put('k', 3)
    transaction.add('k', 40)
    transaction.commit()
    expect([get('k'), calls]).toEqual([103, [[1, 3, 101]]])
  })

  it('merges what is written later without naming it', () => {
    const calls = defineNoted(() => 9)
    const transaction = khonsu.startTransaction()
    transaction.write('k', 1, { merge: 'noted' })
    transaction.write('k', 2)
    put('k', 3)
    transaction.commit()
    expect([get('k'), calls]).toEqual([9, [[undefined, 3, 2]]])
  })

  it.each([1, 5, 16])('goes through %d rounds', (rounds) => {
    let left = rounds
    const seen: unknown[][] = []
    khonsu.defineMerge<number>('noted', (base = 0, theirs = 0, mine = 0) => {
      seen.push([base, theirs, mine])
      if (--left > 0) put('k', theirs + 1)
      return theirs + mine - base
    })
    put('k', 0)
    meet('k', 100, () => put('k', 1))
    expect(get('k')).toBe(100 + rounds)
    expect(seen).toEqual(Array.from({ length: rounds }, (_, round) => [0, round + 1, 100]))
  })

  it('goes through rounds with values in blocks', () => {
    let left = 4
    khonsu.defineMerge<string>('noted', (base = '', theirs = '', mine = '') => {
      if (--left > 0) put('k', `${theirs}${left}`.padEnd(3000))
      return `${base.trim()}|${theirs.trim()}|${mine.trim()}`
    })
    put('k', 'base'.padEnd(3000))
    meet('k', 'mine'.padEnd(3000), () => put('k', 'theirs'.padEnd(3000)))
    expect(String(get('k')).replaceAll(' ', '')).toBe('base|theirs321|mine')
  })

  it('is an ordinary conflict after 16 rounds', () => {
    let calls = 0
    khonsu.defineMerge<number>('noted', (_, theirs = 0) => {
      calls++
      put('k', theirs + 1)
      return -1
    })
    put('k', 0)
    const error = thrownBy(() => meet('k', 1, () => put('k', 1)))
    expect(error).toMatchObject({ reason: 'write-conflict', key: 'k' })
    expect([calls, get('k')]).toEqual([16, 17])
  })

  it('may run transactions of its own', () => {
    khonsu.defineMerge('noted', (_, theirs) => {
      put('beside', 1)
      return khonsu.transact((tx) => [Number(tx.get('beside')), theirs as number])
    })
    meet('k', 1, () => put('k', 2))
    expect(get('k')).toEqual([1, 2])
  })

  it('merges several keys of one transaction, and leaves the others alone', () => {
    const calls = defineNoted<number>((base = 0, theirs = 0, mine = 0) => theirs + mine - base)
    for (const key of ['a', 'b', 'c']) put(key, 0)
    khonsu.transact(
      (tx) => {
        for (const key of ['a', 'b', 'c']) tx.set(key, 10, { merge: 'noted' })
        for (const key of ['a', 'c']) put(key, 1)
      },
      { maxAttempts: 1 },
    )
    expect([get('a'), get('b'), get('c'), calls.length]).toEqual([11, 10, 11, 2])
  })

  it('does not save a transaction with another conflict', () => {
    const calls = defineNoted(() => 9)
    const transaction = khonsu.startTransaction()
    transaction.write('a', 1, { merge: 'noted' })
    transaction.write('b', 1)
    put('b', 2)
    expect(thrownBy(() => transaction.commit())).toMatchObject({
      reason: 'write-conflict',
      key: 'b',
    })
    expect([get('a'), get('b'), calls]).toEqual([undefined, 2, []])
  })

  it('goes through refs, codecs and initial values', () => {
    const sums = record({ count: 'uint32', sum: 'float64' })
    const ref = khonsu.ref('r', sums, { count: 0, sum: 0 })
    const calls: unknown[][] = []
    khonsu.defineMerge<{ count: number; sum: number }>('add', (base, theirs, mine) => {
      calls.push([base, theirs, mine])
      if (base === undefined || theirs === undefined || mine === undefined) return undefined
      const count = theirs.count + mine.count - base.count
      return { count, sum: theirs.sum + mine.sum - base.sum }
    })
    for (const [mine, theirs] of [[1, 10] as const, [2, 20] as const]) {
      const transaction = khonsu.startTransaction()
      transaction.write(ref, { count: 1 + mine, sum: mine }, { merge: 'add' })
      khonsu.transact((tx) =>
        tx.update(ref, (old) => ({ count: Number(old?.count) + 1, sum: theirs })),
      )
      transaction.commit()
    }
    expect(calls[0]).toEqual([
      { count: 0, sum: 0 },
      { count: 1, sum: 10 },
      { count: 2, sum: 1 },
    ])
    expect(khonsu.transact((tx) => tx.get(ref))).toEqual({ count: 4, sum: 20 + 2 - 11 })
  })

  it('gets views of batches, and returns one of them or a table', () => {
    const rows = (...ids: number[]) => tableFromJSON(ids.map((id) => ({ id })))
    const ids = (batch: RecordBatch | undefined) => batch?.toArray().map((row) => row.id)
    let made: unknown[] = []
    khonsu.defineMerge<RecordBatch>('rows', (base, theirs, mine) => {
      made = [ids(base), ids(theirs), ids(mine)]
      return rows(...(ids(theirs) ?? []), ...(ids(mine) ?? []))
    })
    khonsu.defineMerge<RecordBatch>('mine', (_, _theirs, mine) => mine)
    khonsu.defineMerge<RecordBatch>('theirs', (_, theirs) => theirs)
    for (const [merge, expected] of [
      ['rows', [2, 3, 4]],
      ['mine', [4]],
      ['theirs', [2, 3]],
    ] as const) {
      khonsu.transact((tx) => tx.set('k', rows(1)))
      const transaction = khonsu.startTransaction()
      transaction.write('k', rows(4), { merge })
      khonsu.transact((tx) => tx.set('k', rows(2)))
      khonsu.transact((tx) => tx.append('k', rows(3)))
      transaction.commit()
      expect(ids(get('k') as RecordBatch)).toEqual(expected)
    }
    expect(made).toEqual([[1], [2, 3], [4]])
  })

  it('leaves no memory behind', () => {
    let left = 0
    khonsu.defineMerge<string>('noted', (_, theirs = '', mine = '') => {
      if (--left > 0) put('k', theirs)
      if (left === 0) throw new Error('enough')
      return mine
    })
    const used = (): number => khonsu.stats().memory.payloadUsedBytes
    const round = (): void => {
      for (const rounds of [4, 1]) {
        left = rounds === 1 ? -1 : rounds
        try {
          meet('k', 'mine'.repeat(2000), () => put('k', 'theirs'.repeat(2000)))
        } catch {}
      }
      khonsu.startTransaction().rollback()
    }
    for (let i = 0; i < 50; i++) round()
    const before = used()
    for (let i = 0; i < 500; i++) round()
    expect(used()).toBeLessThan(before + 200 * 8000)
  })
})

describe.each(LEVELS)('at %s', (isolation) => {
  it('a key that was found missing before is no base for what has come since', () => {
    const calls = defineNoted(() => 9)
    const attempt = (): void =>
      khonsu.transact(
        (tx) => {
          const mine = Number(tx.get('k') ?? 0) + 100
          if (mine === 100) put('k', 7)
          tx.set('k', mine, { merge: 'noted' })
        },
        { isolation, maxAttempts: 1 },
      )
    expect((thrownBy(attempt) as Error).cause).toBeInstanceOf(TransactionConflictError)
    expect([get('k'), calls]).toEqual([7, []])
  })

  it('a key that was read before and has changed since is not taken for the base', () => {
    const calls = defineNoted<number>((base = 0, theirs = 0, mine = 0) => theirs + mine - base)
    put('k', 1)
    let met = false
    khonsu.transact(
      (tx) => {
        const mine = Number(tx.get('k')) + 100
        if (!met) put('k', 7)
        met = true
        tx.set('k', mine, { merge: 'noted' })
      },
      { isolation },
    )
    expect([get('k'), calls]).toEqual([107, []])
  })
})
