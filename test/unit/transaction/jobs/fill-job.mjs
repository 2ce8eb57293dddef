import { ArenaFullError, attach } from 'khonsu'

/**
 * Writes texts of this length under new keys until the arena is full; how many.
 *
 * @param {number} length
 */
export default function fill(length) {
  const store = attach()
  for (let count = 0; ; count++) {
    try {
      store.transact((tx) => tx.set(`full:${count}`, 'x'.repeat(length)))
    } catch (error) {
      if (error instanceof ArenaFullError) return count
      throw error
    }
  }
}
