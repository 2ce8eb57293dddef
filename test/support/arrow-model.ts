import type { RecordBatch } from 'apache-arrow'
import { plain } from './arrow-data.ts'

type Row = readonly unknown[]

/** The rows of a batch as plain values, read through apache-arrow. */
export function rowsOf(batch: RecordBatch): Row[] {
  const columns = batch.schema.fields.map((_, i) => plain(batch.getChildAt(i)) as unknown[])
  return Array.from({ length: batch.numRows }, (_, row) => columns.map((column) => column[row]))
}

/** What merging by key has to come to, one row after another. */
export function merged(base: RecordBatch, delta: RecordBatch, on: readonly string[]): Row[] {
  const rows = rowsOf(base)
  const keyOf = keyReader(base, on)
  const placeOf = new Map(rows.map((row, place) => [keyOf(row), place]))
  for (const row of rowsOf(delta)) {
    const place = placeOf.get(keyOf(row)) ?? rows.length
    placeOf.set(keyOf(row), place)
    rows[place] = row
  }
  return rows
}

/** What is left when the rows with some keys go. */
export function deleted(base: RecordBatch, keys: RecordBatch, on: readonly string[]): Row[] {
  const keyOf = keyReader(base, on)
  const gone = new Set(rowsOf(keys).map(keyReader(keys, on)))
  return rowsOf(base).filter((row) => !gone.has(keyOf(row)))
}

function keyReader(batch: RecordBatch, on: readonly string[]): (row: Row) => string {
  const places = on.map((name) => batch.schema.fields.findIndex((field) => field.name === name))
  return (row) => JSON.stringify(places.map((place) => plainKey(row[place])))
}

/** JSON has no NaN. */
function plainKey(value: unknown): unknown {
  return Number.isNaN(value) ? 'NaN' : value
}
