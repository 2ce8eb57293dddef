import { attach } from 'khonsu'

/** @typedef {{ head: number, tail: number }} Queue */
/** @typedef {{ limit: number }} Job */

/**
 * Takes jobs until the queue is empty; returns the numbers of those that it took.
 *
 * @param {number} worker
 */
export default function work(worker) {
  const store = attach()
  /** @type {import('khonsu').Ref<Queue>} */
  const queue = store.ref('queue')
  const taken = []
  for (;;) {
    const job = take(store, queue, worker)
    if (job === undefined) return taken
    // The long part is done outside of any transaction: a body may run more than once.
    const primes = countPrimes(job.limit)
    store.transact((tx) => {
      tx.set(['result', job.number], { primes, worker })
      tx.delete(['taken-by', job.number])
    })
    taken.push(job.number)
  }
}

/**
 * Moves the head of the queue and takes the job that was there, in one step. `taken-by` says what
 * has to be done again if this worker should die.
 *
 * @param {import('khonsu').Store} store
 * @param {import('khonsu').Ref<Queue>} queue
 * @param {number} worker
 */
function take(store, queue, worker) {
  return store.transact((tx) => {
    const { head, tail } = tx.get(queue) ?? { head: 0, tail: 0 }
    if (head === tail) return undefined
    const { limit } = /** @type {Job} */ (tx.get(['job', head]))
    tx.delete(['job', head])
    tx.set(['taken-by', head], worker)
    tx.set(queue, { head: head + 1, tail })
    return { number: head, limit }
  })
}

/** @param {number} limit */
function countPrimes(limit) {
  let count = 0
  for (let n = 2; n < limit; n++) {
    let divisor = 2
    while (divisor * divisor <= n && n % divisor !== 0) divisor++
    if (divisor * divisor > n) count++
  }
  return count
}
