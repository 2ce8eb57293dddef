/**
 * Money that moves between accounts while others count it. Every function works on any store: main
 * thread, pool worker, adopted worker.
 */
import { record, TransactionConflictError } from 'khonsu'
import { randomFrom } from './random.mjs'

/**
 * @typedef {import('khonsu').Store} Store
 * @typedef {import('khonsu').IsolationLevel} IsolationLevel
 * @typedef {{ readonly balance: number, readonly moves: number }} Balance
 * @typedef {import('khonsu').Key | import('khonsu').Ref<number>} Account
 * @typedef {object} Bank
 * @property {number} seed
 * @property {number} count accounts
 * @property {'keys' | 'refs' | 'records'} form
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

const BALANCE = record({ balance: 'float64', moves: 'uint32' })

/** @param {Store} store @param {Bank} bank @returns {Account[]} */
function accountsOf(store, bank) {
  const keys = keysOf(bank)
  return bank.form === 'keys' ? keys : keys.map((key) => store.ref(key))
}

/** @param {Store} store @param {Bank} bank @returns {import('khonsu').Ref<Balance>[]} */
function recordsOf(store, bank) {
  return keysOf(bank).map((key) => store.ref(key, BALANCE, { balance: 0, moves: 0 }))
}

/**
 * Gives every account its share of the total.
 *
 * @param {Store} store
 * @param {Bank} bank
 */
export function endow(store, bank) {
  const balance = bank.total / bank.count
  store.transact((tx) => {
    if (bank.form === 'records') {
      for (const ref of recordsOf(store, bank)) tx.set(ref, { balance, moves: 0 })
    } else {
      for (const key of keysOf(bank)) tx.set(key, balance)
    }
  })
}

/** @param {Store} store @param {Bank} bank @returns {number} the sum of all accounts, now */
export function sumOf(store, bank) {
  const sum = sumWith(store, bank)
  return store.transact((tx) => sum((account) => tx.get(account)))
}

/**
 * @param {Store} store
 * @param {Bank} bank
 * @returns {(read: (account: never) => unknown) => number} adds up what all accounts hold
 */
function sumWith(store, bank) {
  if (bank.form === 'records') {
    const records = recordsOf(store, bank)
    return (read) => {
      let sum = 0
      for (const ref of records) {
        sum += /** @type {Balance} */ (read(/** @type {never} */ (ref))).balance
      }
      return sum
    }
  }
  const accounts = accountsOf(store, bank)
  return (read) => {
    let sum = 0
    for (const account of accounts) sum += Number(read(/** @type {never} */ (account)))
    return sum
  }
}

/** Milliseconds for which a worker that the machine has starved goes on for its first commit. */
const PATIENCE_MS = 10_000

/** @param {Bank} bank @param {Tally} tally @returns {boolean} whether to go on */
function isTime({ untilMs }, { commits }) {
  return Date.now() < (commits === 0 ? untilMs + PATIENCE_MS : untilMs)
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
 * Runs a body in a transaction that is ended by hand.
 *
 * @param {Store} store
 * @param {import('khonsu').IsolationLevel} isolation
 * @param {Tally} tally
 * @param {(transaction: import('khonsu').ExplicitTransaction) => void} body
 */
function byHand(store, isolation, tally, body) {
  const transaction = store.startTransaction({ isolation })
  try {
    body(transaction)
    transaction.commit()
    tally.commits++
  } catch (error) {
    note(tally, error)
  } finally {
    transaction.rollback()
  }
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
  const tally = emptyTally()
  const mover = bank.form === 'records' ? recordMover(store, bank) : numberMover(store, bank)
  while (isTime(bank, tally)) {
    const from = random() % bank.count
    const to = random() % bank.count
    const amount = random() % 100
    if (from !== to) mover(from, to, amount, random() % 4 === 0, tally)
  }
  return tally
}

/**
 * @param {Store} store
 * @param {Bank} bank
 * @returns {(from: number, to: number, amount: number, hand: boolean, tally: Tally) => void}
 */
function numberMover(store, { isolation, ...bank }) {
  const accounts = /** @type {string[]} */ (accountsOf(store, { isolation, ...bank }))
  return (from, to, amount, hand, tally) => {
    const a = /** @type {string} */ (accounts[from])
    const b = /** @type {string} */ (accounts[to])
    if (hand) {
      byHand(store, isolation, tally, (transaction) => {
        transaction.write(a, Number(transaction.read(a)) - amount)
        transaction.write(b, Number(transaction.read(b)) + amount)
      })
      return
    }
    const body = (/** @type {import('khonsu').Transaction} */ tx) => {
      tx.set(a, Number(tx.get(a)) - amount)
      tx.update(b, (old) => Number(old) + amount)
    }
    store.transact(body, { isolation })
    tally.commits++
  }
}

/**
 * @param {Store} store
 * @param {Bank} bank
 * @returns {(from: number, to: number, amount: number, hand: boolean, tally: Tally) => void}
 */
function recordMover(store, bank) {
  const { isolation } = bank
  const accounts = recordsOf(store, bank)
  return (from, to, amount, hand, tally) => {
    const a = /** @type {import('khonsu').Ref<Balance>} */ (accounts[from])
    const b = /** @type {import('khonsu').Ref<Balance>} */ (accounts[to])
    if (hand) {
      byHand(store, isolation, tally, (transaction) => {
        const source = /** @type {Balance} */ (transaction.read(a))
        const target = /** @type {Balance} */ (transaction.read(b))
        transaction.write(a, { balance: source.balance - amount, moves: source.moves + 1 })
        transaction.write(b, { balance: target.balance + amount, moves: target.moves + 1 })
      })
      return
    }
    store.transact(
      (tx) => {
        moveInPlace(tx, a, -amount)
        moveInPlace(tx, b, amount)
      },
      { isolation },
    )
    tally.commits++
  }
}

/**
 * @param {import('khonsu').Transaction} tx
 * @param {import('khonsu').Ref<Balance>} account
 * @param {number} amount
 */
function moveInPlace(tx, account, amount) {
  const view = tx.modify(account)
  view.balance += amount
  view.moves += 1
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
  const tally = emptyTally()
  const sumUp = sumWith(store, bank)
  /** @param {string} where @param {(account: never) => unknown} read */
  const add = (where, read) => {
    const sum = sumUp(read)
    if (sum !== bank.total) report(tally, `${where}: ${sum} instead of ${bank.total}`)
  }
  const levels = /** @type {const} */ (['repeatable-read', 'serializable'])
  for (let i = 0; isTime(bank, tally); i++) {
    const isolation = levels[i % 2] ?? 'serializable'
    if (i % 4 < 2) {
      store.transact((tx) => add(`transact, ${isolation}`, (key) => tx.get(key)), { isolation })
      tally.commits++
    } else {
      byHand(store, isolation, tally, (transaction) => {
        add(`startTransaction, ${isolation}`, (key) => transaction.read(key))
      })
    }
  }
  return tally
}
