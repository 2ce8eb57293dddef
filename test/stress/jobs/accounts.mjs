/**
 * Money that moves between accounts while others count it. Every function works on any store: main
 * thread, pool worker, adopted worker.
 */
import { TransactionConflictError } from 'khonsu'
import { randomFrom } from './random.mjs'

/**
 * @typedef {import('khonsu').Store} Store
 * @typedef {import('khonsu').IsolationLevel} IsolationLevel
 * @typedef {import('khonsu').Key | import('khonsu').Ref<number>} Account
 * @typedef {object} Bank
 * @property {number} seed
 * @property {number} count accounts
 * @property {'keys' | 'refs'} form
 * @property {IsolationLevel} isolation
 * @property {number} total
 * @property {number} untilMs in time since the epoch
 * @typedef {object} Tally
 * @property {number} commits
 * @property {number} conflicts of explicit transactions
 * @property {string[]} faults what must not be
 */

/** Faults that are reported in full. */
const FAULTS_MAX = 5

/** @param {Bank} bank @returns {string[]} */
export function keysOf({ count }) {
  return Array.from({ length: count }, (_, i) => `account ${i}`)
}

/** @param {Store} store @param {Bank} bank @returns {Account[]} */
function accountsOf(store, bank) {
  const keys = keysOf(bank)
  return bank.form === 'keys' ? keys : keys.map((key) => store.ref(key))
}

/** @returns {Tally} */
function emptyTally() {
  return { commits: 0, conflicts: 0, faults: [] }
}

/**
 * Counts a conflict, which explicit transactions may have; anything else is a fault.
 *
 * @param {Tally} tally
 * @param {unknown} error
 */
function note(tally, error) {
  if (error instanceof TransactionConflictError) tally.conflicts++
  else report(tally, String(error))
}

/** @param {Tally} tally @param {string} fault */
function report(tally, fault) {
  if (tally.faults.length < FAULTS_MAX) tally.faults.push(fault)
}

/**
 * Moves random amounts between two random accounts; every fourth time by an explicit transaction.
 *
 * @param {Store} store
 * @param {Bank} bank
 * @returns {Tally}
 */
export function move(store, bank) {
  const random = randomFrom(bank.seed)
  const accounts = accountsOf(store, bank)
  const tally = emptyTally()
  while (Date.now() < bank.untilMs) {
    const from = accounts[random() % accounts.length]
    const to = accounts[random() % accounts.length]
    const amount = random() % 100
    if (from === undefined || to === undefined || from === to) continue
    if (random() % 4 === 0) moveByHand(store, bank, from, to, amount, tally)
    else {
      store.transact(
        (tx) => {
          tx.set(
            /** @type {string} */ (from),
            Number(tx.get(/** @type {string} */ (from))) - amount,
          )
          tx.update(/** @type {string} */ (to), (old) => Number(old) + amount)
        },
        { isolation: bank.isolation },
      )
      tally.commits++
    }
  }
  return tally
}

/**
 * @param {Store} store
 * @param {Bank} bank
 * @param {Account} from
 * @param {Account} to
 * @param {number} amount
 * @param {Tally} tally
 */
function moveByHand(store, bank, from, to, amount, tally) {
  const a = /** @type {string} */ (from)
  const b = /** @type {string} */ (to)
  const transaction = store.startTransaction({ isolation: bank.isolation })
  try {
    transaction.write(a, Number(transaction.read(a)) - amount)
    transaction.write(b, Number(transaction.read(b)) + amount)
    transaction.commit()
    tally.commits++
  } catch (error) {
    note(tally, error)
  } finally {
    transaction.rollback()
  }
}

/**
 * Adds all accounts up, at both snapshot levels, in both forms of transactions. Also a sum that is
 * found inside of an attempt that will not commit must be right (I-2).
 *
 * @param {Store} store
 * @param {Bank} bank
 * @returns {Tally}
 */
export function count(store, bank) {
  const accounts = accountsOf(store, bank)
  const tally = emptyTally()
  /** @param {string} where @param {(account: string) => unknown} read */
  const add = (where, read) => {
    let sum = 0
    for (const account of accounts) sum += Number(read(/** @type {string} */ (account)))
    if (sum !== bank.total) report(tally, `${where}: ${sum} instead of ${bank.total}`)
  }
  const levels = /** @type {const} */ (['repeatable-read', 'serializable'])
  for (let i = 0; Date.now() < bank.untilMs; i++) {
    const isolation = levels[i % 2] ?? 'serializable'
    if (i % 4 < 2) {
      store.transact((tx) => add(`transact, ${isolation}`, (key) => tx.get(key)), { isolation })
      tally.commits++
      continue
    }
    const transaction = store.startTransaction({ isolation })
    try {
      add(`startTransaction, ${isolation}`, (key) => transaction.read(key))
      transaction.commit()
      tally.commits++
    } catch (error) {
      note(tally, error)
    } finally {
      transaction.rollback()
    }
  }
  return tally
}
