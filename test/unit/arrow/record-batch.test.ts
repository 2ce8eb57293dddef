import {
  Field,
  Int32,
  RecordBatch,
  Schema,
  Struct,
  Table,
  Utf8,
  vectorFromArray,
} from 'apache-arrow'
import { describe, expect, it } from 'vitest'
import { planBatch } from '#dist/src/arrow/batch-plan.js'
import { recordBatchOf } from '#dist/src/arrow/record-batch.js'
import { ValueNotAcceptableError } from '#dist/src/errors/data-errors.js'
import { contentsOf } from '../../support/arrow-data.ts'
import { roundTrip } from '../../support/arrow-store.ts'

describe('recordBatchOf', () => {
  const vector = vectorFromArray([1, null, 3], new Int32())

  it('returns a batch as it is', () => {
    const batch = new RecordBatch({ a: vector.data[0] as never })
    expect(recordBatchOf(batch)).toBe(batch)
  })

  it('takes the only batch of a table, with the schema of the table', () => {
    const table = new Table({ a: vector })
    const schema = new Schema(table.schema.fields, new Map([['key', 'value']]))
    const batch = recordBatchOf(new Table(schema, table.batches))
    expect(batch.schema).toBe(schema)
    expect(contentsOf(batch)).toEqual([['a', [1, null, 3]]])
  })

  it('makes a vector the column `value` of a batch', () => {
    expect(contentsOf(recordBatchOf(vector))).toEqual([['value', [1, null, 3]]])
    expect(recordBatchOf(vector).schema).toBe(recordBatchOf(vector).schema)
  })

  it('makes a batch of no rows from a table of no batches', () => {
    const schema = new Schema([new Field('a', new Utf8()), new Field('b', new Int32())])
    const batch = recordBatchOf(new Table(schema, []))
    expect(batch.numRows).toBe(0)
    expect(planBatch(batch).rowCount).toBe(0)
    expect(recordBatchOf(new Table()).numCols).toBe(0)
  })

  it('takes a table whose columns have unequal lengths', () => {
    const long = vectorFromArray([1, 2, 3, 4, 5], new Int32())
    const short = vectorFromArray(['a', null], new Utf8())
    const struct = vectorFromArray([{ x: 1 }], new Struct([new Field('x', new Int32(), true)]))
    const table = new Table({ long, short, struct })
    const batch = recordBatchOf(table)
    expect(contentsOf(roundTrip(batch))).toEqual([
      ['long', [1, 2, 3, 4, 5]],
      ['short', ['a', null, null, null, null]],
      ['struct', [[['x', 1]], null, null, null, null]],
    ])
    const last = new Table(table.schema, [table.batches.at(-1) as RecordBatch])
    expect(contentsOf(roundTrip(recordBatchOf(last)))).toEqual(contentsOf(recordBatchOf(last)))
  })

  it('refuses anything else', () => {
    expect(() => recordBatchOf([1] as never)).toThrow(ValueNotAcceptableError)
  })
})
