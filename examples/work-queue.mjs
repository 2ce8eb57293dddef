// @ts-nocheck
/** A queue in the store: workers take jobs from it, in order, each job exactly once. */
import { Khonsu } from 'khonsu'

const JOBS = 60

const khonsu = await Khonsu.open({ workers: 3, memory: 64 * 1024 * 1024 })
try {
  khonsu.transact((tx) => {
    for (let n = 0; n < JOBS; n++) tx.set(['job', n], { limit: 20_000 + n })
    tx.set('queue', { head: 0, tail: JOBS })
  })

  const job = new URL('./work-queue-worker.mjs', import.meta.url)
  const taken = await khonsu.runAll(job, (worker) => worker)

  const results = khonsu.transact((tx) =>
    Array.from({ length: JOBS }, (_, n) => tx.get(['result', n])),
  )
  const inOrder = taken.every((list) => list.every((n, i) => i === 0 || n > list[i - 1]))
  const distinct = new Set(taken.flat()).size
  console.log(`${taken.flat().length} jobs taken, ${distinct} different ones, in order: ${inOrder}`)
  console.log(`primes below 20000: ${results[0].primes}`)
} finally {
  await khonsu.close()
}
