/** A thread of your own, outside of the pool, reads whole snapshots while others write. */
import { once } from 'node:events'
import { setImmediate as turn } from 'node:timers/promises'
import { Worker } from 'node:worker_threads'
import { Khonsu } from 'khonsu'

const CELLS = 200
const RUN_MS = 500

const khonsu = await Khonsu.open({ workers: 0, memory: 64 * 1024 * 1024 })
try {
  khonsu.transact((tx) => {
    for (let cell = 0; cell < CELLS; cell++) tx.set(cell, 0)
  })

  const reader = new Worker(new URL('./snapshot-reader-worker.mjs', import.meta.url), {
    workerData: { handle: khonsu.share(), cells: CELLS },
  })
  // Whatever happens to that thread, what it leaves in the store is cleaned up.
  khonsu.adopt(reader)
  await once(reader, 'message')

  let writes = 0
  const endMs = performance.now() + RUN_MS
  while (performance.now() < endMs) {
    for (let i = 0; i < 100; i++) writes += shift()
    await turn()
  }
  reader.postMessage('finish')
  const [{ snapshots, broken }] = await once(reader, 'message')
  console.log(`snapshots and writes happened: ${snapshots > 0 && writes > 0}`)
  console.log(`snapshots that did not add up: ${broken}`)

  // The reader now holds an open transaction; ending the thread ends the transaction too.
  await reader.terminate()
  const unfinished = khonsu.transact((tx) => tx.get(0)) === 1_000_000
  console.log(`its unfinished write is visible: ${unfinished}`)
} finally {
  await khonsu.close()
}

/** Takes from one cell what it adds to another. */
function shift() {
  const from = Math.floor(Math.random() * CELLS)
  const to = (from + 1) % CELLS
  khonsu.transact((tx) => {
    tx.update(from, (old) => Number(old) - 1)
    tx.update(to, (old) => Number(old) + 1)
  })
  return 2
}
