import { Field, Float64, Int32, makeData, RecordBatch, Schema, Struct } from 'apache-arrow'
import { attach } from '../../src/index.ts'

/** What one worker appends. */
export interface AppendJobInput {
  readonly key: string
  /** Written with each row, to tell the writers apart. */
  readonly writer: number
  /** The number of the first row of this worker. */
  readonly first: number
  readonly seconds: number
}

/** What it has appended. */
export interface AppendTally {
  readonly appended: number
  readonly seconds: number
}

const SCHEMA = new Schema([
  new Field('writer', new Int32(), false),
  new Field('number', new Float64(), false),
])

/** One row, or several with rising numbers, of one writer. */
export function numberedRows(writer: number, first: number, count: number): RecordBatch {
  const writers = new Int32Array(count).fill(writer)
  const numbers = Float64Array.from({ length: count }, (_, i) => first + i)
  const children = [
    makeData({ type: new Int32(), length: count, data: writers }),
    makeData({ type: new Float64(), length: count, data: numbers }),
  ]
  const type = new Struct(SCHEMA.fields)
  return new RecordBatch(SCHEMA, makeData({ type, length: count, children }))
}

/** Appends rows, one in a transaction, for so many seconds. */
export default function appendRows({ key, writer, first, seconds }: AppendJobInput): AppendTally {
  const store = attach()
  const startedMs = performance.now()
  const endMs = startedMs + seconds * 1000
  let appended = 0
  while (performance.now() < endMs) {
    const row = numberedRows(writer, first + appended, 1)
    store.transact((tx) => tx.append(key, row))
    appended++
  }
  return { appended, seconds: (performance.now() - startedMs) / 1000 }
}
