import assert from 'node:assert/strict'

const WORKER_COUNT = 2
const INCREMENT_COUNT = 1000

/** What a user does: open a store, let two workers change one counter, read it, close. */
export async function run({ Khonsu }) {
  const khonsu = await Khonsu.open({ workers: WORKER_COUNT, memory: 64 * 1024 * 1024 })
  khonsu.transact((tx) => {
    tx.set('counter', 0)
  })
  await khonsu.runAll(new URL('./job.mjs', import.meta.url), INCREMENT_COUNT)
  const counter = khonsu.transact((tx) => tx.get('counter'))
  await khonsu.close()
  assert.equal(counter, WORKER_COUNT * INCREMENT_COUNT)
}
