import {
  Dictionary,
  Field,
  Float64,
  Int8,
  Int32,
  makeData,
  RecordBatch,
  Schema,
  Struct,
  Table,
  Utf8,
  vectorFromArray,
} from 'apache-arrow'
import type { Key, Store } from 'khonsu'

/** A row of what most tests of rows use. */
export interface Row {
  readonly id: number
  readonly value: number | null
}

const SCHEMA = new Schema([
  new Field('id', new Int32(), false),
  new Field('value', new Float64(), true),
])

/** Rows as a table. */
export function tableOf(rows: readonly Row[]): Table {
  const length = rows.length
  const id = Int32Array.from(rows, (row) => row.id)
  const value = Float64Array.from(rows, (row) => row.value ?? 0)
  const nullBitmap = new Uint8Array(Math.ceil(length / 8) + 1)
  for (const [i, row] of rows.entries()) {
    if (row.value !== null) nullBitmap[i >> 3] = (nullBitmap[i >> 3] ?? 0) | (1 << (i & 7))
  }
  const children = [
    makeData({ type: new Int32(), length, data: id }),
    makeData({ type: new Float64(), length, data: value, nullBitmap }),
  ]
  const data = makeData({ type: new Struct(SCHEMA.fields), length, children })
  return new Table([new RecordBatch(SCHEMA, data)])
}

/** Rows with these ids and one value. */
export function rowsWith(ids: readonly number[], value: number | null = 0): Row[] {
  return ids.map((id) => ({ id, value }))
}

/** The rows of a batch, or of a table. */
export function rowsOf(batch: RecordBatch | Table): Row[] {
  const ids = batch.getChild('id')
  const values = batch.getChild('value')
  return Array.from({ length: batch.numRows }, (_, i) => {
    return { id: ids?.get(i), value: values?.get(i) ?? null }
  })
}

/** The rows under a key now; none when it has no value. */
export function rowsUnder(store: Store, key: Key): Row[] {
  return store.transact((tx) => {
    const batch = tx.get(key)
    return batch instanceof RecordBatch ? rowsOf(batch) : []
  })
}

/** Words of each batch that {@link wordsOf} makes. */
export const WORD_COUNT = 100

/** So many words, in a dictionary that has room for 128. */
export function wordsOf(prefix: string): Table {
  const list = Array.from({ length: WORD_COUNT }, (_, i) => `${prefix}${i}`)
  return new Table({ word: vectorFromArray(list, new Dictionary(new Utf8(), new Int8())) })
}
