/** A store that is nearly full all the time: whatever fails for want of room leaves no trace. */
import { ArenaFullError, TransactionConflictError } from 'khonsu'
import { randomFrom } from './random.mjs'

/**
 * @typedef {import('khonsu').Store} Store
 * @typedef {{ seed: number, untilMs: number }} Plan
 * @typedef {{ commits: number, full: number, faults: string[] }} Tally
 */

/** Accounts, whose balances are texts, so that every transfer needs blocks. */
export const ACCOUNT_COUNT = 40
export const BALANCE = 1_000
/** Blobs that may be there, each twice. */
export const BLOB_COUNT = 60

const BLOB_LENGTH_MAX = 200_000

/** @param {number} amount @returns {string} */
export function balanceText(amount) {
  return `${amount} ${'.'.repeat(Math.abs(amount) % 90)}`
}

/** @param {unknown} text @returns {number} */
export function amountOf(text) {
  const amount = Number.parseInt(String(text), 10)
  return text === balanceText(amount) ? amount : Number.NaN
}

/** @param {Store} store @param {Plan} plan @returns {Tally} */
export function crowd(store, { seed, untilMs }) {
  const random = randomFrom(seed)
  const tally = { commits: 0, full: 0, faults: /** @type {string[]} */ ([]) }
  const actions = [
    transfer,
    transfer,
    transfer,
    addBlob,
    addBlob,
    dropBlob,
    lookAtBlob,
    count,
    count,
  ]
  while (Date.now() < untilMs) {
    const action = actions[random() % actions.length] ?? count
    try {
      const fault = action(store, random)
      if (fault !== undefined) tally.faults.push(fault)
      tally.commits++
    } catch (error) {
      if (error instanceof ArenaFullError) tally.full++
      else if (!(error instanceof TransactionConflictError)) {
        tally.faults.push(error instanceof Error ? String(error.stack) : String(error))
      }
    }
  }
  return { ...tally, faults: tally.faults.slice(0, 5) }
}

/** @param {Store} store @param {() => number} random @returns {string | undefined} */
function transfer(store, random) {
  const [from, to, amount] = [random() % ACCOUNT_COUNT, random() % ACCOUNT_COUNT, random() % 50]
  if (from === to) return undefined
  return store.transact((tx) => {
    const [a, b] = [amountOf(tx.get(['account', from])), amountOf(tx.get(['account', to]))]
    if (Number.isNaN(a + b)) return 'a balance that nobody wrote'
    tx.set(['account', from], balanceText(a - amount))
    tx.set(['account', to], balanceText(b + amount))
    return undefined
  })
}

/** @param {Store} store @param {() => number} random @returns {undefined} */
function addBlob(store, random) {
  const i = random() % BLOB_COUNT
  const bytes = new Uint8Array(1 + (random() % BLOB_LENGTH_MAX)).fill(random())
  store.transact((tx) => {
    tx.set(['blob', i], bytes)
    tx.set(['copy', i], bytes)
  })
}

/** @param {Store} store @param {() => number} random @returns {undefined} */
function dropBlob(store, random) {
  const i = random() % BLOB_COUNT
  store.transact((tx) => {
    tx.delete(['blob', i])
    tx.delete(['copy', i])
  })
}

/** @param {Store} store @param {() => number} random @returns {string | undefined} */
function lookAtBlob(store, random) {
  const i = random() % BLOB_COUNT
  const [blob, copy] = store.transact((tx) => [tx.get(['blob', i]), tx.get(['copy', i])])
  if (blob === undefined && copy === undefined) return undefined
  const bytes = /** @type {Uint8Array} */ (blob)
  const same = Buffer.compare(bytes, /** @type {Uint8Array} */ (copy)) === 0
  return same && bytes.every((byte) => byte === bytes[0]) ? undefined : 'a blob that is not whole'
}

/** @param {Store} store @param {() => number} random @returns {string | undefined} */
function count(store, random) {
  const transaction = store.startTransaction({ isolation: 'repeatable-read' })
  try {
    let sum = 0
    for (let i = 0; i < ACCOUNT_COUNT; i++) sum += amountOf(transaction.read(['account', i]))
    if (random() % 4 === 0) Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 2)
    return sum === ACCOUNT_COUNT * BALANCE ? undefined : `the sum is ${sum}`
  } finally {
    transaction.rollback()
  }
}
