import { attach } from 'khonsu'

/** Adds 1 to the counter `count` times, in as many transactions. */
export default function increment(count) {
  const store = attach()
  for (let index = 0; index < count; index++) {
    store.transact((tx) => {
      tx.update('counter', (value) => value + 1)
    })
  }
  return count
}
