import { Field, Int32, makeData, RecordBatch, Schema, Struct } from 'apache-arrow'
import { attach } from 'khonsu'

const SCHEMA = new Schema([
  new Field('writer', new Int32(), false),
  new Field('number', new Int32(), false),
])

/**
 * Rows of one writer with rising numbers.
 *
 * @param {number} writer
 * @param {number} first
 * @param {number} count
 */
function rows(writer, first, count) {
  const columns = [
    new Int32Array(count).fill(writer),
    Int32Array.from({ length: count }, (_, i) => first + i),
  ]
  const children = columns.map((data) => makeData({ type: new Int32(), length: count, data }))
  return new RecordBatch(
    SCHEMA,
    makeData({ type: new Struct(SCHEMA.fields), length: count, children }),
  )
}

/**
 * Appends groups of one to five rows for some time, each group and the count of all of them in one
 * transaction, at one level or another.
 *
 * @param {{ writer: number, untilMs: number, seed: number }} input
 * @returns the number of rows.
 */
export default function append({ writer, untilMs, seed }) {
  const store = attach()
  const levels = /** @type {const} */ (['read-committed', 'repeatable-read', 'serializable'])
  let random = seed
  let appended = 0
  while (Date.now() < untilMs) {
    random = (Math.imul(random, 1664525) + 1013904223) >>> 0
    const count = 1 + ((random >>> 8) % 5)
    const isolation = levels[(random >>> 16) % 3]
    const batch = rows(writer, appended, count)
    store.transact(
      (tx) => {
        tx.append('log', batch)
        tx.add('count', count)
      },
      isolation === undefined ? {} : { isolation },
    )
    appended += count
  }
  return appended
}
