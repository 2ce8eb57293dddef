import type { RecordBatch, Table } from 'apache-arrow'
import type { ExplicitTransaction, Merge, Ref, SetOptions, Store, Transaction, Value } from 'khonsu'
import { describe, expectTypeOf, it } from 'vitest'

declare const store: Store
declare const tx: Transaction
declare const explicit: ExplicitTransaction
declare const numbers: Ref<number>
declare const rows: Table

type Plan = { readonly title: string; readonly days: number }

describe('defineMerge', () => {
  it('gives any value, or that of the type that is named', () => {
    store.defineMerge('any', (base, theirs, mine) => {
      expectTypeOf(base).toEqualTypeOf<Value | undefined>()
      expectTypeOf(theirs).toEqualTypeOf<Value | undefined>()
      return mine
    })
    store.defineMerge<Plan>('plan', (base, theirs, mine) => {
      expectTypeOf(base).toEqualTypeOf<Plan | undefined>()
      return theirs && { ...theirs, days: mine?.days ?? 0 }
    })
    store.defineMerge('sums', (base = 0, theirs = 0) => Number(base) + Number(theirs))
    store.defineMerge<RecordBatch>('rows', () => rows)
    const latest: Merge = (_, theirs) => theirs
    store.defineMerge('latest', latest)
  })

  it('takes no function that returns what cannot be written', () => {
    // @ts-expect-error a promise
    store.defineMerge('later', async () => 1)
    // @ts-expect-error a function
    store.defineMerge('function', () => () => 1)
    // @ts-expect-error no function
    store.defineMerge('none', 'sums')
  })
})

describe('set', () => {
  it('takes the name of a merge', () => {
    expectTypeOf(tx.set('key', 1, { merge: 'sums' })).toEqualTypeOf<void>()
    explicit.write(numbers, 1, { merge: 'sums' })
    expectTypeOf<SetOptions>().toEqualTypeOf<{ readonly merge?: string | undefined }>()
    // @ts-expect-error another type than that of the ref
    tx.set(numbers, 'one', { merge: 'sums' })
    // @ts-expect-error a function
    tx.set('key', 1, { merge: () => 1 })
    // @ts-expect-error no such option
    explicit.write('key', 1, { onConflict: 'replace' })
  })
})
