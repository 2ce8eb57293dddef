import {
  Bool,
  type DataType,
  Dictionary,
  Float64,
  Int32,
  RecordBatch,
  Table,
  tableFromArrays,
  tableFromIPC,
  tableToIPC,
  Utf8,
  vectorFromArray,
} from 'apache-arrow'
import { ArenaFullError, type Khonsu, type Transaction, ValueNotAcceptableError } from 'khonsu'
import { describe, expect, it } from 'vitest'
import { contentsOf, randomBatch } from '../../support/arrow-data.ts'
import { ALL_TYPES } from '../../support/arrow-types.ts'
import { randomFrom } from '../../support/random.ts'
import { MIB, openStore, until } from '../../support/store.ts'
import { thrownBy } from '../../support/thrown.ts'

const COPY_JOB = new URL('./jobs/batch-jobs.mjs', import.meta.url)
const LONG_COUNT = 50_000

function numbers(count: number, first = 0): Table {
  return tableFromArrays({ n: Float64Array.from({ length: count }, (_, i) => first + i) })
}

/** Writes over a batch that the transaction has read, and uses what memory there is. */
function writeOver(tx: Transaction, write: () => void): void {
  write()
  const { values } = tx.column('batch', 'n') as { values: Float64Array }
  const before = values.slice()
  tx.set('batch', 5)
  for (let i = 0; i < 5; i++) tx.set(`other ${i}`, numbers(LONG_COUNT, 1_000 * (i + 1)))
  expect(values).toEqual(before)
}

function batchUnder(khonsu: Khonsu, key: string): RecordBatch {
  return khonsu.transact((tx) => tx.copy(key)) as RecordBatch
}

describe('a batch', () => {
  it('is read in place, in the memory that all threads share', async () => {
    const khonsu = await openStore()
    khonsu.transact((tx) => tx.set('batch', numbers(3)))
    khonsu.transact((tx) => {
      const batch = tx.get('batch') as RecordBatch
      expect(batch).toBeInstanceOf(RecordBatch)
      const { values } = batch.data.children[0] as { values: Float64Array }
      expect([...values]).toEqual([0, 1, 2])
      expect(values.buffer).toBe(khonsu.share().memory.buffer)
    })
  })

  it('of any type is what it was, also when another thread wrote it', async () => {
    const khonsu = await openStore({ workers: 1, payloadMemory: 4 * MIB })
    const random = randomFrom(31)
    const batches = [
      randomBatch(ALL_TYPES, 40, random),
      randomBatch(ALL_TYPES, 40, random).slice(7, 31),
      randomBatch(ALL_TYPES, 0, random),
      randomBatch(ALL_TYPES, 4_000, random),
    ]
    for (const batch of batches) {
      khonsu.transact((tx) => tx.set('in', batch))
      const rowCount = await khonsu.run(COPY_JOB, { from: 'in', to: 'out' })
      expect(rowCount).toBe(batch.numRows)
      khonsu.transact((tx) => {
        expect(contentsOf(tx.get('out') as RecordBatch)).toEqual(contentsOf(batch))
      })
    }
  })

  it('may have no columns, and metadata of its schema and fields', async () => {
    const khonsu = await openStore()
    const table = numbers(2)
    table.schema.metadata.set('origin', 'here')
    table.schema.fields[0]?.metadata.set('unit', 'm')
    khonsu.transact((tx) => tx.set('batch', table))
    khonsu.transact((tx) => tx.set('empty', new Table({}).select([])))
    khonsu.transact((tx) => {
      const { schema } = tx.get('batch') as RecordBatch
      expect([...schema.metadata]).toEqual([['origin', 'here']])
      expect([...(schema.fields[0]?.metadata ?? [])]).toEqual([['unit', 'm']])
      expect((tx.get('empty') as RecordBatch).numCols).toBe(0)
    })
  })

  it('keeps its own metadata, also when rows are added and merged into it', async () => {
    const khonsu = await openStore()
    const metadata = [
      ['source', 'sensor \u{1f321}'],
      ['', 'an empty name'],
    ] as const
    const batch = numbers(2).batches[0] as RecordBatch
    for (const [name, text] of metadata) batch.metadata.set(name, text)
    const other = numbers(1, 2).batches[0] as RecordBatch
    other.metadata.set('source', 'another one')
    khonsu.transact((tx) => tx.set('batch', batch))
    const metadataNow = () => [...batchUnder(khonsu, 'batch').metadata]
    expect(metadataNow()).toEqual(metadata)
    khonsu.transact((tx) => tx.append('batch', other))
    expect(metadataNow()).toEqual(metadata)
    await until(() => khonsu.transact((tx) => tx.table('batch')?.batches.length === 1))
    expect(metadataNow()).toEqual(metadata)
    expect(contentsOf(batchUnder(khonsu, 'batch'))).toEqual([['n', [0, 1, 2]]])
  })

  it.each<[string, unknown]>([
    ['a number', new Map([['count', 3]])],
    ['a set', new Set(['ab'])],
    ['pairs', ['ab', 'cd']],
    ['an object', { a: 'b' }],
    ['a text', 'ab'],
  ])('is refused with metadata that is no map of texts but has %s', async (_, metadata) => {
    const khonsu = await openStore()
    const { schema, data } = numbers(2).batches[0] as RecordBatch
    const batch = new RecordBatch(schema, data, metadata as Map<string, string>)
    const error = thrownBy(() => khonsu.transact((tx) => tx.set('batch', batch)))
    expect(error).toBeInstanceOf(ValueNotAcceptableError)
    expect(khonsu.transact((tx) => tx.has('batch'))).toBe(false)
  })

  it.each<[string, (khonsu: Khonsu) => void]>([
    [
      'set',
      (khonsu) =>
        khonsu.transact((tx) => writeOver(tx, () => tx.set('batch', numbers(LONG_COUNT)))),
    ],
    [
      'append',
      (khonsu) =>
        khonsu.transact((tx) => writeOver(tx, () => tx.append('batch', numbers(LONG_COUNT)))),
    ],
  ])(
    'that was written over in its transaction keeps its views until that ends: %s',
    async (_, run) => {
      run(await openStore())
    },
  )

  it('without rows keeps to its own memory, however many columns it has', async () => {
    const khonsu = await openStore()
    const names = Array.from({ length: 1_500 }, (_, i) => `column ${i}`)
    const empty = new Table(
      Object.fromEntries(names.map((name) => [name, vectorFromArray([], new Int32())])),
    )
    const keys = ['empty', 'also empty']
    khonsu.transact((tx) => tx.set('first', numbers(LONG_COUNT)))
    for (const key of keys) khonsu.transact((tx) => tx.set(key, empty))
    khonsu.transact((tx) => tx.set('second', numbers(LONG_COUNT, 1)))
    for (const key of keys) khonsu.transact((tx) => tx.delete(key))
    for (let i = 0; i < 3; i++) await khonsu.reclaim()
    for (let i = 0; i < 5; i++) khonsu.transact((tx) => tx.set(`${i}`, numbers(LONG_COUNT, 2)))
    khonsu.transact((tx) => expect(tx.column('second', 'n')?.values[0]).toBe(1))
  })

  it('is made of tables of several chunks and of vectors, too', async () => {
    const khonsu = await openStore()
    const chunked = new Table([...numbers(2).batches, ...numbers(3, 2).batches])
    khonsu.transact((tx) => {
      tx.set('table', chunked)
      tx.set('vector', vectorFromArray(['x', null, 'z'], new Utf8()))
    })
    expect(contentsOf(batchUnder(khonsu, 'table'))).toEqual([['n', [0, 1, 2, 3, 4]]])
    expect(contentsOf(batchUnder(khonsu, 'vector'))).toEqual([['value', ['x', null, 'z']]])
  })

  it('is seen by the transaction that wrote it, and by nobody when that is rolled back', async () => {
    const khonsu = await openStore()
    khonsu.transact((tx) => tx.set('batch', numbers(1)))
    const before = contentsOf(batchUnder(khonsu, 'batch'))
    expect(() =>
      khonsu.transact((tx) => {
        tx.set('batch', numbers(LONG_COUNT))
        expect((tx.get('batch') as RecordBatch).numRows).toBe(LONG_COUNT)
        tx.set('batch', numbers(5))
        expect(tx.column('batch', 'n')?.values).toEqual(Float64Array.of(0, 1, 2, 3, 4))
        throw new Error('rolled back')
      }),
    ).toThrow('rolled back')
    expect(contentsOf(batchUnder(khonsu, 'batch'))).toEqual(before)
  })

  it('of an old snapshot stays while the key gets others', async () => {
    const khonsu = await openStore()
    khonsu.transact((tx) => tx.set('batch', numbers(LONG_COUNT)))
    const reader = khonsu.startTransaction()
    const batch = reader.read('batch') as RecordBatch
    for (let i = 0; i < 20; i++) {
      khonsu.transact((tx) => tx.set('batch', numbers(LONG_COUNT, -LONG_COUNT)))
      await khonsu.reclaim()
    }
    expect(batch.getChild('n')?.get(LONG_COUNT - 1)).toBe(LONG_COUNT - 1)
    expect((reader.read('batch') as RecordBatch).getChild('n')?.get(1)).toBe(1)
    reader.rollback()
  })

  it('is found by scans', async () => {
    const khonsu = await openStore()
    khonsu.transact((tx) => {
      tx.set('a', numbers(1))
      tx.set('b', 2)
    })
    const found = khonsu.transact((tx) => {
      return [...tx.scan()].map(([key, value]) => [
        key,
        value instanceof RecordBatch ? value.numRows : value,
      ])
    })
    expect(found).toEqual([
      ['a', 1],
      ['b', 2],
    ])
  })
})

describe('memory of batches', () => {
  it('lies in payload segments when there are any, and in the arena when they are full', async () => {
    const khonsu = await openStore({ payloadMemory: MIB })
    khonsu.transact((tx) => tx.set('one', numbers(LONG_COUNT)))
    expect(khonsu.stats().memory).toMatchObject({
      payloadBytes: MIB,
      payloadUsedBytes: 7 * 64 * 1024,
    })
    khonsu.transact((tx) => {
      for (const key of ['two', 'three', 'four']) tx.set(key, numbers(LONG_COUNT, 1))
    })
    const last = LONG_COUNT - 1
    for (const [key, first] of [
      ['one', 0],
      ['four', 1],
    ] as const) {
      expect(khonsu.transact((tx) => tx.column(key, 'n')?.values[last])).toBe(first + last)
    }
    expect(khonsu.stats().memory.payloadUsedBytes).toBe(14 * 64 * 1024)
  })

  it('is all given back: bodies, schemas and dictionaries', async () => {
    const khonsu = await openStore({ payloadMemory: MIB })
    const dictionary = vectorFromArray(['a', 'b', 'a'], new Dictionary(new Utf8(), new Int32()))
    const write = (round: number) => {
      khonsu.transact((tx) => {
        tx.set('long', numbers(LONG_COUNT, round))
        tx.set('dictionary', new Table({ d: dictionary }))
        tx.set('schema', tableFromArrays({ [`column ${round}`]: [round] }))
      })
    }
    const used = async () => {
      khonsu.transact((tx) => {
        for (const key of ['long', 'dictionary', 'schema']) tx.delete(key)
      })
      await khonsu.reclaim()
      await khonsu.reclaim()
      const { byClass, payloadUsedBytes } = khonsu.stats().memory
      return {
        payloadUsedBytes,
        byClass: byClass.map(({ name, blocksUsed }) => [name, blocksUsed]),
      }
    }
    write(0)
    const first = await used()
    for (let round = 1; round < 50; round++) write(round)
    const last = await used()
    expect(last.payloadUsedBytes).toBe(0)
    const chunks = ({ byClass }: typeof last) => byClass.find(([name]) => name === 'chunks')?.[1]
    expect(chunks(last)).toBe(0)
    expect(chunks(first)).toBe(0)
    const blocks = ({ byClass }: typeof last) =>
      byClass.reduce((sum, [name, used]) => sum + (/^blocks/.test(`${name}`) ? Number(used) : 0), 0)
    expect(blocks(last)).toBe(blocks(first))
  })

  it('is shared by batches of one schema and one dictionary', async () => {
    const khonsu = await openStore()
    const words = Array.from({ length: 2_000 }, (_, i) => `a rather long word, number ${i}`)
    const dictionary = vectorFromArray(words, new Dictionary(new Utf8(), new Int32()))
    const batch = new Table({ d: dictionary }).batches[0] as RecordBatch
    khonsu.transact((tx) => tx.set(0, batch))
    const before = khonsu.stats().memory.usedBytes
    khonsu.transact((tx) => {
      for (let i = 1; i < 20; i++) tx.set(i, batch.slice(i, i + 1))
    })
    expect(khonsu.stats().memory.usedBytes - before).toBeLessThan(8 * 64 * 1024)
    khonsu.transact((tx) => {
      const read = tx.get(7) as RecordBatch
      expect(read.getChild('d')?.get(0)).toBe(words[7])
      // What was read refers to the same dictionary when it is written again.
      tx.set('again', read)
    })
    expect(batchUnder(khonsu, 'again').getChild('d')?.get(0)).toBe(words[7])
  })

  it('that is too small for a batch is a typed error, and nothing is written', async () => {
    const khonsu = await openStore({ memory: 8 * MIB })
    khonsu.transact((tx) => tx.set('batch', numbers(10)))
    const before = contentsOf(batchUnder(khonsu, 'batch'))
    const error = thrownBy(() => khonsu.transact((tx) => tx.set('batch', numbers(2_000_000))))
    expect(error).toBeInstanceOf(ArenaFullError)
    expect((error as ArenaFullError).requestedLengthBytes).toBeGreaterThan(2_000_000 * 8)
    expect(contentsOf(batchUnder(khonsu, 'batch'))).toEqual(before)
    khonsu.transact((tx) => tx.set('batch', numbers(LONG_COUNT)))
    expect(batchUnder(khonsu, 'batch').numRows).toBe(LONG_COUNT)
  })

  it('is used again when a key is written over and over', async () => {
    const khonsu = await openStore({ memory: 8 * MIB })
    for (let i = 0; i < 500; i++) khonsu.transact((tx) => tx.set('batch', numbers(LONG_COUNT, i)))
    expect(khonsu.transact((tx) => tx.column('batch', 'n')?.values[0])).toBe(499)
  })
})

describe('tx.column', () => {
  it('gives the values and the nulls of a flat column', async () => {
    const khonsu = await openStore()
    const n = vectorFromArray([1.5, null, 3], new Float64())
    khonsu.transact((tx) => tx.set('batch', new Table({ n })))
    khonsu.transact((tx) => {
      const column = tx.column('batch', 'n')
      expect(column?.nullCount).toBe(1)
      expect(column?.values).toHaveLength(3)
      expect([0, 1, 2].map((row) => column?.isValid(row))).toEqual([true, false, true])
      expect(tx.column('nothing', 'n')).toBeUndefined()
    })
  })

  it.each<[string, DataType, unknown]>([
    ['bits', new Bool(), true],
    ['texts', new Utf8(), 'a'],
    ['codes of a dictionary', new Dictionary(new Utf8(), new Int32()), 'a'],
  ])('refuses %s, naming the column', async (_, type, value) => {
    const khonsu = await openStore()
    khonsu.transact((tx) => tx.set('batch', new Table({ n: vectorFromArray([value], type) })))
    const error = thrownBy(() => khonsu.transact((tx) => tx.column('batch', 'n')))
    expect(error).toBeInstanceOf(ValueNotAcceptableError)
    expect(error).toMatchObject({ path: '$.n' })
  })

  it('refuses a column that is not there, and what is no batch', async () => {
    const khonsu = await openStore()
    khonsu.transact((tx) => {
      tx.set('batch', numbers(1))
      tx.set('number', 1)
    })
    const missing = thrownBy(() => khonsu.transact((tx) => tx.column('batch', 'm')))
    expect(missing).toMatchObject({ code: 'KHONSU_VALUE_NOT_ACCEPTABLE', path: '$.m' })
    expect(String(missing)).toContain('n')
    const noBatch = thrownBy(() => khonsu.transact((tx) => tx.column('number', 'n')))
    expect(noBatch).toMatchObject({ code: 'KHONSU_VALUE_NOT_ACCEPTABLE' })
  })
})

describe('what is no sound batch', () => {
  it('is refused before anything is written', async () => {
    const khonsu = await openStore()
    khonsu.transact((tx) => tx.set('batch', numbers(3)))
    const before = contentsOf(batchUnder(khonsu, 'batch'))
    const detached = numbers(3)
    const values = detached.batches[0]?.data.children[0]?.values as Float64Array
    structuredClone(values.buffer, { transfer: [values.buffer as ArrayBuffer] })
    const foreign = { schema: { fields: [] }, data: {}, numRows: 0, constructor: undefined }
    Object.setPrototypeOf(foreign, { foreign: true })
    for (const value of [detached, foreign]) {
      const error = thrownBy(() => khonsu.transact((tx) => tx.set('batch', value as Table)))
      expect(error).toBeInstanceOf(ValueNotAcceptableError)
      expect(contentsOf(batchUnder(khonsu, 'batch'))).toEqual(before)
    }
  })

  it('does not include what came as IPC', async () => {
    const khonsu = await openStore()
    const bytes = tableToIPC(numbers(100))
    khonsu.transact((tx) => tx.set('batch', tableFromIPC(bytes)))
    const again = tableToIPC(new Table([batchUnder(khonsu, 'batch')]))
    expect(tableFromIPC(again).numRows).toBe(100)
  })
})
