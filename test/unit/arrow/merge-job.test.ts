import {
  Bool,
  type Data,
  type DataType,
  DenseUnion,
  Dictionary,
  Field,
  FixedSizeBinary,
  FixedSizeList,
  Float16,
  Float32,
  Float64,
  Int8,
  Int16,
  Int32,
  Int64,
  LargeUtf8,
  List,
  makeData,
  Null,
  type RecordBatch,
  Table,
  Utf8,
  Utf8View,
  Vector,
  vectorFromArray,
} from 'apache-arrow'
import { describe, expect, it } from 'vitest'
import { openOnHeap } from '#dist/src/arrow/gather/gather-batch.js'
import { finishJob, planConcatenation, planDeletion, planMerge } from '#dist/src/arrow/merge-job.js'
import { recordBatchOf } from '#dist/src/arrow/record-batch.js'
import { ValueNotAcceptableError } from '#dist/src/errors/data-errors.js'
import { batchOf, contentsOf, randomBatch, randomData } from '../../support/arrow-data.ts'
import { deleted, merged, rowsOf } from '../../support/arrow-model.ts'
import { BatchMemory } from '../../support/arrow-store.ts'
import { ALL_TYPES, KEY_TYPES } from '../../support/arrow-types.ts'
import { randomFrom } from '../../support/random.ts'

const EACH_TYPE = ALL_TYPES.map((type) => [String(type), type] as const)
const EACH_KEY_TYPE = KEY_TYPES.map((type) => [String(type), type] as const)
const NO_NULLS = { nullPercent: 0, variety: 30 }
const MANY_ROW_COUNT = 9000
const FEW_NULLS = { nullPercent: 20, variety: 0 }

/** Rows with a distinct number each, and one more column. */
function numbered(type: DataType, first: number, length: number, seed: number): RecordBatch {
  const ids = Int32Array.from({ length }, (_, i) => first + i * 3)
  const id = makeData({ type: new Int32(), data: ids })
  const fields = [new Field('id', id.type), new Field('value', type, true)]
  return batchOf(fields, [id, randomData(type, length, randomFrom(seed), FEW_NULLS)], length)
}

function column(name: string, type: DataType, values: readonly unknown[]): RecordBatch {
  const vector = vectorFromArray(values, type)
  return batchOf([new Field(name, type, true)], [vector.data[0] as never], values.length)
}

function refusalOf(run: () => unknown): { path: string; why: string } {
  try {
    run()
  } catch (error) {
    if (error instanceof ValueNotAcceptableError) return { path: error.path, why: error.why }
    throw error
  }
  throw new Error('it was accepted')
}

describe('a merge by key', () => {
  it.each(EACH_TYPE)('replaces and appends rows with a column of any type: %s', (_, type) => {
    const base = numbered(type, 0, 40, 1).slice(2, 37)
    for (const delta of [numbered(type, 30, 20, 2).slice(3), numbered(type, 0, 0, 2), base]) {
      expect(rowsOf(finishJob(planMerge(base, delta, ['id'])))).toEqual(merged(base, delta, ['id']))
    }
    const empty = base.slice(5, 5)
    expect(rowsOf(finishJob(planMerge(empty, base, ['id'])))).toEqual(rowsOf(base))
  })

  it.each(EACH_KEY_TYPE)('knows rows by a column of any flat type: %s', (_, type) => {
    const base = randomBatch([type, new Int32()], 60, randomFrom(3), NO_NULLS)
    const delta = randomBatch([type, new Int32()], 50, randomFrom(4), NO_NULLS).slice(4)
    const distinct = finishJob(planMerge(base.slice(0, 0), base.slice(7), ['c0']))
    expect(rowsOf(finishJob(planMerge(distinct, delta, ['c0'])))).toEqual(
      merged(distinct, delta, ['c0']),
    )
    expect(rowsOf(finishJob(planDeletion(base, delta, ['c0'])))).toEqual(
      deleted(base, delta, ['c0']),
    )
  })

  it('knows rows by several columns together', () => {
    const types = [new Int8(), new Utf8(), new Float64(), new Int32()]
    const variety = { nullPercent: 0, variety: 3 }
    const base = randomBatch(types, 50, randomFrom(5), variety)
    const delta = randomBatch(types, 50, randomFrom(6), variety)
    const on = ['c2', 'c0', 'c1']
    const distinct = finishJob(planMerge(base.slice(0, 0), base, on))
    expect(distinct.numRows).toBeLessThan(base.numRows)
    expect(rowsOf(finishJob(planMerge(distinct, delta, on)))).toEqual(merged(distinct, delta, on))
  })

  it('takes the last of equal rows of the delta, in the place of the first', () => {
    const batch = (ids: number[], texts: string[]) => {
      const fields = [new Field('id', new Int32()), new Field('text', new Utf8())]
      const vectors = [vectorFromArray(ids, new Int32()), vectorFromArray(texts, new Utf8())]
      return batchOf(
        fields,
        vectors.map(({ data }) => data[0] as never),
        ids.length,
      )
    }
    const delta = batch([7, 1, 7, 8, 1], ['a', 'b', 'c', 'd', 'e'])
    const result = finishJob(planMerge(batch([1, 2], ['x', 'y']), delta, ['id']))
    expect(contentsOf(result)).toEqual([
      ['id', [1, 2, 7, 8]],
      ['text', ['e', 'y', 'c', 'd']],
    ])
  })

  it.each([[new Float16()], [new Float32()], [new Float64()]])(
    'holds NaN for equal to NaN, and -0 for equal to 0: %s',
    (type) => {
      const base = column('x', type, [Number.NaN, 0, 1])
      const other = column('x', type, [-0, -1, Number.NaN])
      // Another NaN: all bits are set.
      const { buffer, BYTES_PER_ELEMENT } = (other.data.children[0] as Data).values
      new Uint8Array(buffer).fill(0xff, 2 * BYTES_PER_ELEMENT, 3 * BYTES_PER_ELEMENT)
      expect(finishJob(planMerge(base, other, ['x'])).numRows).toBe(4)
      expect(contentsOf(finishJob(planDeletion(base, other, ['x'])))).toEqual([['x', [1]]])
    },
  )
})

describe('a merge is refused', () => {
  const type = new Int32()
  const base = column('a key', type, [1, 2])

  it.each<[string, () => unknown, string, RegExp]>([
    ['no column is named', () => planMerge(base, base, []), '$', /no column is named/],
    ['a key column is missing', () => planMerge(base, base, ['id']), '$', /no column "id"/],
    [
      'a key is null',
      () => planMerge(base, column('a key', type, [5, 6, null]), ['a key']),
      '$["a key"][2]',
      /is null/,
    ],
    [
      'rows cannot be told apart',
      () => planDeletion(column('n', new Null(), [null]), base, ['n']),
      '$',
      /"n" has the type Null/,
    ],
    [
      'keys have another type',
      () => planDeletion(base, column('a key', new Int8(), [1]), ['a key']),
      '$["a key"]',
      /type Int8 where Int32/,
    ],
    [
      'a field has another type',
      () => planMerge(base, column('a key', new Int8(), [1]), ['a key']),
      '$["a key"]',
      /type Int8 where Int32/,
    ],
    [
      'a field has another name',
      () => planMerge(base, column('b', type, [1]), ['a key']),
      '$.b',
      /"a key" is expected/,
    ],
    [
      'a field is missing',
      () => finishJob(planConcatenation([base, batchOf([], [], 1)])),
      '$["a key"]',
      /missing here/,
    ],
    [
      'there is a field more',
      () => finishJob(planConcatenation([batchOf([], [], 1), base])),
      '$["a key"]',
      /no such field/,
    ],
    ['there is nothing', () => finishJob(planConcatenation([])), '$', /no batch/],
  ])('when %s', (_, plan, path, why) => {
    expect(refusalOf(plan)).toEqual({ path, why: expect.stringMatching(why) })
  })

  it('when nulls come to a field that allows none', () => {
    const strict = batchOf([new Field('a key', type)], base.data.children, 2)
    const loose = column('a key', type, [null])
    expect(refusalOf(() => finishJob(planConcatenation([strict, loose])))).toEqual({
      path: '$["a key"]',
      why: 'it holds nulls where none are allowed',
    })
    expect(finishJob(planConcatenation([strict, base])).numRows).toBe(4)
  })

  it('when the dictionary of a key holds a null that is used', () => {
    const nulls = vectorFromArray(['a', null], new Utf8())
    const encoded = new Dictionary(new Utf8(), new Int8())
    const data = makeData({ type: encoded, data: Int8Array.of(0, 1), dictionary: nulls })
    const batch = batchOf([new Field('d', encoded)], [data], 2)
    const refusal = { path: '$.d[1]', why: expect.stringMatching(/is null/) }
    for (const base of [batch.slice(0, 1), batch]) {
      expect(refusalOf(() => finishJob(planMerge(base, batch, ['d'])))).toEqual(refusal)
    }
    // A row of the base whose key is null stays.
    expect(finishJob(planMerge(batch, batch.slice(0, 1), ['d'])).numRows).toBe(2)
    expect(finishJob(planDeletion(batch, batch.slice(0, 1), ['d'])).numRows).toBe(1)
  })

  it('when its dictionaries together are longer than its indices reach', () => {
    const encoded = new Dictionary(new Utf8(), new Int8())
    const part = (name: string) => {
      const texts = Array.from({ length: 70 }, (_, i) => `${name}${i}`)
      const dictionary = vectorFromArray(texts, new Utf8())
      const data = makeData({ type: encoded, data: new Int8Array(2), dictionary })
      return batchOf([new Field('d', encoded)], [data], 2)
    }
    expect(refusalOf(() => finishJob(planConcatenation([part('a'), part('b')])))).toEqual({
      path: '$.d',
      why: expect.stringMatching(/140 values together, more than indices of the type Int8/),
    })
  })
})

describe('dictionaries that are united', () => {
  const encoded = new Dictionary(new Utf8(), new Int32())
  const coded = (texts: readonly (string | null)[], indices: readonly number[]) => {
    const dictionary = vectorFromArray(texts, new Utf8())
    const data = makeData({ type: encoded, data: Int32Array.from(indices), dictionary })
    return batchOf([new Field('d', encoded, true)], [data], indices.length)
  }
  const dictionaryOf = (batch: RecordBatch) => batch.data.children[0]?.dictionary as Vector

  it('stay the first one when the others bring nothing new', () => {
    const [first, second] = [coded(['a', 'b', 'c'], [2, 0]), coded(['c', 'b'], [0, 1])]
    const result = finishJob(planConcatenation([first, second]))
    expect(dictionaryOf(result)).toBe(dictionaryOf(first))
    expect(contentsOf(result)).toEqual([['d', ['c', 'a', 'c', 'b']]])
  })

  it('hold each new value once, and a null once', () => {
    const parts = [
      coded(['a', 'a'], [1]),
      coded(['x', null, 'a'], [0, 1, 2]),
      coded([null, 'x'], [0, 1]),
    ]
    const result = finishJob(planConcatenation(parts))
    expect(contentsOf(result)).toEqual([['d', ['a', 'x', null, 'a', null, 'x']]])
    expect([...dictionaryOf(result)]).toEqual(['a', 'a', 'x', null])
  })
})

describe('a concatenation', () => {
  it.each(EACH_TYPE)('has the rows of all parts: %s', (_, type) => {
    const parts = [1, 2, 3].map((seed) =>
      randomBatch([type], 9 * seed, randomFrom(seed)).slice(seed),
    )
    const result = finishJob(planConcatenation([...parts, (parts[0] as RecordBatch).slice(3, 3)]))
    expect(rowsOf(result)).toEqual(parts.flatMap(rowsOf))
  })

  it('is what a table or a vector of several chunks becomes', () => {
    const types = [new Dictionary(new Utf8(), new Int32()), new List(new Field('item', new Utf8()))]
    const parts = [1, 2].map((seed) => randomBatch(types, 9, randomFrom(seed)))
    const batch = recordBatchOf(new Table(parts[0]?.schema as never, parts))
    expect(rowsOf(batch)).toEqual(parts.flatMap(rowsOf))
    const chunks = parts.map((part) => part.data.children[0] as never)
    expect(contentsOf(recordBatchOf(new Vector(chunks)))).toEqual([
      ['value', rowsOf(batch).map(([value]) => value)],
    ])
  })
})

describe('a job', () => {
  it('is cut into slices that fill shared memory, and leaves the rest of it as it was', () => {
    const base = randomBatch(ALL_TYPES, 3000, randomFrom(1)).slice(5)
    const job = planConcatenation([base, base])
    let sliceCount = 0
    while (!job.step(0)) sliceCount++
    const memory = new BatchMemory(1 << 23)
    const handle = memory.store(job.plan, (bodyAt) => {
      const before = memory.bytes.slice(0, bodyAt)
      const writing = job.writeInto(memory.bytes, bodyAt)
      while (!writing.step(0)) sliceCount++
      const { bodyLength } = job.plan
      expect(Buffer.compare(memory.bytes.subarray(0, bodyAt), before)).toBe(0)
      const behind = memory.bytes.subarray(bodyAt + bodyLength, bodyAt + bodyLength + 4096)
      expect(behind.every((byte) => byte === 0xa5)).toBe(true)
    })
    expect(sliceCount).toBeGreaterThan(100)
    const rows = rowsOf(base)
    expect(rowsOf(memory.open(handle))).toEqual([...rows, ...rows])
  })

  it('is cut into slices of views as well when its runs are short', () => {
    const rowCount = 20_000
    const ids = Int32Array.from({ length: rowCount }, (_, row) => row)
    const fields = [new Field('id', new Int32()), new Field('text', new Utf8View(), true)]
    const text = randomData(new Utf8View(), rowCount, randomFrom(2), FEW_NULLS)
    const id = makeData({ type: new Int32(), length: rowCount, data: ids })
    const base = batchOf(fields, [id, text], rowCount)
    const some = ids.filter((row) => row % 100 === 0)
    const every = makeData({ type: new Int32(), length: some.length, data: some })
    const delta = batchOf(fields, [every, text.slice(0, every.length)], every.length)
    const job = planMerge(base, delta, ['id'])
    while (!job.step(0));
    const body = new Uint8Array(job.plan.bodyLength)
    const writing = job.writeInto(body, 0)
    let sliceCount = 1
    while (!writing.step(0)) sliceCount++
    expect(sliceCount).toBeGreaterThan(rowCount / 256)
    expect(rowsOf(openOnHeap(job.plan, body))).toEqual(merged(base, delta, ['id']))
  })

  it('selects many rows of every kind of buffer', () => {
    const types = [
      new Int64(),
      new Utf8(),
      new Bool(),
      new Float16(),
      new FixedSizeBinary(40),
      new LargeUtf8(),
      new Utf8View(),
      new List(new Field('item', new Int32(), true)),
      new FixedSizeList(3, new Field('item', new Int8(), true)),
      new DenseUnion([0, 1], [new Field('a', new Int8()), new Field('b', new Utf8())]),
      new Dictionary(new Utf8(), new Int16()),
    ]
    const many = { nullPercent: 5, variety: 0 }
    const [first, last] = [1, 2].map((seed) => {
      return randomBatch(types, MANY_ROW_COUNT, randomFrom(seed), many).slice(seed * 3)
    }) as [RecordBatch, RecordBatch]
    const both = finishJob(planConcatenation([first, last]))
    const rows = [...rowsOf(first), ...rowsOf(last)]
    expect(rowsOf(both)).toEqual(rows)
    const ids = makeData({ type: new Int32(), data: Int32Array.from(rows, (_, i) => i) })
    const fields = [new Field('id', ids.type), ...both.schema.fields]
    const base = batchOf(fields, [ids, ...both.data.children], rows.length)
    const changes = finishJob(planConcatenation([base.slice(20, 25), base.slice(9000, 15_000)]))
    const kept = rows.filter((_, i) => (i < 20 || i >= 25) && (i < 9000 || i >= 15_000))
    const deletion = finishJob(planDeletion(base, changes, ['id']))
    expect(rowsOf(deletion).map(([, ...row]) => row)).toEqual(kept)
    expect(rowsOf(finishJob(planMerge(base, changes, ['id'])))).toEqual(rowsOf(base))
    expect(rowsOf(finishJob(planMerge(deletion, changes, ['id'])))).toEqual([
      ...rowsOf(deletion),
      ...rowsOf(changes),
    ])
  })

  it('has no plan before its first phase is done', () => {
    const job = planConcatenation([randomBatch([new Int32()], 9, randomFrom(1))])
    expect(() => job.plan).toThrow('step has not returned true yet')
  })
})
