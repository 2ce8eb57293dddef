import type { ExplicitTransaction, Key, ReadOnlyTransaction, Ref, Transaction, Value } from 'khonsu'
import type { RecordedTransaction } from 'khonsu/history'
import { describe, expectTypeOf, it } from 'vitest'

declare const tx: Transaction
declare const explicit: ExplicitTransaction
declare const recorded: RecordedTransaction
declare const readOnly: ReadOnlyTransaction
declare const numbers: Ref<number>
declare const bigints: Ref<bigint>
declare const texts: Ref<string>
declare const anything: Ref<Value>

describe('add, max and min', () => {
  it('take numbers and bigints for keys', () => {
    const key: Key = ['a', 1]
    expectTypeOf(tx.add('key', 1)).toEqualTypeOf<void>()
    expectTypeOf(tx.max(key, 1n)).toEqualTypeOf<void>()
    explicit.min(key, 1)
    recorded.add('key', 1n)
    // @ts-expect-error no number
    tx.add('key', '1')
    // @ts-expect-error no number
    explicit.max('key', undefined)
    // @ts-expect-error nothing to add
    tx.add('key')
  })

  it('take for a ref what it holds', () => {
    tx.add(numbers, 1)
    tx.max(bigints, 1n)
    explicit.min(numbers, 1)
    recorded.add(bigints, 1n)
    // @ts-expect-error a bigint for numbers
    tx.add(numbers, 1n)
    // @ts-expect-error a number for bigints
    explicit.max(bigints, 1)
  })

  it('take no refs of other values', () => {
    // @ts-expect-error texts
    tx.add(texts, 1)
    // @ts-expect-error it may hold anything
    tx.min(anything, 1)
  })

  it('do not compile where a transaction only reads', () => {
    // @ts-expect-error a write
    readOnly.add('key', 1)
    // @ts-expect-error a write
    readOnly.max(numbers, 1)
  })
})
