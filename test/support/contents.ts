import type { Key, Store } from 'khonsu'
import { expect } from 'vitest'

/** The values of some keys, read in one transaction. */
export function contents(store: Store, keys: readonly Key[]): unknown[] {
  return store.transact((tx) => keys.map((key) => tx.get(key)))
}

/** Does something that must fail, and makes sure that it changed none of the keys and locked none. */
export function changingNothing<R>(store: Store, keys: readonly Key[], action: () => R): R {
  const before = contents(store, keys)
  const result = action()
  expect(contents(store, keys)).toEqual(before)
  expectWritable(store, keys)
  expect(contents(store, keys)).toEqual(before)
  return result
}

/** Writes each key with the value that it has: fails on a cell that is still locked. */
export function expectWritable(store: Store, keys: readonly Key[]): void {
  for (const key of keys) {
    store.transact(
      (tx) => {
        const value = tx.get(key)
        if (value !== undefined) tx.set(key, value)
      },
      { timeoutMs: 3_000 },
    )
  }
}
