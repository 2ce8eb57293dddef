/** What a recorder writes down is what happened, and what it reads back is what was written. */
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { type Khonsu, record, TransactionConflictError } from 'khonsu'
import { checkHistory, type HistoryAttempt, recordHistory } from 'khonsu/history'
import { describe, expect, it, onTestFinished } from 'vitest'
import { openStore } from '../../support/store.ts'
import { thrownBy } from '../../support/thrown.ts'

function recordInMemory(khonsu: Khonsu) {
  const attempts: HistoryAttempt[] = []
  const append = (attempt: HistoryAttempt): number => attempts.push(attempt)
  const recorded = recordHistory(khonsu, { sink: { append, prepare: () => {}, close: () => {} } })
  return { attempts, recorded }
}

/** The operations of an attempt, with versions and elements counted from 1. */
function steps({ operations }: HistoryAttempt): string[] {
  const versions = [...new Set(operations.flatMap(([, , result]) => result || []))]
  const numberOf = (version: number) => versions.indexOf(version) + 1
  return operations.map(([kind, key, result]) => {
    if (typeof result === 'object' && result !== null) {
      return `${kind} ${String(key)} [${result.map(numberOf)}]`
    }
    return `${kind} ${String(key)} ${result ? numberOf(result) : (result ?? '-')}`
  })
}

describe('a recorded store', () => {
  it.each([
    ['a number', 17],
    ['minus zero', -0],
    ['not a number', Number.NaN],
    ['infinity', Number.NEGATIVE_INFINITY],
    ['a bigint', -(2n ** 60n)],
    ['a text', 'Ångström'],
    ['bytes', new Uint8Array([1, 2, 255])],
    ['no bytes', new Uint8Array([])],
    ['null', null],
    ['JSON', { a: [1, { b: null }], $version: 5 }],
    ['a list', [true, 'x']],
  ])('gives %s back as it was written', async (_, value) => {
    const { recorded } = recordInMemory(await openStore())
    recorded.transact((tx) => tx.set('key', value))
    expect(recorded.transact((tx) => tx.get('key'))).toEqual(value)
  })

  it('takes refs with records, codecs and initial values, and lists of refs', async () => {
    const { recorded, attempts } = recordInMemory(await openStore())
    const summary = recorded.ref('summary', record({ count: 'uint32', mean: 'float64' }))
    const date = recorded.ref('date', {
      encode: (value: Date) => value.getTime(),
      decode: (stored) => new Date(stored as number),
    })
    const count = recorded.ref('count', undefined, 5)
    const list = recorded.refs(['first', 'second'])
    recorded.transact((tx) => {
      expect(tx.get(summary)).toBeUndefined()
      tx.set(summary, { count: 2, mean: Number.NaN })
      tx.set(date, new Date(7))
      expect(tx.update(count, (old = 0) => old + 1)).toBe(6)
      tx.setAt(list, 1, 'two')
    })
    const found = recorded.transact((tx) => [
      tx.get(summary),
      tx.get(date),
      tx.get(count),
      tx.getAt(list, 0),
      tx.getAt(list, 1),
    ])
    expect(found).toEqual([{ count: 2, mean: Number.NaN }, new Date(7), 6, undefined, 'two'])
    expect(attempts.map(steps)).toEqual([
      ['r summary -', 'w summary 1', 'w date 2', 'r count -', 'w count 3', 'w second 4'],
      ['r summary 1', 'r date 2', 'r count 3', 'r first -', 'r second 4'],
    ])
    expect(checkHistory(attempts, 'strict-serializable').passed).toBe(true)
  })

  it('records a record that is changed in place as read and written', async () => {
    const { recorded, attempts } = recordInMemory(await openStore())
    const codec = record({ count: 'uint32' })
    const ref = recorded.ref('key', codec, { count: 5 })
    for (let i = 0; i < 2; i++) {
      recorded.transact((tx) => {
        tx.modify(ref).count += 1
        tx.modify(ref).count += 1
      })
    }
    expect(recorded.transact((tx) => tx.get(ref))).toEqual({ count: 9 })
    expect(attempts.map(steps)).toEqual([
      ['r key -', 'w key 1', 'r key 1', 'w key 2'],
      ['r key 1', 'w key 2', 'r key 2', 'w key 3'],
      ['r key 1'],
    ])
    expect(checkHistory(attempts, 'strict-serializable').anomalies).toEqual([])
  })

  it('refuses a ref that it did not make, which would have no version', async () => {
    const khonsu = await openStore()
    const { recorded } = recordInMemory(khonsu)
    const ref = khonsu.ref('key')
    expect(thrownBy(() => recorded.transact((tx) => tx.get(ref)))).toMatchObject({
      code: 'KHONSU_INVALID_OPTION',
    })
  })

  it('reads what was there before the recording as the version 0', async () => {
    const khonsu = await openStore()
    khonsu.transact((tx) => tx.set('key', { old: true }))
    const { recorded, attempts } = recordInMemory(khonsu)
    expect(recorded.transact((tx) => tx.get('key'))).toEqual({ old: true })
    expect(attempts.map(steps)).toEqual([['r key 0']])
  })

  it('records deletions, own reads and writes that are overwritten', async () => {
    const { recorded, attempts } = recordInMemory(await openStore())
    recorded.transact((tx) => {
      tx.set('key', 1)
      tx.set('key', 2)
      expect(tx.get('key')).toBe(2)
      expect(tx.delete('key')).toBe(true)
      expect(tx.delete('key')).toBe(false)
      expect(tx.has('key')).toBe(false)
    })
    expect(attempts.map(steps)).toEqual([
      ['w key 1', 'w key 2', 'r key 2', 'r key 2', 'd key 3', 'r key -', 'r key -'],
    ])
    expect(checkHistory(attempts, 'strict-serializable').anomalies).toEqual([])
  })

  it('records the keys that a scan meets as read', async () => {
    const { recorded, attempts } = recordInMemory(await openStore())
    recorded.transact((tx) => {
      for (const key of ['a', 'b', 'c']) tx.set(key, `value of ${key}`)
    })
    const found = recorded.transact((tx) => {
      tx.delete('b')
      return [...tx.scan({ gte: 'a' }), tx.count({ lt: 'b' })]
    })
    expect(found).toEqual([['a', 'value of a'], ['c', 'value of c'], 1])
    const reader = recorded.startTransaction()
    expect([...reader.scan({ reverse: true, limit: 1 })]).toEqual([['c', 'value of c']])
    reader.commit()
    expect(attempts.slice(1).map(steps)).toEqual([
      ['r b 1', 'd b 2', 'r a 3', 'r c 4', 'r a 3'],
      ['r c 1'],
    ])
    expect(checkHistory(attempts, 'serializable').passed).toBe(true)
  })

  it('records every attempt of a transaction, those that fail as aborted', async () => {
    const { recorded, attempts } = recordInMemory(await openStore())
    let runs = 0
    recorded.transact(
      (tx) => {
        tx.get('key')
        runs++
        if (runs === 1) recorded.transact((inner) => inner.set('key', 'between'))
        tx.set('key', runs)
      },
      { name: 'outer' },
    )
    expect(attempts.map(({ end, name }) => [end, name])).toEqual([
      ['committed', undefined],
      ['aborted', 'outer'],
      ['committed', 'outer'],
    ])
    const [inner, failed, last] = attempts as [HistoryAttempt, HistoryAttempt, HistoryAttempt]
    expect(failed.timestamp).toBe(0)
    expect(last.timestamp).toBeGreaterThan(inner.timestamp)
    expect(last.beganNs).toBeGreaterThanOrEqual(failed.endedNs)
    expect(checkHistory(attempts, 'strict-serializable').anomalies).toEqual([])
  })

  it('records a body that throws as aborted, and throws on', async () => {
    const { recorded, attempts } = recordInMemory(await openStore())
    const body = () =>
      recorded.transact((tx) => {
        tx.set('key', 1)
        throw new Error('no')
      })
    expect(thrownBy(body)).toMatchObject({ message: 'no' })
    expect(attempts).toMatchObject([
      { end: 'aborted', operations: [['w', 'key', expect.any(Number)]] },
    ])
  })

  it('records a commit as one even if what listens to it throws', async () => {
    const { recorded, attempts } = recordInMemory(await openStore())
    const onCommit = () => {
      throw new Error('late')
    }
    const error = thrownBy(() => recorded.transact((tx) => tx.set('key', 1), { onCommit }))
    expect(error).toMatchObject({ message: 'late' })
    expect(attempts).toMatchObject([{ end: 'committed' }])
  })

  it('marks writes that the mode ignore dropped', async () => {
    const { recorded, attempts } = recordInMemory(await openStore())
    const transaction = recorded.startTransaction({ onConflict: 'ignore' })
    transaction.write('key', 'mine')
    transaction.write('other', 'mine')
    recorded.transact((tx) => tx.set('key', 'theirs'))
    expect(transaction.commit().ignored).toEqual(['key'])
    expect(steps(attempts[1] as HistoryAttempt)).toEqual(['x key 1', 'w other 2'])
    expect(attempts[1]).toMatchObject({ onConflict: 'ignore' })
  })

  it('records explicit transactions once, however they end', async () => {
    const { recorded, attempts } = recordInMemory(await openStore())
    const committed = recorded.startTransaction({ isolation: 'repeatable-read' })
    committed.write('key', 1)
    committed.commit()
    committed.rollback()
    const rolledBack = recorded.startTransaction({ name: 'back' })
    expect(rolledBack.read('key')).toBe(1)
    rolledBack.rollback()
    rolledBack.rollback()
    const loser = recorded.startTransaction()
    loser.write('key', 2)
    recorded.transact((tx) => tx.set('key', 3))
    expect(thrownBy(() => loser.commit())).toBeInstanceOf(TransactionConflictError)
    recorded.startTransaction({ name: 'open' })
    recorded.close()
    expect(attempts.map(({ end, name, isolation }) => [end, name ?? isolation])).toEqual([
      ['committed', 'repeatable-read'],
      ['aborted', 'back'],
      ['committed', undefined],
      ['aborted', undefined],
      ['aborted', 'open'],
    ])
  })

  it('records serializable transactions of a store without stale reads as strict', async () => {
    const { recorded, attempts } = recordInMemory(await openStore({ serializable: 'occ' }))
    const levels = ['serializable', 'repeatable-read', 'read-committed'] as const
    for (const isolation of levels) {
      recorded.transact((tx) => tx.get('key'), { isolation })
      recorded.startTransaction({ isolation }).rollback()
    }
    expect(attempts.map(({ isolation }) => isolation)).toEqual([
      ...['strict-serializable', 'strict-serializable'],
      ...['repeatable-read', 'repeatable-read', 'read-committed', 'read-committed'],
    ])
  })

  it('writes the level of a store into the header', async () => {
    const khonsu = await openStore({ serializable: 'occ' })
    const file = join(mkdtempSync(join(tmpdir(), 'khonsu-history-')), 'history.ndjson')
    onTestFinished(() => rmSync(dirname(file), { recursive: true }))
    recordHistory(khonsu, { file }).close()
    const header = readFileSync(file, 'utf8').split('\n')[0] as string
    expect(JSON.parse(header)).toMatchObject({ version: 3, isolation: 'strict-serializable' })
  })

  it('records an append as a list that is read, and an element that is added to it', async () => {
    const khonsu = await openStore()
    const { recorded, attempts } = recordInMemory(khonsu)
    const added = recorded.transact((tx) => [tx.append('key'), tx.append('key')])
    const explicit = recorded.startTransaction()
    expect(explicit.readList('key')).toEqual(added)
    const last = explicit.append('key')
    expect(explicit.readList('key')).toEqual([...added, last])
    explicit.commit()
    const read = recorded.transact((tx) => [tx.getList('key'), tx.getList('other')])
    expect(read).toEqual([[...added, last], []])
    expect(khonsu.transact((tx) => tx.get('key'))).toEqual([...added, last])
    expect(attempts.map(steps)).toEqual([
      ['l key []', 'a key 1', 'l key [1]', 'a key 2'],
      ['l key [1,2]', 'l key [1,2]', 'a key 3', 'l key [1,2,3]'],
      ['l key [1,2,3]', 'l other []'],
    ])
    expect(checkHistory(attempts, 'strict-serializable').anomalies).toEqual([])
  })

  it('records an append that the mode ignore dropped', async () => {
    const { recorded, attempts } = recordInMemory(await openStore())
    const options = { onConflict: 'ignore', isolation: 'repeatable-read' } as const
    const transaction = recorded.startTransaction(options)
    transaction.append('key')
    recorded.transact((tx) => tx.append('key'))
    transaction.commit()
    expect(steps(attempts[1] as HistoryAttempt)).toEqual(['l key []', 'z key 1'])
    expect(recorded.transact((tx) => tx.getList('key'))).toHaveLength(1)
    expect(checkHistory(attempts, 'strict-serializable').anomalies).toEqual([])
  })

  it.each([
    ['a text', 'text'],
    ['other JSON', [1, 'x']],
  ])('refuses to append to %s', async (_, value) => {
    const khonsu = await openStore()
    khonsu.transact((tx) => tx.set('key', value))
    const { recorded } = recordInMemory(khonsu)
    for (const body of ['append', 'getList'] as const) {
      expect(thrownBy(() => recorded.transact((tx) => tx[body]('key')))).toMatchObject({
        code: 'KHONSU_INVALID_OPTION',
        option: 'key',
      })
    }
  })

  it('needs one place to write to', async () => {
    const khonsu = await openStore()
    expect(thrownBy(() => recordHistory(khonsu, {}))).toMatchObject({
      code: 'KHONSU_INVALID_OPTION',
    })
  })
})

describe('updates that commute, in a recorded store', () => {
  it('are a read and a write, in explicit transactions, too', async () => {
    const { recorded, attempts } = recordInMemory(await openStore())
    const ref = recorded.ref<number>('ref')
    recorded.transact((tx) => {
      tx.add('key', 5n)
      tx.max('key', 7n)
      tx.add(ref, 2)
    })
    const transaction = recorded.startTransaction()
    transaction.min('key', 3n)
    transaction.add(ref, 1)
    transaction.commit()
    expect(recorded.transact((tx) => [tx.get('key'), tx.get(ref)])).toEqual([3n, 3])
    expect(attempts.map(steps)).toEqual([
      ['r key -', 'w key 1', 'r key 1', 'w key 2', 'r ref -', 'w ref 3'],
      ['r key 1', 'w key 2', 'r ref 3', 'w ref 4'],
      ['r key 1', 'r ref 2'],
    ])
  })

  it('are refused as in any other', async () => {
    const { recorded } = recordInMemory(await openStore())
    recorded.transact((tx) => tx.set('key', 'text'))
    for (const operand of [1, 1n]) {
      const error = thrownBy(() => recorded.transact((tx) => tx.add('key', operand)))
      expect(error).toMatchObject({ code: 'KHONSU_UPDATE_REFUSED', key: 'key', met: 'string' })
    }
    const error = thrownBy(() => recorded.transact((tx) => tx.max('key', Number.NaN)))
    expect(error).toMatchObject({ code: 'KHONSU_VALUE_NOT_ACCEPTABLE' })
  })
})
