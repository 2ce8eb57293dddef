// @ts-nocheck
/** A document that two workers fill in at the same time, merged field by field. */
import { Khonsu } from 'khonsu'

const PARTS = { trip: ['from', 'to', 'day'], people: ['driver', 'guests'] }
const EDITS = 300

const khonsu = await Khonsu.open({ workers: 2, memory: 64 * 1024 * 1024 })
try {
  khonsu.transact((tx) => tx.set('plan', { title: 'Excursion' }))
  const job = new URL('./document-worker.mjs', import.meta.url)
  const names = Object.keys(PARTS)
  await khonsu.runAll(job, (worker) => ({ fields: PARTS[names[worker]], edits: EDITS }))

  const plan = khonsu.transact((tx) => tx.get('plan'))
  for (const [field, value] of Object.entries(plan).sort()) console.log(`${field}: ${value}`)
} finally {
  await khonsu.close()
}
