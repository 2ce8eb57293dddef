/** Scans: what they take and what comes out. */
import type { ExplicitTransaction, Key, KeyRange, ReadOnlyTransaction, Store, Value } from 'khonsu'
import { expectTypeOf, test } from 'vitest'

declare const store: Store
declare const explicit: ExplicitTransaction
declare const reader: ReadOnlyTransaction

test('a scan gives keys with their values', () => {
  store.transact((tx) => {
    expectTypeOf(tx.scan()).toExtend<Iterable<[Key, Value]>>()
    expectTypeOf(tx.keys({ prefix: 'a' })).toExtend<Iterable<Key>>()
    expectTypeOf(tx.count({ prefix: ['a', 1] })).toBeNumber()
    expectTypeOf(tx.scanInto({}, new Float64Array(1), [])).toBeNumber()
  })
  expectTypeOf(explicit.scan).parameter(0).toEqualTypeOf<KeyRange | undefined>()
  expectTypeOf(reader.scan).parameter(0).toEqualTypeOf<KeyRange | undefined>()
})

test('a range has bounds that are keys', () => {
  expectTypeOf<{ gte: Key; lt: Key; limit: number; reverse: boolean }>().toExtend<KeyRange>()
  store.transact((tx) => {
    // @ts-expect-error A bound is a key.
    tx.count({ gt: {} })
    // @ts-expect-error A number has no beginning.
    tx.count({ prefix: 1 })
    // @ts-expect-error Numbers go into an array of numbers.
    tx.scanInto({}, [])
  })
})
