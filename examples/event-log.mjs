// @ts-nocheck
/** A log that several threads append to at the same time, and a reader that never sees half an entry. */
import { Khonsu } from 'khonsu'

const WRITERS = 3
const ENTRIES = 400

const khonsu = await Khonsu.open({ workers: WRITERS + 1, memory: 64 * 1024 * 1024 })
try {
  const writer = new URL('./event-log-writer-worker.mjs', import.meta.url)
  const reader = new URL('./event-log-reader-worker.mjs', import.meta.url)
  khonsu.transact((tx) => tx.set('writing', WRITERS))

  const views = khonsu.run(reader, { writers: WRITERS })
  const writing = Array.from({ length: WRITERS }, (_, number) => {
    return khonsu.run(writer, { number, entries: ENTRIES })
  })
  await Promise.all(writing)

  const { whole, broken, outOfOrder } = await views
  console.log(`views that were whole: ${whole > 0}`)
  console.log(`views with a part of an entry: ${broken}, out of order: ${outOfOrder}`)

  const { rows, aborts } = {
    rows: khonsu.transact((tx) => tx.table('log').numRows),
    aborts: khonsu.stats().aborts.total,
  }
  console.log(`${rows} events of ${WRITERS * ENTRIES} entries, attempts that failed: ${aborts}`)
} finally {
  await khonsu.close()
}
