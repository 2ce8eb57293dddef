/**
 * One text that is spread over many cells: every transaction replaces all of them, so that whoever
 * reads two texts at once has found half a commit.
 */
import { TransactionConflictError } from 'khonsu'

/** @typedef {import('khonsu').Store} Store */

/** Cells of a banner. More than fit into the access set of a slot. */
export const BANNER_LENGTH = 120

const keys = Array.from({ length: BANNER_LENGTH }, (_, i) => `banner ${i}`)

/** @returns {readonly string[]} */
export function bannerKeys() {
  return keys
}

/** @param {number} version @returns {string} */
export function bannerText(version) {
  return `${version}:${String(version % 10).repeat(20 + (version % 7) * 40)}`
}

/**
 * Writes the next version.
 *
 * @param {Store} store
 * @returns {number} the version
 */
export function replaceBanner(store) {
  return store.transact((tx) => {
    const version = Number(String(tx.get('banner 0')).split(':')[0]) + 1
    const text = bannerText(version)
    for (const key of keys) tx.set(key, text)
    return version
  })
}

/**
 * The faults of what one transaction reads; it does not matter whether it can commit.
 *
 * @param {Store} store
 * @param {{ explicit: boolean, isolation: import('khonsu').IsolationLevel }} how
 * @returns {string[]}
 */
export function readBanner(store, { explicit, isolation }) {
  if (!explicit) {
    return store.transact((tx) => faultsOf(keys.map((key) => tx.get(key))), { isolation })
  }
  const transaction = store.startTransaction({ isolation })
  try {
    return faultsOf(keys.map((key) => transaction.read(key)))
  } catch (error) {
    // A commit that takes long may be met: that is told by an error of its own.
    if (error instanceof TransactionConflictError && error.reason === 'locked') return []
    throw error
  } finally {
    transaction.rollback()
  }
}

/** @param {unknown[]} texts @returns {string[]} */
function faultsOf(texts) {
  const [first] = texts
  const version = Number(String(first).split(':')[0])
  if (first !== bannerText(version)) return [`not whole: ${String(first).slice(0, 80)}`]
  const other = texts.find((text) => text !== first)
  return other === undefined ? [] : [`two texts: ${first} and ${String(other).slice(0, 80)}`]
}
