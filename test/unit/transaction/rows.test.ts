import { Float32, Float64, type RecordBatch, Table, Utf8, vectorFromArray } from 'apache-arrow'
import {
  InvalidOptionError,
  type IsolationLevel,
  type Khonsu,
  ReadOnlyTransactionError,
  TransactionConflictError,
  UpdateRefusedError,
  ValueNotAcceptableError,
} from 'khonsu'
import { describe, expect, it } from 'vitest'
import { rowsOf, rowsUnder, rowsWith, tableOf } from '../../support/rows.ts'
import { openStore, until } from '../../support/store.ts'
import { thrownBy } from '../../support/thrown.ts'

const LEVELS: readonly IsolationLevel[] = ['read-committed', 'repeatable-read', 'serializable']

async function openWith(ids: readonly number[]): Promise<Khonsu> {
  const khonsu = await openStore()
  khonsu.transact((tx) => tx.set('rows', tableOf(rowsWith(ids))))
  return khonsu
}

function idsUnder(khonsu: Khonsu): number[] {
  return rowsUnder(khonsu, 'rows').map(({ id }) => id)
}

describe('tx.append', () => {
  it('puts rows behind those that are there, and makes a batch where there is none', async () => {
    const khonsu = await openStore()
    khonsu.transact((tx) => tx.append('rows', tableOf(rowsWith([1, 2], null))))
    khonsu.transact((tx) => tx.append('rows', tableOf(rowsWith([3], 7))))
    khonsu.transact((tx) => tx.append('rows', tableOf([])))
    expect(rowsUnder(khonsu, 'rows')).toEqual([...rowsWith([1, 2], null), ...rowsWith([3], 7)])
  })

  it('shows the rows to its own transaction, with what else it does to the key', async () => {
    const khonsu = await openWith([1])
    khonsu.transact((tx) => {
      tx.append('rows', tableOf(rowsWith([2])))
      tx.append('rows', tableOf(rowsWith([3])))
      expect(tx.has('rows')).toBe(true)
      expect(rowsOf(tx.get('rows') as RecordBatch).map(({ id }) => id)).toEqual([1, 2, 3])
      tx.append('rows', tableOf(rowsWith([4])))
      expect(tx.column('rows', 'id')?.values).toEqual(Int32Array.of(1, 2, 3, 4))
      tx.set('other', tableOf(rowsWith([10])))
      tx.append('other', tableOf(rowsWith([11])))
      tx.append('gone', tableOf(rowsWith([20])))
      tx.delete('gone')
      tx.append('replaced', tableOf(rowsWith([30])))
      tx.set('replaced', tableOf(rowsWith([31])))
    })
    expect(idsUnder(khonsu)).toEqual([1, 2, 3, 4])
    expect(rowsUnder(khonsu, 'other').map(({ id }) => id)).toEqual([10, 11])
    expect(rowsUnder(khonsu, 'replaced').map(({ id }) => id)).toEqual([31])
    expect(khonsu.transact((tx) => tx.has('gone'))).toBe(false)
  })

  it.each(LEVELS)('never conflicts with another one at %s', async (isolation) => {
    const khonsu = await openWith([1])
    const one = khonsu.startTransaction({ isolation })
    const two = khonsu.startTransaction({ isolation })
    one.append('rows', tableOf(rowsWith([2])))
    two.append('rows', tableOf(rowsWith([3])))
    khonsu.transact((tx) => tx.append('rows', tableOf(rowsWith([4]))))
    two.commit()
    one.commit()
    expect(idsUnder(khonsu)).toEqual([1, 4, 3, 2])
    expect(khonsu.stats().aborts.total).toBe(0)
  })

  it('conflicts like any write once its transaction has read the key', async () => {
    const khonsu = await openWith([1])
    const one = khonsu.startTransaction()
    one.append('rows', tableOf(rowsWith([2])))
    one.read('rows')
    khonsu.transact((tx) => tx.append('rows', tableOf(rowsWith([3]))))
    expect(thrownBy(() => one.commit())).toBeInstanceOf(TransactionConflictError)
    expect(idsUnder(khonsu)).toEqual([1, 3])
  })

  it('is in no snapshot that was taken before', async () => {
    const khonsu = await openWith([1])
    const reader = khonsu.startTransaction()
    expect((reader.read('rows') as RecordBatch).numRows).toBe(1)
    for (let i = 2; i < 200; i++) khonsu.transact((tx) => tx.append('rows', tableOf(rowsWith([i]))))
    await until(() => khonsu.transact((tx) => tx.table('rows')?.batches.length === 1))
    expect((reader.read('rows') as RecordBatch).numRows).toBe(1)
    reader.rollback()
    expect(idsUnder(khonsu)).toHaveLength(199)
  })

  it('leaves nothing behind when it is rolled back', async () => {
    const khonsu = await openWith([1])
    const chunks = () => khonsu.stats().memory.byClass.find(({ name }) => name === 'chunks')
    const before = chunks()?.blocksUsed
    for (let i = 0; i < 20; i++) {
      const transaction = khonsu.startTransaction()
      transaction.append('rows', tableOf(rowsWith([2])))
      transaction.append('rows', tableOf(rowsWith([3])))
      if (i % 2 === 0) transaction.read('rows')
      transaction.rollback()
    }
    expect(idsUnder(khonsu)).toEqual([1])
    expect(chunks()?.blocksUsed).toBe(before)
  })

  it.each<[string, unknown]>([
    ['of another type', new Table({ id: vectorFromArray([1.5], new Float64()) })],
    [
      'of another name',
      new Table({ id: vectorFromArray([1.5], new Float64()), other: vectorFromArray([1]) }),
    ],
  ])('refuses fields %s, naming one', async (_, rows) => {
    const khonsu = await openWith([1])
    const error = thrownBy(() => khonsu.transact((tx) => tx.append('rows', rows as Table)))
    expect(error).toBeInstanceOf(ValueNotAcceptableError)
    expect((error as ValueNotAcceptableError).path).toMatch(/^\$\.(id|other|value)$/)
    expect(idsUnder(khonsu)).toEqual([1])
  })

  it('is refused where the key holds no batch, also when that is found at the commit only', async () => {
    const khonsu = await openStore()
    khonsu.transact((tx) => tx.set('rows', 'text'))
    const append = () => khonsu.transact((tx) => tx.append('rows', tableOf(rowsWith([1]))))
    expect(thrownBy(append)).toBeInstanceOf(UpdateRefusedError)
    expect(String(thrownBy(append))).toMatch(/append.*string/)
    const late = khonsu.startTransaction()
    late.append('new', tableOf(rowsWith([1])))
    khonsu.transact((tx) => tx.set('new', 'text'))
    expect(thrownBy(() => late.commit())).toBeInstanceOf(UpdateRefusedError)
    expect(khonsu.transact((tx) => tx.get('rows'))).toBe('text')
  })

  it('cannot be in a transaction that reads only', async () => {
    const khonsu = await openWith([1])
    for (const change of ['append', 'upsert', 'deleteRows'] as const) {
      const action = () =>
        khonsu.transact(
          (tx) =>
            (tx as unknown as { append(key: string, rows: Table): void })[change as 'append'](
              'rows',
              tableOf(rowsWith([1])),
            ),
          { readOnly: true },
        )
      expect(thrownBy(action)).toBeInstanceOf(ReadOnlyTransactionError)
    }
  })

  it('brings rows to the schema that is there, when it is asked to', async () => {
    const khonsu = await openStore()
    khonsu.transact((tx) => tx.set('rows', new Table({ v: vectorFromArray([1], new Float64()) })))
    const narrow = new Table({ v: vectorFromArray([2.5], new Float32()) })
    const refused = thrownBy(() => khonsu.transact((tx) => tx.append('rows', narrow)))
    expect(refused).toMatchObject({ path: '$.v' })
    khonsu.transact((tx) => tx.append('rows', narrow, { widen: true }))
    expect(khonsu.transact((tx) => tx.column('rows', 'v')?.values)).toEqual(Float64Array.of(1, 2.5))
  })
})

describe('tx.upsert', () => {
  it('replaces rows with the same key where they stand, and puts the others behind', async () => {
    const khonsu = await openWith([1, 2, 3])
    khonsu.transact((tx) => tx.upsert('rows', tableOf(rowsWith([4, 2], 9))))
    expect(rowsUnder(khonsu, 'rows')).toEqual([
      ...rowsWith([1]),
      ...rowsWith([2], 9),
      ...rowsWith([3]),
      ...rowsWith([4], 9),
    ])
  })

  it('takes the last one of rows with the same key, also where there was no batch', async () => {
    const khonsu = await openStore()
    const twice = [...rowsWith([1, 2], 1), ...rowsWith([1], 5)]
    for (let i = 0; i < 2; i++) {
      khonsu.transact((tx) => tx.upsert('rows', tableOf(twice)))
      const found = rowsUnder(khonsu, 'rows')
      expect(found).toHaveLength(2)
      expect(found).toEqual(expect.arrayContaining([...rowsWith([1], 5), ...rowsWith([2], 1)]))
    }
  })

  it('takes several columns as the key', async () => {
    const khonsu = await openStore()
    const table = (a: string[], b: number[], v: number[]) =>
      new Table({ a: vectorFromArray(a, new Utf8()), b: vectorFromArray(b), v: vectorFromArray(v) })
    khonsu.transact((tx) => tx.set('rows', table(['x', 'x'], [1, 2], [0, 0])))
    khonsu.transact((tx) =>
      tx.upsert('rows', table(['x', 'y'], [2, 2], [7, 8]), { on: ['a', 'b'] }),
    )
    const values = khonsu.transact((tx) => [...(tx.column('rows', 'v')?.values ?? [])])
    expect(values).toEqual([0, 7, 8])
  })

  it('leaves rows whose keys are null where they are', async () => {
    const khonsu = await openStore()
    const id = vectorFromArray([null, 0, 1], new Float64())
    khonsu.transact((tx) => tx.set('rows', new Table({ id })))
    khonsu.transact((tx) =>
      tx.upsert('rows', new Table({ id: vectorFromArray([0, 7], new Float64()) })),
    )
    khonsu.transact((tx) => tx.deleteRows('rows', [0]))
    expect(khonsu.transact((tx) => [...(tx.copy('rows')?.getChild('id') ?? [])])).toEqual([
      null,
      1,
      7,
    ])
  })

  it('never conflicts with another one; the last commit counts', async () => {
    const khonsu = await openWith([1])
    const one = khonsu.startTransaction()
    const two = khonsu.startTransaction()
    one.upsert('rows', tableOf(rowsWith([1, 2], 1)))
    two.upsert('rows', tableOf(rowsWith([2, 3], 2)))
    two.commit()
    one.commit()
    expect(rowsUnder(khonsu, 'rows')).toEqual([
      ...rowsWith([1], 1),
      ...rowsWith([2], 1),
      ...rowsWith([3], 2),
    ])
  })

  it('refuses keys that are null, missing columns and lists that name none', async () => {
    const khonsu = await openWith([1])
    const nothing = new Table({ id: vectorFromArray([null, 1], new Float64()) })
    khonsu.transact((tx) => tx.set('nullable', nothing))
    for (const [key, rows, on, expected] of [
      ['nullable', nothing, 'id', ValueNotAcceptableError],
      ['new', nothing, 'id', ValueNotAcceptableError],
      ['rows', tableOf(rowsWith([1])), 'name', ValueNotAcceptableError],
      ['rows', tableOf(rowsWith([1])), [], InvalidOptionError],
    ] as const) {
      const error = thrownBy(() => khonsu.transact((tx) => tx.upsert(key, rows, { on })))
      expect(error).toBeInstanceOf(expected)
    }
    expect(idsUnder(khonsu)).toEqual([1])
    expect(khonsu.transact((tx) => tx.has('new'))).toBe(false)
  })
})

describe('tx.union', () => {
  it('puts members into a set, whoever else does', async () => {
    const khonsu = await openStore()
    const one = khonsu.startTransaction()
    const two = khonsu.startTransaction()
    one.union('set', ['a', 'b', 'a'])
    two.union('set', new Set(['b', 'c']))
    one.commit()
    two.commit()
    khonsu.transact((tx) => {
      tx.union('set', [])
      tx.union('set', ['d'])
      expect(tx.members('set')).toEqual(new Set(['a', 'b', 'c', 'd']))
    })
    expect(khonsu.transact((tx) => (tx.get('set') as RecordBatch).numRows)).toBe(4)
    khonsu.transact((tx) => tx.union('numbers', [1, Number.NaN, 1, -0, 0]))
    expect(khonsu.transact((tx) => tx.members('numbers'))).toEqual(new Set([1, Number.NaN, 0]))
    khonsu.transact((tx) => tx.union('bigints', [2n ** 63n - 1n]))
    expect(khonsu.transact((tx) => tx.members('bigints'))).toEqual(new Set([2n ** 63n - 1n]))
    expect(khonsu.transact((tx) => tx.members('nothing'))).toBeUndefined()
  })

  it.each([
    [['a', 1], '$[1]'],
    [[null], '$[0]'],
    [[2n ** 63n], '$[0]'],
  ])('refuses the members %s', async (members, path) => {
    const khonsu = await openStore()
    const error = thrownBy(() => khonsu.transact((tx) => tx.union('set', members as string[])))
    expect(error).toBeInstanceOf(ValueNotAcceptableError)
    expect(error).toMatchObject({ path })
    expect(khonsu.transact((tx) => tx.has('set'))).toBe(false)
  })

  it('refuses to take another batch for a set', async () => {
    const khonsu = await openWith([1])
    expect(thrownBy(() => khonsu.transact((tx) => tx.members('rows')))).toBeInstanceOf(
      ValueNotAcceptableError,
    )
    expect(thrownBy(() => khonsu.transact((tx) => tx.union('rows', ['a'])))).toBeInstanceOf(
      ValueNotAcceptableError,
    )
  })
})

describe('tx.deleteRows', () => {
  it('takes rows out by key, and leaves others in their order', async () => {
    const khonsu = await openWith([1, 2, 3, 4])
    khonsu.transact((tx) => tx.append('rows', tableOf(rowsWith([5]))))
    khonsu.transact((tx) => tx.deleteRows('rows', [2, 5, 99]))
    khonsu.transact((tx) => tx.append('rows', tableOf(rowsWith([2]))))
    expect(idsUnder(khonsu)).toEqual([1, 3, 4, 2])
    khonsu.transact((tx) => tx.deleteRows('rows', tableOf(rowsWith([1, 2]))))
    expect(idsUnder(khonsu)).toEqual([3, 4])
    khonsu.transact((tx) => tx.deleteRows('nothing', [1]))
    expect(khonsu.transact((tx) => tx.has('nothing'))).toBe(false)
  })

  it.each([
    [['x'], '$[0]'],
    [[1, null], '$[1]'],
    [[1.5], '$[0]'],
  ])('refuses %j, which are no keys', async (keys, path) => {
    const khonsu = await openWith([1])
    const error = thrownBy(() => khonsu.transact((tx) => tx.deleteRows('rows', keys)))
    expect(error).toBeInstanceOf(ValueNotAcceptableError)
    expect(error).toMatchObject({ path })
    expect(idsUnder(khonsu)).toEqual([1])
  })

  it('conflicts with who changes the batch', async () => {
    const khonsu = await openWith([1, 2])
    const one = khonsu.startTransaction()
    one.deleteRows('rows', [1])
    khonsu.transact((tx) => tx.append('rows', tableOf(rowsWith([3]))))
    expect(thrownBy(() => one.commit())).toBeInstanceOf(TransactionConflictError)
    expect(idsUnder(khonsu)).toEqual([1, 2, 3])
  })
})

describe("onConflict: 'append'", () => {
  it('puts the rows of a batch into the one that was committed meanwhile', async () => {
    const khonsu = await openStore({ onConflict: 'append' })
    khonsu.transact((tx) => tx.set('rows', tableOf(rowsWith([1]))))
    const one = khonsu.startTransaction()
    const two = khonsu.startTransaction()
    one.write('rows', tableOf(rowsWith([1, 2], 1)))
    two.write('rows', tableOf(rowsWith([2, 3], 2)))
    one.commit()
    two.commit()
    expect(rowsUnder(khonsu, 'rows')).toEqual([...rowsWith([1], 1), ...rowsWith([2, 3], 2)])
  })

  it('takes the key columns of the transaction, or of the store', async () => {
    const khonsu = await openStore({ appendOn: 'value' })
    const write = (options: object) => {
      khonsu.transact((tx) => tx.delete('rows'))
      const one = khonsu.startTransaction({ onConflict: 'append', ...options })
      one.write('rows', tableOf([{ id: 1, value: 5 }]))
      khonsu.transact((tx) => tx.set('rows', tableOf([{ id: 2, value: 5 }])))
      one.commit()
      return idsUnder(khonsu)
    }
    expect(write({})).toEqual([1])
    expect(write({ appendOn: ['id'] })).toEqual([2, 1])
  })

  it.each<[string, unknown, unknown]>([
    ['a number', 1, tableOf(rowsWith([1]))],
    ['a batch of other fields', new Table({ id: vectorFromArray(['a'], new Utf8()) }), tableOf([])],
    ['a batch, by a number', tableOf(rowsWith([1])), 1],
  ])('is a conflict over %s', async (_, theirs, mine) => {
    const khonsu = await openStore({ onConflict: 'append' })
    const one = khonsu.startTransaction()
    one.write('rows', mine as Table)
    khonsu.transact((tx) => tx.set('rows', theirs as Table))
    expect(thrownBy(() => one.commit())).toBeInstanceOf(TransactionConflictError)
  })

  it('is a conflict for rows that were put on what the transaction has read', async () => {
    const khonsu = await openWith([1, 2])
    const one = khonsu.startTransaction({ onConflict: 'append', isolation: 'repeatable-read' })
    one.deleteRows('rows', [1])
    khonsu.transact((tx) => tx.append('rows', tableOf(rowsWith([3]))))
    expect(thrownBy(() => one.commit())).toBeInstanceOf(TransactionConflictError)
    expect(idsUnder(khonsu)).toEqual([1, 2, 3])
  })

  it('refuses a batch without the key column before it is written', async () => {
    const khonsu = await openStore({ onConflict: 'append' })
    const rows = new Table({ v: vectorFromArray([1], new Float64()) })
    const error = thrownBy(() => khonsu.transact((tx) => tx.set('rows', rows)))
    expect(error).toBeInstanceOf(ValueNotAcceptableError)
    expect(String(error)).toContain('id')
  })
})

describe('batches to which rows were added', () => {
  it('become one batch after a while, which is read in place', async () => {
    const khonsu = await openWith([])
    for (let i = 0; i < 100; i++) {
      khonsu.transact((tx) => tx.append('rows', tableOf(rowsWith([i]))))
      if (i % 10 === 0) khonsu.transact((tx) => tx.upsert('rows', tableOf(rowsWith([i], 1))))
    }
    khonsu.transact((tx) => tx.deleteRows('rows', [5, 6]))
    const before = rowsUnder(khonsu, 'rows')
    await until(() => khonsu.transact((tx) => tx.handle('rows')?.version) !== undefined)
    const { buffer } = khonsu.share().memory
    await until(() => khonsu.transact((tx) => tx.column('rows', 'id')?.values.buffer === buffer))
    expect(rowsUnder(khonsu, 'rows')).toEqual(before)
    expect((await khonsu.coordinatorReport())?.rows.merges).toBeGreaterThan(0)
  })

  it('are chunks of a table, in place, as long as rows were only appended', async () => {
    const khonsu = await openWith([1])
    khonsu.transact((tx) => tx.append('rows', tableOf(rowsWith([2, 3]))))
    khonsu.transact((tx) => {
      const table = tx.table('rows') as Table
      expect(table.batches.map(({ numRows }) => numRows)).toEqual([1, 2])
      expect(rowsOf(table).map(({ id }) => id)).toEqual([1, 2, 3])
      expect(tx.table('nothing')).toBeUndefined()
    })
  })

  it('can be pinned, whatever becomes of them', async () => {
    const khonsu = await openWith([1])
    khonsu.transact((tx) => tx.append('rows', tableOf(rowsWith([2]))))
    const pinned = khonsu.transact((tx) => tx.pin('rows'))
    const opened = pinned && khonsu.openBatch(pinned.handle)
    await until(() => khonsu.transact((tx) => tx.table('rows')?.batches.length === 1))
    khonsu.transact((tx) => tx.set('rows', 0))
    await khonsu.reclaim()
    for (const each of [pinned, opened]) {
      expect(rowsOf(each?.batch as RecordBatch).map(({ id }) => id)).toEqual([1, 2])
      each?.release()
    }
  })

  it('leave no memory behind', async () => {
    const khonsu = await openStore()
    for (let round = 0; round < 5; round++) {
      for (let i = 0; i < 300; i++) {
        khonsu.transact((tx) => tx.append('rows', tableOf(rowsWith([i]))))
      }
      khonsu.transact((tx) => tx.delete('rows'))
    }
    const chunks = () => khonsu.stats().memory.byClass.find(({ name }) => name === 'chunks')
    for (let i = 0; i < 50 && chunks()?.blocksUsed !== 0; i++) {
      await khonsu.reclaim()
      await new Promise((resolve) => setTimeout(resolve, 10))
    }
    expect(chunks()?.blocksUsed).toBe(0)
  })
})
