import type {
  CommitResult,
  ConflictMode,
  DeepReadonly,
  ExplicitTransaction,
  IsolationLevel,
  JsonObject,
  Key,
  Khonsu,
  Ref,
  Store,
  Transaction,
  Value,
} from 'khonsu'
import { record } from 'khonsu'
import { describe, expectTypeOf, it } from 'vitest'

declare const store: Store
declare const khonsu: Khonsu
declare const tx: Transaction
declare const explicit: ExplicitTransaction

describe('bodies', () => {
  it('give transact the type of what they return', () => {
    expectTypeOf(store.transact(() => 1)).toEqualTypeOf<number>()
    expectTypeOf(store.transact(() => {})).toEqualTypeOf<void>()
    expectTypeOf(store.transact((each) => each.get('a'))).toEqualTypeOf<Value | undefined>()
    expectTypeOf(store.transact(() => ({ a: [1, 'b'] as const }))).toEqualTypeOf<{
      a: readonly [1, 'b']
    }>()
    expectTypeOf(khonsu.transact(() => new Map<string, Date>())).toEqualTypeOf<Map<string, Date>>()
  })

  it('that return a promise do not compile', () => {
    // @ts-expect-error an async body
    store.transact(async () => 1)
    // @ts-expect-error an async body that returns nothing
    store.transact(async (each) => void each.set('a', 1))
    // @ts-expect-error a promise
    store.transact(() => Promise.resolve(1))
    // @ts-expect-error a promise, with options
    store.transact(() => Promise.resolve(1), { maxAttempts: 1 })
    // @ts-expect-error anything that can be awaited
    store.transact((): PromiseLike<number> => Promise.resolve(1))
  })

  it('that may return a promise do not compile', () => {
    // @ts-expect-error one branch is a promise
    store.transact(() => (Math.random() > 2 ? Promise.resolve(1) : 1))
  })
})

describe('read-only bodies', () => {
  it('read as others do', () => {
    const read = store.transact((each) => each.get('a'), { readOnly: true })
    expectTypeOf(read).toEqualTypeOf<Value | undefined>()
    expectTypeOf(
      store.transact((each: Transaction) => each.has('a'), { readOnly: true }),
    ).toEqualTypeOf<boolean>()
  })

  it('that write do not compile', () => {
    // @ts-expect-error a write
    store.transact((each) => each.set('a', 1), { readOnly: true })
    // @ts-expect-error a deletion
    store.transact((each) => each.delete('a'), { readOnly: true })
  })
})

describe('options', () => {
  it('are checked by name and type', () => {
    store.transact(() => 1, {
      isolation: 'repeatable-read',
      onConflict: 'replace',
      name: 'a',
      maxAttempts: 3,
      timeoutMs: 10,
      signal: AbortSignal.abort(),
      onCommit: (result) => expectTypeOf(result).toEqualTypeOf<CommitResult>(),
    })
    // @ts-expect-error no such level
    store.transact(() => 1, { isolation: 'snapshot' })
    // @ts-expect-error no such mode
    store.transact(() => 1, { onConflict: 'merge' })
    // @ts-expect-error no such option
    store.transact(() => 1, { isolatoin: 'serializable' })
    // @ts-expect-error an explicit transaction is never retried
    store.startTransaction({ maxAttempts: 1 })
    expectTypeOf<IsolationLevel>().toEqualTypeOf<
      'read-committed' | 'repeatable-read' | 'serializable'
    >()
    expectTypeOf<ConflictMode>().toEqualTypeOf<'fail' | 'ignore' | 'replace' | 'append'>()
  })
})

describe('keys and values', () => {
  it('are what can be stored', () => {
    tx.set('a', 1)
    tx.set(1, 'text')
    tx.set(['a', 1], { list: [1, null, { deep: true }] })
    tx.set([], new Uint8Array(1))
    // @ts-expect-error a date is no value
    tx.set('a', new Date())
    // @ts-expect-error undefined is no value: delete the key
    tx.set('a', undefined)
    // @ts-expect-error a function in JSON
    tx.set('a', { f: () => 1 })
    // @ts-expect-error a boolean is no key
    tx.get(true)
    // @ts-expect-error nested tuples are no keys
    tx.get(['a', ['b']])
    expectTypeOf<readonly ['a', 1]>().toExtend<Key>()
    expectTypeOf<JsonObject>().toExtend<Value>()
  })

  it('are read as values, which may be missing', () => {
    expectTypeOf(tx.get('a')).toEqualTypeOf<Value | undefined>()
    expectTypeOf(tx.has('a')).toEqualTypeOf<boolean>()
    expectTypeOf(tx.delete('a')).toEqualTypeOf<boolean>()
    expectTypeOf(tx.update('a', (old) => (old === undefined ? 1 : old))).toEqualTypeOf<Value>()
    // @ts-expect-error the old value may be missing, and need not be a number
    tx.update('a', (old) => old + 1)
    // @ts-expect-error nothing is no new value
    tx.update('a', () => {})
  })
})

describe('refs', () => {
  const count = store.ref<number>('count')
  const plain = store.ref('plain')
  const point = store.ref('point', record({ x: 'float64', y: 'int32' }))
  const date = store.ref('date', {
    encode: (value: Date): Value => value.getTime(),
    decode: (stored): Date => new Date(stored as number),
  })

  it('know the type of their values', () => {
    expectTypeOf(count).toEqualTypeOf<Ref<number>>()
    expectTypeOf(plain).toEqualTypeOf<Ref<Value>>()
    expectTypeOf(date).toEqualTypeOf<Ref<Date>>()
    expectTypeOf(tx.get(count)).toEqualTypeOf<number | undefined>()
    expectTypeOf(tx.get(plain)).toEqualTypeOf<Value | undefined>()
    expectTypeOf(tx.get(point)).toEqualTypeOf<
      { readonly x: number; readonly y: number } | undefined
    >()
    expectTypeOf(explicit.read(count)).toEqualTypeOf<number | undefined>()
  })

  it('take values of their type only', () => {
    tx.set(count, 1)
    tx.set(point, { x: 1, y: 2 })
    tx.set(date, new Date())
    explicit.write(count, 1)
    // @ts-expect-error a text for a number
    tx.set(count, 'text')
    // @ts-expect-error a field is missing
    tx.set(point, { x: 1 })
    // @ts-expect-error a field too many
    tx.set(point, { x: 1, y: 2, z: 3 })
    // @ts-expect-error a text for a number
    explicit.write(count, 'text')
  })

  it('give update the old value and take the new one', () => {
    expectTypeOf(tx.update(count, (old = 0) => old + 1)).toEqualTypeOf<number>()
    tx.update(count, (old) => {
      expectTypeOf(old).toEqualTypeOf<number | undefined>()
      return 1
    })
    tx.update(point, (old) => ({ x: old?.x ?? 0, y: 1 }))
    // @ts-expect-error a text for a number
    tx.update(count, () => 'text')
    // @ts-expect-error the old value may be missing
    tx.update(count, (old) => old + 1)
  })

  it('hand out what cannot be changed', () => {
    const list = store.ref<{ tags: string[]; at: { x: number }[] }>('list')
    const value = tx.get(list)
    expectTypeOf(value).toEqualTypeOf<
      | {
          readonly tags: readonly string[]
          readonly at: readonly { readonly x: number }[]
        }
      | undefined
    >()
    // @ts-expect-error read only, at the top
    if (value) value.tags = []
    // @ts-expect-error read only, in an array
    value?.tags.push('a')
    // @ts-expect-error read only, below an array
    if (value?.at[0]) value.at[0].x = 1
    // What was read may be written back as it is.
    if (value) tx.set(list, value)
    expectTypeOf<DeepReadonly<Uint8Array>>().toEqualTypeOf<Uint8Array>()
  })

  it('for many numbers go with an array', () => {
    tx.getMany([count], new Float64Array(1))
    tx.getMany(store.refs(['a', 1]), new Float64Array(2))
    // @ts-expect-error not a list of numbers
    tx.getMany([date], new Float64Array(1))
    // @ts-expect-error no array of numbers that can hold every number
    tx.getMany([count], new Int32Array(1))
    expectTypeOf(tx.getAt(store.refs(['a']), 0)).toEqualTypeOf<Value | undefined>()
  })
})
