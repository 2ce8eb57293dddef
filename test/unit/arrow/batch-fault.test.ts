import {
  Bool,
  Data,
  type DataType,
  DenseUnion,
  Dictionary,
  Field,
  FixedSizeList,
  Float64,
  Int8,
  Int32,
  Int64,
  LargeUtf8,
  List,
  makeData,
  type RecordBatch,
  SparseUnion,
  Struct,
  Utf8,
  Utf8View,
  Vector,
} from 'apache-arrow'
import { describe, expect, it } from 'vitest'
import { planBatch } from '#dist/src/arrow/batch-plan.js'
import { batchWith } from '#dist/src/arrow/record-batch.js'
import { ValueNotAcceptableError } from '#dist/src/errors/data-errors.js'
import { batchOf } from '../../support/arrow-data.ts'

function refusalOf(batch: RecordBatch): { path: string; why: string } {
  try {
    planBatch(batch)
  } catch (error) {
    if (error instanceof ValueNotAcceptableError) return { path: error.path, why: error.why }
    throw error
  }
  throw new Error('the batch was accepted')
}

function columnOf(data: Data, type: DataType = data.type): RecordBatch {
  const { schema } = batchOf([new Field('a b', type, true)], [], 0)
  return batchWith(schema, data.length, [data])
}

const utf8 = (valueOffsets: Int32Array, data = new Uint8Array(4)) => {
  return new Data(new Utf8(), 0, 2, 0, { 0: valueOffsets, 1: data })
}
const ints = makeData({ type: new Int32(), data: new Int32Array(3) })
const texts = new Vector([makeData({ type: new Utf8(), valueOffsets: new Int32Array(3) })])
const item = new Field('item', ints.type)
const union = [new Field('x', ints.type)]

describe('a column is refused', () => {
  it.each<[string, RecordBatch, RegExp, string?]>([
    ['values are missing', columnOf(new Data(new Int32(), 0, 2, 0)), /no typed array/],
    [
      'values are too few',
      columnOf(new Data(new Float64(), 0, 2, 0, { 1: new Float64Array(1) })),
      /values hold 8 bytes where 16/,
    ],
    [
      'values have another width',
      columnOf(new Data<DataType>(new Int64(), 0, 1, 0, { 1: new Float32Array(4) })),
      /no BigInt64Array/,
    ],
    [
      'bits are too few',
      columnOf(new Data(new Bool(), 4, 5, 0, { 1: new Uint8Array(1) })),
      /hold 1 bytes where 2/,
    ],
    [
      'null bits are too few',
      columnOf(new Data(new Int32(), 0, 9, -1, { 1: new Int32Array(9), 2: new Uint8Array(1) })),
      /null bits hold 1/,
    ],
    [
      'null bits are missing',
      columnOf(new Data(new Int32(), 0, 1, 1, { 1: new Int32Array(1) })),
      /no null bitmap/,
    ],
    [
      'more is null than there is',
      columnOf(new Data(new Int32(), 0, 1, 2, { 1: new Int32Array(1), 2: new Uint8Array(1) })),
      /2 of its 1/,
    ],
    [
      'its type is another than its field has',
      columnOf(ints, new Int64()),
      /type Int32, its field the type Int64/,
    ],
    [
      'offsets are missing',
      columnOf(new Data(new Utf8(), 0, 1, 0)),
      /offsets hold 0 bytes where 8/,
    ],
    ['offsets are too few', columnOf(utf8(new Int32Array(2))), /offsets hold 8 bytes where 12/],
    ['offsets run backwards', columnOf(utf8(Int32Array.of(0, 3, 2))), /offset 2 is less/],
    ['offsets begin below zero', columnOf(utf8(Int32Array.of(-1, 3, 4))), /offset 0 is less/],
    [
      'offsets wrap around',
      columnOf(utf8(Int32Array.of(0, 2 ** 31 - 1, -(2 ** 31)))),
      /offset 1 is/,
    ],
    ['offsets end past the data', columnOf(utf8(Int32Array.of(0, 3, 5))), /past the 4/],
    [
      'wide offsets end past the data',
      columnOf(
        new Data(new LargeUtf8(), 0, 1, 0, {
          0: BigInt64Array.of(0n, 1n << 32n),
          1: new Uint8Array(4),
        }),
      ),
      /past the 4/,
    ],
    [
      'a list ends past its child',
      columnOf(new Data(new List(item), 0, 1, 0, { 0: Int32Array.of(0, 4) }, [ints])),
      /past the 3/,
    ],
    [
      'a list has no child',
      columnOf(new Data(new List(item), 0, 1, 0, { 0: Int32Array.of(0, 0) })),
      /no data/,
      '.item',
    ],
    [
      'lists of one length have too few elements',
      columnOf(new Data(new FixedSizeList(2, item), 0, 2, 0, {}, [ints])),
      /3 values where 4/,
      '.item',
    ],
    [
      'a struct is longer than its child',
      columnOf(new Data(new Struct([item]), 0, 4, 0, {}, [ints])),
      /3 values where 4/,
      '.item',
    ],
    [
      'a sparse union is longer than its child',
      columnOf(new Data(new SparseUnion([0], union), 0, 4, 0, { 3: new Int8Array(4) }, [ints])),
      /3 values where 4/,
      '.x',
    ],
    [
      'type ids are too few',
      columnOf(new Data(new SparseUnion([0], union), 0, 2, 0, { 3: new Int8Array(1) }, [ints])),
      /type ids hold 1/,
    ],
    [
      'a type id is unknown',
      columnOf(new Data(new SparseUnion([0], union), 0, 2, 0, { 3: Int8Array.of(0, 7) }, [ints])),
      /type id 7/,
      '[1]',
    ],
    [
      'a dense union points past its child',
      columnOf(
        new Data(
          new DenseUnion([0], union),
          0,
          1,
          0,
          { 0: Int32Array.of(3), 3: new Int8Array(1) },
          [ints],
        ),
      ),
      /offset 3 is outside/,
      '[0]',
    ],
    [
      'a view points nowhere',
      columnOf(
        new Data(new Utf8View(), 0, 1, 0, { 1: Uint8Array.of(13, ...new Array(15).fill(0)) }),
      ),
      /view points/,
      '[0]',
    ],
    [
      'views are too few',
      columnOf(new Data(new Utf8View(), 0, 2, 0, { 1: new Uint8Array(16) })),
      /views hold 16/,
    ],
    [
      'it has no dictionary',
      columnOf(new Data(new Dictionary(new Utf8(), new Int8()), 0, 1, 0, { 1: new Int8Array(1) })),
      /no dictionary/,
    ],
    [
      'its dictionary has another type',
      columnOf(
        new Data(
          new Dictionary(new Int8(), new Int8()),
          0,
          1,
          0,
          { 1: new Int8Array(1) },
          [],
          texts,
        ),
      ),
      /dictionary has the type Utf8/,
    ],
    [
      'an index is negative',
      columnOf(
        new Data(
          new Dictionary(new Utf8(), new Int8()),
          0,
          2,
          0,
          { 1: Int8Array.of(0, -1) },
          [],
          texts,
        ),
      ),
      /index -1 is outside/,
      '[1]',
    ],
    [
      'an index is past the dictionary',
      columnOf(
        new Data(
          new Dictionary(new Utf8(), new Int32()),
          0,
          2,
          0,
          { 1: Int32Array.of(1, 2) },
          [],
          texts,
        ),
      ),
      /index 2 is outside of a dictionary of 2/,
      '[1]',
    ],
  ])('when %s', (_, batch, why, path = '') => {
    expect(refusalOf(batch)).toEqual({ path: `$["a b"]${path}`, why: expect.stringMatching(why) })
  })

  it('when its buffer was transferred', () => {
    const values = new Int32Array(4)
    const batch = columnOf(makeData({ type: new Int32(), data: values }))
    structuredClone(values.buffer, { transfer: [values.buffer] })
    expect(refusalOf(batch).why).toMatch(/hold 0 bytes where 16 are needed; was it transferred/)
  })

  it('when many offsets wrap around somewhere', () => {
    // Each is at least the one before it, when differences are taken in 32 bits.
    const wrapping = [2 ** 31 - 1, -(2 ** 31), -1]
    for (let at = 1; at < 7; at++) {
      const offsets = new Int32Array(10).fill(4, at)
      offsets.set(wrapping, at)
      const data = new Data(new Utf8(), 0, 9, 0, { 0: offsets, 1: new Uint8Array(4) })
      expect(refusalOf(columnOf(data)).why).toMatch(/offset \d is less/)
    }
  })

  it('when an index is negative, however long the dictionary is', () => {
    const many = makeData({ type: new Utf8(), valueOffsets: new Int32Array(301) })
    const type = new Dictionary(new Utf8(), new Int8())
    const data = new Data(type, 0, 1, 0, { 1: Int8Array.of(-1) }, [], new Vector([many]))
    expect(refusalOf(columnOf(data)).why).toMatch(/index -1 is outside of a dictionary of 300/)
  })

  it('unless the view that points nowhere is null', () => {
    const views = new Uint8Array(32).fill(0x7f)
    views.fill(0, 16)
    const data = new Data(new Utf8View(), 0, 2, 1, { 1: views, 2: Uint8Array.of(2) })
    expect(planBatch(columnOf(data)).rowCount).toBe(2)
  })

  it('unless what is out of range is null', () => {
    const type = new Dictionary(new Utf8(), new Int8())
    const buffers = { 1: Int8Array.of(9, 0), 2: Uint8Array.of(2) }
    expect(planBatch(columnOf(new Data(type, 0, 2, 1, buffers, [], texts))).rowCount).toBe(2)
  })
})

describe('a batch is refused', () => {
  it('when its columns are not as long as it is', () => {
    const { schema } = batchOf([new Field('a', ints.type)], [], 0)
    expect(refusalOf(batchWith(schema, 2, [ints]))).toEqual({
      path: '$.a',
      why: 'it has 3 values, the batch 2 rows',
    })
  })

  it('when its columns are not as many as its fields', () => {
    const { schema } = batchOf([new Field('a', ints.type)], [], 0)
    expect(refusalOf(batchWith(schema, 2, [])).why).toBe('it has 0 columns, its schema 1')
  })

  it('when a column is missing', () => {
    const { schema } = batchOf([new Field('a', ints.type)], [], 0)
    const children = [undefined] as unknown as Data[]
    expect(refusalOf(batchWith(schema, 2, children)).why).toBe('it has no data')
  })

  it('when it is none', () => {
    expect(refusalOf({} as RecordBatch).why).toMatch(/an object, and no table/)
    const foreign = new (class RecordBatch {})() as unknown as RecordBatch
    expect(refusalOf(foreign).why).toMatch(/RecordBatch of another copy of apache-arrow/)
  })
})
