import { attach } from 'khonsu'

const AMOUNT_MAX = 50

/**
 * Moves money between random accounts, one transaction a transfer.
 *
 * @param {{ accounts: number, transfers: number }} input
 * @returns {number} transfers that were refused for lack of money
 */
export default function moveMoney({ accounts, transfers }) {
  const store = attach()
  const refs = store.refs(Array.from({ length: accounts }, (_, account) => ['account', account]))
  let refused = 0
  for (let i = 0; i < transfers; i++) {
    const from = Math.floor(Math.random() * accounts)
    const to = Math.floor(Math.random() * accounts)
    const amount = Math.ceil(Math.random() * AMOUNT_MAX)
    const moved = store.transact((tx) => {
      const balance = Number(tx.getAt(refs, from))
      if (balance < amount) return false
      tx.setAt(refs, from, balance - amount)
      tx.setAt(refs, to, Number(tx.getAt(refs, to)) + amount)
      return true
    })
    if (!moved) refused++
  }
  return refused
}
