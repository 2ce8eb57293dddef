/** Rows that are taken out of batches: by which keys, and while others change the batch. */
import {
  type DataType,
  Dictionary,
  Field,
  Int8,
  Int32,
  Int64,
  LargeUtf8,
  List,
  type RecordBatch,
  Table,
  tableFromArrays,
  Utf8,
  vectorFromArray,
} from 'apache-arrow'
import {
  type ConflictMode,
  type IsolationLevel,
  type Khonsu,
  TransactionConflictError,
  ValueNotAcceptableError,
} from 'khonsu'
import { describe, expect, it } from 'vitest'
import { rowsOf, rowsWith, tableOf } from '../../support/rows.ts'
import { openStore } from '../../support/store.ts'
import { thrownBy } from '../../support/thrown.ts'

const LEVELS: readonly IsolationLevel[] = ['read-committed', 'repeatable-read', 'serializable']
const MODES: readonly ConflictMode[] = ['fail', 'ignore', 'replace', 'append']

function idsAs(type: DataType, values: readonly unknown[]): Table {
  return new Table({ id: vectorFromArray(values, type) })
}

function ids(store: Khonsu): unknown[] {
  return store.transact((tx) => [...((tx.get('rows') as RecordBatch).getChild('id') ?? [])])
}

/** A list that runs something when its first element is looked at. */
function listThat(acts: () => void, list: readonly number[]): readonly number[] {
  const get = (): number | undefined => {
    acts()
    return list[0]
  }
  return Object.defineProperty([...list], 0, { get })
}

describe('keys of rows that go', () => {
  const dictionary = new Dictionary(new Utf8(), new Int32())

  it.each<[string, DataType, DataType]>([
    ['in a dictionary, of a column that has none', new Utf8(), dictionary],
    ['of a column with a dictionary', dictionary, new Utf8()],
    ['in a dictionary of other indexes', new Dictionary(new Utf8(), new Int8()), dictionary],
    ['in a dictionary, of long texts', new LargeUtf8(), dictionary],
  ])('may be texts %s', async (_, columnType, keyType) => {
    const khonsu = await openStore()
    khonsu.transact((tx) => tx.set('rows', idsAs(columnType, ['a', 'b', 'c'])))
    khonsu.transact((tx) => tx.deleteRows('rows', idsAs(keyType, ['c', 'a', 'x'])))
    expect(ids(khonsu)).toEqual(['b'])
  })

  const holed = new Table({ id: vectorFromArray(['a', 'b'], dictionary) })
  const hole = vectorFromArray(['a', null], new Utf8())
  Object.assign(holed.batches[0]?.data.children[0] as object, { dictionary: hole })

  it.each<[string, DataType, unknown, Table, string]>([
    ['of another type', new Int32(), 1, idsAs(new Int64(), [1n]), '$.id'],
    ['of another type, from arrays', new Int32(), 1, tableFromArrays({ id: ['a'] }), '$.id'],
    ['that are null', new Int32(), 1, idsAs(new Int32(), [1, null]), '$.id[1]'],
    ['that are null in their dictionary', dictionary, 'a', holed, '$.id[1]'],
    ['that are null once they are texts', new Utf8(), 'a', holed, '$.id[1]'],
    ['of no key type', new List(new Field('x', new Int32())), [1], idsAs(new Int32(), [1]), '$'],
    [
      'that are more than a dictionary can have',
      new Dictionary(new Utf8(), new Int8()),
      'a',
      idsAs(
        new Utf8(),
        Array.from({ length: 200 }, (_, i) => `x${i}`),
      ),
      '$.id[128]',
    ],
  ])('%s are refused before they are written', async (_, type, value, keys, path) => {
    const khonsu = await openStore()
    khonsu.transact((tx) => tx.set('rows', idsAs(type, [value])))
    const error = thrownBy(() => khonsu.transact((tx) => tx.deleteRows('rows', keys)))
    expect(error).toBeInstanceOf(ValueNotAcceptableError)
    expect(error).toMatchObject({ path })
    expect(ids(khonsu)).toHaveLength(1)
  })
})

describe('rows that go while others change the key', () => {
  async function meet(
    options: { isolation: IsolationLevel; onConflict: ConflictMode },
    theirs: (khonsu: Khonsu) => void,
  ): Promise<{ end: unknown; value: unknown }> {
    const khonsu = await openStore(options)
    khonsu.transact((tx) => tx.set('rows', tableOf(rowsWith([1, 2, 3]))))
    const mine = khonsu.startTransaction()
    let end: unknown
    try {
      mine.deleteRows(
        'rows',
        listThat(() => theirs(khonsu), [2]),
      )
      end = mine.commit().ignored.length
    } catch (error) {
      end = error instanceof TransactionConflictError ? error.reason : error
    }
    const value = khonsu.transact((tx) => {
      const batch = tx.get('rows') as RecordBatch | undefined
      return batch && rowsOf(batch).map(({ id }) => id)
    })
    return { end, value }
  }

  const other = new Table({ id: vectorFromArray(['a', 'b'], new Utf8()) })
  for (const isolation of LEVELS) {
    for (const onConflict of MODES) {
      for (const [name, theirs, left] of [
        ['a deletion', (store: Khonsu) => store.transact((tx) => tx.delete('rows')), undefined],
        [
          'another batch',
          (store: Khonsu) => store.transact((tx) => tx.set('rows', other)),
          ['a', 'b'],
        ],
      ] as const) {
        it(`meets ${name} at ${isolation} with ${onConflict}`, async () => {
          const { end, value } = await meet({ isolation, onConflict }, theirs)
          const wins = onConflict === 'replace' && isolation !== 'serializable'
          const isDropped = onConflict === 'ignore' && isolation !== 'serializable'
          expect(value).toEqual(wins ? [1, 3] : left)
          if (wins) expect(end).toBe(0)
          else if (isDropped) expect(end).toBe(1)
          else expect(end).toMatch(/^(write-conflict|stale-read)$/)
        })
      }
    }
  }
})
