import {
  Binary,
  type DataType,
  Field,
  Float16,
  Float32,
  Float64,
  Int8,
  Int16,
  Int32,
  Int64,
  LargeBinary,
  LargeUtf8,
  type RecordBatch,
  Schema,
  Uint8,
  Uint16,
  Uint32,
  Uint64,
  Utf8,
} from 'apache-arrow'
import { describe, expect, it } from 'vitest'
import { alignBatch } from '#dist/src/arrow/align-batch.js'
import { finishJob, planMerge } from '#dist/src/arrow/merge-job.js'
import { batchOf, contentsOf, plain, randomBatch, randomData } from '../../support/arrow-data.ts'
import { roundTrip } from '../../support/arrow-store.ts'
import { ALL_TYPES } from '../../support/arrow-types.ts'
import { randomFrom } from '../../support/random.ts'

const WIDEN = { widen: true }

function schemaOf(type: DataType, nullable = true): Schema {
  return new Schema([new Field('c0', type, nullable)])
}

function batchOfType(type: DataType): RecordBatch {
  return randomBatch([type], 40, randomFrom(3)).slice(3, 35)
}

/** Numbers without their class: 1n is 1. */
function numbers(batch: RecordBatch): unknown[] {
  return [...(batch.getChildAt(0) ?? [])].map((value) => {
    return typeof value === 'bigint' ? Number(value) : plain(value)
  })
}

describe('a column that is widened', () => {
  it.each<[DataType, DataType]>([
    [new Int8(), new Int16()],
    [new Int8(), new Int64()],
    [new Int32(), new Int64()],
    [new Uint8(), new Int16()],
    [new Uint16(), new Uint32()],
    [new Uint32(), new Uint64()],
    [new Uint32(), new Int64()],
    [new Int16(), new Float32()],
    [new Uint32(), new Float64()],
    [new Float16(), new Float32()],
    [new Float16(), new Float64()],
    [new Float32(), new Float64()],
    [new Utf8(), new LargeUtf8()],
    [new Binary(), new LargeBinary()],
  ])('keeps its values: %s to %s', (from, to) => {
    const batch = batchOfType(from)
    const aligned = alignBatch(batch, schemaOf(to), WIDEN)
    expect(numbers(aligned)).toEqual(numbers(batch))
    expect(contentsOf(roundTrip(aligned))).toEqual(contentsOf(aligned))
  })

  it.each<[DataType, DataType]>([
    [new Int16(), new Int8()],
    [new Int8(), new Uint16()],
    [new Uint32(), new Int32()],
    [new Int64(), new Float64()],
    [new Int32(), new Float32()],
    [new Int8(), new Float16()],
    [new Float64(), new Float32()],
    [new LargeUtf8(), new Utf8()],
    [new Utf8(), new LargeBinary()],
    [new Utf8(), new Int32()],
  ])('is refused where values could change: %s to %s', (from, to) => {
    expect(() => alignBatch(batchOfType(from), schemaOf(to), WIDEN)).toThrow(
      /The value at \$\.c0 is not acceptable: .*without loss/,
    )
  })
})

describe('alignBatch', () => {
  it.each(ALL_TYPES.map((type) => [String(type), type] as const))(
    'fills a column that is missing with nulls: %s',
    (_, type) => {
      const id = randomData(new Int32(), 5, randomFrom(1), { nullPercent: 0, variety: 0 })
      const batch = batchOf([new Field('id', id.type)], [id], 5)
      const aligned = alignBatch(
        batch,
        new Schema([...schemaOf(type).fields, ...batch.schema.fields]),
        WIDEN,
      )
      const expected = [null, null, null, null, null]
      expect(contentsOf(aligned)[0]).toEqual(['c0', expected])
      expect(contentsOf(roundTrip(aligned))).toEqual(contentsOf(aligned))
      expect(finishJob(planMerge(aligned, roundTrip(aligned), ['id'])).numRows).toBe(
        new Set(id.values).size,
      )
    },
  )

  it('finds columns by name', () => {
    const batch = randomBatch([new Int32(), new Utf8()], 5, randomFrom(1))
    const schema = new Schema([...batch.schema.fields].reverse())
    expect(contentsOf(alignBatch(batch, schema, WIDEN))).toEqual(contentsOf(batch).reverse())
    expect(() => alignBatch(batch, schema, { widen: false })).toThrow(/"c1" is expected/)
    expect(alignBatch(batch, batch.schema, { widen: false })).toBe(batch)
  })

  it('refuses what has no place', () => {
    const batch = randomBatch([new Int32()], 5, randomFrom(1), { nullPercent: 100, variety: 0 })
    expect(() => alignBatch(batch, new Schema([]), WIDEN)).toThrow(/\$\.c0 .* no such field/)
    expect(() => alignBatch(batch, schemaOf(new Int32(), false), WIDEN)).toThrow(/holds nulls/)
    const wider = new Schema([...batch.schema.fields, new Field('more', new Utf8())])
    expect(() => alignBatch(batch, wider, WIDEN)).toThrow(/\$\.more .* is missing/)
  })
})
