import { attach } from 'khonsu'
import doomedWork from './doomed-work.mjs'

/**
 * Works for a while; then ends its thread, in the middle of a transaction or after one.
 *
 * @param {{ bank: import('./accounts.mjs').Bank, end: 'in a body' | 'after a body' | 'never' }} input
 * @returns {string}
 */
export default function doomedJob({ bank, end }) {
  const store = attach()
  const step = doomedWork(store, bank)
  while (Date.now() < bank.untilMs) step()
  if (end === 'after a body') process.exit(7)
  if (end === 'never') return 'survived'
  return store.transact((tx) => {
    tx.set('account 0', -1_000_000)
    tx.set('banner 3', 'half a commit')
    process.exit(7)
  })
}
