import { attach } from 'khonsu'

/**
 * Writes so many texts of one length, a hundred in a transaction.
 *
 * @param {{ count: number, length: number }} input
 */
export default function fill({ count, length }) {
  const store = attach()
  const text = 'x'.repeat(length)
  for (let first = 0; first < count; first += 100) {
    store.transact((tx) => {
      for (let i = first; i < first + 100; i++) tx.set(i, text)
    })
  }
}
