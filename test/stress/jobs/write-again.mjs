/** Writes each key with the value that it has, which fails on a cell that stays locked. */
import { attach } from 'khonsu'

/**
 * @param {readonly import('khonsu').Key[]} keys
 * @returns {number} how many were written
 */
export default function writeAgain(keys) {
  const store = attach()
  for (const key of keys) {
    store.transact((tx) => tx.set(key, tx.get(key) ?? 0), { timeoutMs: 1_000 })
  }
  return keys.length
}
