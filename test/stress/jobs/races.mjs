/** Races that only one thread may win, at whatever order things happen. */
import { TransactionConflictError } from 'khonsu'
import { randomFrom } from './random.mjs'

/**
 * @typedef {import('khonsu').Store} Store
 * @typedef {object} Race
 * @property {'insert' | 'on call' | 'churn'} task
 * @property {number} seed
 * @property {number} workerIndex
 * @property {number} count keys or pairs
 * @property {number} untilMs
 * @property {import('khonsu').IsolationLevel} isolation
 * @typedef {object} Outcome
 * @property {number[]} won
 * @property {number} commits
 * @property {string[]} faults
 */

/** Nobody wakes who waits here: it only lets others run. */
const pause = new Int32Array(new SharedArrayBuffer(4))

/**
 * Whoever finds a key absent makes it. Each worker tries every key, in an order of its own.
 *
 * @param {Store} store
 * @param {Race} race
 * @returns {Outcome}
 */
function insertIfAbsent(store, { seed, workerIndex, count, isolation }) {
  const random = randomFrom(seed)
  const order = Array.from({ length: count }, (_, i) => i)
  for (let i = count - 1; i > 0; i--) {
    // Only neighbours change places, so that the workers meet.
    const other = Math.max(0, i - (random() % 4))
    const [a, b] = [order[i], order[other]]
    order[i] = /** @type {number} */ (b)
    order[other] = /** @type {number} */ (a)
  }
  const won = order.filter((i) =>
    store.transact(
      (tx) => {
        if (tx.has(['once', i])) return false
        tx.set(['once', i], workerIndex)
        return true
      },
      { isolation },
    ),
  )
  return { won, commits: count, faults: [] }
}

/**
 * Two doctors of a pair may go off call only while the other one is on call. Everything is read
 * before anything is written: at weaker levels both would go.
 *
 * @param {Store} store
 * @param {Race} race
 * @returns {Outcome}
 */
function onCall(store, { seed, count, untilMs, isolation }) {
  const random = randomFrom(seed)
  const outcome = { won: [], commits: 0, faults: /** @type {string[]} */ ([]) }
  const pairs = Array.from({ length: count }, (_, i) => [
    store.ref(`doctor ${i}a`),
    store.ref(`doctor ${i}b`),
  ])
  while (Date.now() < untilMs) {
    const pair = /** @type {import('khonsu').Ref<unknown>[]} */ (pairs[random() % count])
    const me = random() % 2
    /**
     * @param {(ref: import('khonsu').Ref<unknown>) => unknown} get
     * @param {(ref: import('khonsu').Ref<unknown>, value: unknown) => void} set
     */
    const body = (get, set) => {
      const on = pair.map((ref) => get(ref) === true)
      if (!on[0] && !on[1]) outcome.faults.push('nobody was on call')
      // Time for the others to read the same, also where all threads share one core.
      if (random() % 256 === 0) Atomics.wait(pause, 0, 0, 0.1)
      const own = /** @type {import('khonsu').Ref<unknown>} */ (pair[me])
      set(own, !(on[0] && on[1]))
    }
    if (random() % 3 > 0) {
      store.transact(
        (tx) =>
          body(
            (ref) => tx.get(ref),
            (ref, value) => tx.set(ref, value),
          ),
        { isolation },
      )
      outcome.commits++
    } else if (byHand(store, isolation, body)) outcome.commits++
  }
  return { ...outcome, faults: outcome.faults.slice(0, 5) }
}

/**
 * @param {Store} store
 * @param {import('khonsu').IsolationLevel} isolation
 * @param {(get: (ref: import('khonsu').Ref<unknown>) => unknown, set: (ref: import('khonsu').Ref<unknown>, value: unknown) => void) => void} body
 * @returns {boolean} whether it was committed
 */
function byHand(store, isolation, body) {
  const transaction = store.startTransaction({ isolation })
  try {
    body(
      (ref) => transaction.read(ref),
      (ref, value) => transaction.write(ref, value),
    )
    transaction.commit()
    return true
  } catch (error) {
    if (error instanceof TransactionConflictError) return false
    throw error
  } finally {
    transaction.rollback()
  }
}

/** @param {number} i @param {number} times @returns {string} */
function phoenixText(i, times) {
  return `${i}:${times}:${'x'.repeat(times % 500)}`
}

/**
 * Deletes keys and makes them again. A key holds how often it was made; `made` of the result says
 * how often this worker made it.
 *
 * @param {Store} store
 * @param {Race} race
 * @returns {Outcome}
 */
function deleteAndRecreate(store, { seed, count, untilMs, isolation }) {
  const random = randomFrom(seed)
  const won = new Array(count).fill(0)
  const outcome = { won, commits: 0, faults: /** @type {string[]} */ ([]) }
  const refs = Array.from({ length: count }, (_, i) => store.ref(`phoenix ${i}`))
  while (Date.now() < untilMs) {
    const i = random() % count
    const target = random() % 2 === 0 ? `phoenix ${i}` : refs[i]
    const key = /** @type {string} */ (target)
    const made = store.transact(
      (tx) => {
        // The count outlives the key, beside it.
        const times = Number(tx.get(['made', i]) ?? 0)
        if (random() % 256 === 0) Atomics.wait(pause, 0, 0, 0.1)
        const text = tx.get(key)
        if (text !== undefined && text !== phoenixText(i, times)) {
          const found = String(text).slice(0, 20)
          outcome.faults.push(`key ${i} was made ${times} times and holds ${found}`)
        }
        if (text !== undefined) {
          if (!tx.delete(key)) outcome.faults.push(`key ${i} was there and was not`)
          return false
        }
        tx.set(['made', i], times + 1)
        tx.set(key, phoenixText(i, times + 1))
        return true
      },
      { isolation },
    )
    if (made) won[i]++
    outcome.commits++
  }
  return { ...outcome, faults: outcome.faults.slice(0, 5) }
}

/**
 * @param {Store} store
 * @param {Race} race
 * @returns {Outcome}
 */
export function runRace(store, race) {
  if (race.task === 'insert') return insertIfAbsent(store, race)
  return race.task === 'churn' ? deleteAndRecreate(store, race) : onCall(store, race)
}
