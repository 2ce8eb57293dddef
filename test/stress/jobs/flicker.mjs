/** Tight loops around the few instructions in which a commit becomes visible. */
import { TransactionConflictError } from 'khonsu'

/**
 * @typedef {import('khonsu').Store} Store
 * @typedef {object} Setup
 * @property {'flicker' | 'insert' | 'pair'} task
 * @property {Int32Array} progress pairs that were inserted
 * @property {number} pairCount
 * @property {number} untilMs
 */

const VALUES = [12_345_678.5, 'abc'.repeat(30), 7n, null, '€uro', true, { json: [1, 2, 3] }]
const WHOLE = new Set(VALUES.map(describe))

/** @param {unknown} value @returns {string} */
function describe(value) {
  return typeof value === 'bigint' ? `${value}n` : `${typeof value} ${JSON.stringify(value)}`
}

/** @param {Store} store @param {Setup} setup */
function flicker(store, setup) {
  const ref = store.ref('flicker')
  while (Date.now() < setup.untilMs) {
    for (const value of VALUES) store.transact((tx) => tx.set(ref, value))
  }
}

/** @param {Store} store @param {Setup} setup */
function insertPairs(store, { pairCount, progress, untilMs }) {
  const pairs = pairsOf(store, pairCount)
  for (const [i, [a, b]] of pairs.entries()) {
    store.transact((tx) => {
      tx.set(b, i + 1)
      tx.set(a, i + 1)
    })
    Atomics.store(progress, 0, i + 1)
    if (i % 1_000 === 0 && Date.now() > untilMs) break
  }
  Atomics.store(progress, 0, pairCount)
}

/**
 * @param {Store} store
 * @param {number} pairCount
 * @returns {[import('khonsu').Ref<unknown>, import('khonsu').Ref<unknown>][]}
 */
function pairsOf(store, pairCount) {
  return Array.from({ length: pairCount }, (_, i) => [store.ref(['a', i]), store.ref(['b', i])])
}

/** @param {Store} store @param {Setup} setup */
function writePair(store, setup) {
  const [a, b] = [store.ref('left'), store.ref('right')]
  for (let i = 1; i % 256 !== 0 || Date.now() < setup.untilMs; i++) {
    store.transact((tx) => {
      tx.set(a, i)
      tx.set(b, i)
    })
  }
}

/**
 * Reads two cells that are always written together, without anything else in between.
 *
 * @param {Store} store
 * @param {number} untilMs
 * @returns {string[]}
 */
export function watchPair(store, untilMs) {
  const [a, b] = [store.ref('left'), store.ref('right')]
  const levels = /** @type {const} */ (['repeatable-read', 'serializable'])
  /** @type {string[]} */
  const faults = []
  for (let i = 0; i % 256 !== 0 || Date.now() < untilMs; i++) {
    const isolation = levels[i % 2] ?? 'serializable'
    attempt(store, { isolation, explicit: i % 8 === 0 }, (read) => {
      const [left, right] = [read(a), read(b)]
      if (left !== right && faults.length < 5) faults.push(`${isolation}: ${left} and ${right}`)
    })
  }
  return faults
}

/** @param {Store} store @param {Setup} setup */
export function work(store, setup) {
  if (setup.task === 'flicker') flicker(store, setup)
  else if (setup.task === 'pair') writePair(store, setup)
  else insertPairs(store, setup)
}

/**
 * Reads the cell that changes its kind; the values that nobody wrote.
 *
 * @param {Store} store
 * @param {number} untilMs
 * @returns {string[]}
 */
export function watchFlicker(store, untilMs) {
  const ref = store.ref('flicker')
  const levels = /** @type {const} */ (['read-committed', 'repeatable-read', 'serializable'])
  /** @type {Set<string>} */
  const faults = new Set()
  for (let i = 0; Date.now() < untilMs; i++) {
    const isolation = levels[i % 3] ?? 'serializable'
    const explicit = i % 2 === 0
    /** @param {unknown} value */
    const check = (value) => {
      const text = describe(value)
      if (!WHOLE.has(text))
        faults.add(`${isolation} ${explicit ? 'explicit' : 'transact'}: ${text}`)
    }
    attempt(store, { isolation, explicit }, (read) => {
      for (let times = 0; times < 200; times++) check(read(ref))
    })
  }
  return [...faults].slice(0, 5)
}

/**
 * Reads pairs that are being inserted, each snapshot both or none.
 *
 * @param {Store} store
 * @param {Setup} setup
 * @returns {string[]}
 */
export function watchPairs(store, { pairCount, progress }) {
  const pairs = pairsOf(store, pairCount)
  const levels = /** @type {const} */ (['repeatable-read', 'serializable'])
  /** @type {string[]} */
  const faults = []
  for (let round = 0; Atomics.load(progress, 0) < pairCount; round++) {
    const isolation = levels[round % 2] ?? 'serializable'
    const explicit = round % 8 !== 0
    attempt(store, { isolation, explicit }, (read) => {
      const next = Atomics.load(progress, 0)
      for (const [a, b] of pairs.slice(next, next + 3)) {
        const seen = [read(a), read(b)]
        if (seen[0] !== seen[1] && faults.length < 5) {
          faults.push(`${isolation} ${explicit ? 'explicit' : 'transact'}: ${seen.map(describe)}`)
        }
      }
    })
  }
  return faults
}

/**
 * @param {Store} store
 * @param {{ isolation: import('khonsu').IsolationLevel, explicit: boolean }} how
 * @param {(read: (ref: import('khonsu').Ref<unknown>) => unknown) => void} body
 */
function attempt(store, { isolation, explicit }, body) {
  if (!explicit) {
    store.transact((tx) => body((ref) => tx.get(ref)), { isolation })
    return
  }
  const transaction = store.startTransaction({ isolation })
  try {
    body((ref) => transaction.read(ref))
  } catch (error) {
    if (!(error instanceof TransactionConflictError)) throw error
  } finally {
    transaction.rollback()
  }
}
