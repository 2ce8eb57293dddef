/**
 * Purses whose money lies under a name that changes with every move: the cells of names are deleted,
 * recycled and made again all the time. Every function works on any store.
 */
import { randomFrom } from './random.mjs'

/**
 * @typedef {import('khonsu').Store} Store
 * @typedef {object} Purses
 * @property {number} seed
 * @property {number} count
 * @property {number} untilMs in time since the epoch
 * @typedef {object} Tally
 * @property {number} commits
 * @property {string[]} faults what must not be
 */

const FAULTS_MAX = 5
const MONEY_EACH = 1_000
/** Names there are for each purse. */
const NAMES_EACH = 4
/** Milliseconds for which a worker that the machine has starved goes on for its first commit. */
const PATIENCE_MS = 10_000

/** @param {number} purse */
const nameKey = (purse) => `purse ${purse}`

/** @param {number} name @returns {import('khonsu').Key} */
const moneyKey = (name) => ['money', name]

/**
 * @param {Store} store
 * @param {Purses} purses
 */
export function endow(store, purses) {
  store.transact((tx) => {
    for (let purse = 0; purse < purses.count; purse++) {
      tx.set(nameKey(purse), purse)
      tx.set(moneyKey(purse), MONEY_EACH)
    }
  })
}

/** @param {Purses} purses @param {Tally} tally */
function isTime({ untilMs }, { commits }) {
  return Date.now() < (commits === 0 ? untilMs + PATIENCE_MS : untilMs)
}

/**
 * Moves money between two purses, which both get new names.
 *
 * @param {Store} store
 * @param {Purses} purses
 * @returns {Tally}
 */
export function rename(store, purses) {
  const random = randomFrom(purses.seed)
  /** @type {Tally} */
  const tally = { commits: 0, faults: [] }
  const nameCount = purses.count * NAMES_EACH
  while (isTime(purses, tally)) {
    const from = random() % purses.count
    const to = (from + 1 + (random() % (purses.count - 1))) % purses.count
    const amount = random() % 100
    const first = random() % nameCount
    const second = random() % nameCount
    store.transact((tx) => {
      for (const [purse, wanted, change] of [
        [from, first, -amount],
        [to, second, amount],
      ]) {
        const key = nameKey(Number(purse))
        const old = Number(tx.get(key))
        const money = tx.get(moneyKey(old))
        if (typeof money !== 'number') report(tally, `${key} has no money under ${old}`)
        let name = Number(wanted)
        while (tx.has(moneyKey(name))) name = (name + 1) % nameCount
        tx.delete(moneyKey(old))
        tx.set(moneyKey(name), Number(money) + Number(change))
        tx.set(key, name)
      }
    })
    tally.commits++
  }
  return tally
}

/**
 * Adds everything up, in snapshots of both kinds; at least once.
 *
 * @param {Store} store
 * @param {Purses} purses
 * @returns {Tally}
 */
export function audit(store, purses) {
  /** @type {Tally} */
  const tally = { commits: 0, faults: [] }
  const levels = /** @type {const} */ (['serializable', 'repeatable-read'])
  do {
    const isolation = levels[tally.commits % 2] ?? 'serializable'
    store.transact(
      (tx) => {
        let sum = 0
        let named = 0
        for (let purse = 0; purse < purses.count; purse++) {
          sum += Number(tx.get(moneyKey(Number(tx.get(nameKey(purse))))))
        }
        for (let name = 0; name < purses.count * NAMES_EACH; name++) {
          if (tx.has(moneyKey(name))) named++
        }
        if (sum !== purses.count * MONEY_EACH) report(tally, `${isolation}: a sum of ${sum}`)
        if (named !== purses.count) report(tally, `${isolation}: ${named} names`)
      },
      { isolation },
    )
    tally.commits++
  } while (isTime(purses, tally))
  return tally
}

/** @param {Tally} tally @param {string} fault */
function report(tally, fault) {
  if (tally.faults.length < FAULTS_MAX) tally.faults.push(fault)
}
