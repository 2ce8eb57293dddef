import { once } from 'node:events'
import { Worker } from 'node:worker_threads'
import {
  attach,
  InvalidOptionError,
  type Khonsu,
  Store,
  StoreClosedError,
  type StoreHandle,
  UnsupportedRuntimeError,
} from 'khonsu'
import { describe, expect, it } from 'vitest'
import { contents, expectWritable } from '../../support/contents.ts'
import { openStore, until } from '../../support/store.ts'
import { rejectionOf, thrownBy } from '../../support/thrown.ts'

const WORKER = new URL('./workers/joins.mjs', import.meta.url)

function start(khonsu: Khonsu, task: 'add' | 'stay' | 'join twice' | 'outlive'): Worker {
  return new Worker(WORKER, { workerData: { handle: khonsu.share(), task } })
}

describe('attach', () => {
  it('joins a raw worker by the handle that share() made', async () => {
    const khonsu = await openStore()
    khonsu.transact((tx) => tx.set('count', 1))
    const worker = start(khonsu, 'add')
    const exit = once(worker, 'exit')
    expect(await once(worker, 'message')).toEqual([true])
    await exit
    expect(contents(khonsu, ['count'])).toEqual([2])
  })

  it('gives the same store for the same handle, and another one after it was closed', async () => {
    const khonsu = await openStore()
    const handle = khonsu.share()
    const store = attach(handle)
    expect(store).toBeInstanceOf(Store)
    expect(attach(handle)).toBe(store)
    expect(attach(khonsu.share())).toBe(store)
    store.close()
    const again = attach(handle)
    expect(again === store).toBe(false)
    again.transact((tx) => tx.set('a', 1))
    expect(contents(khonsu, ['a'])).toEqual([1])
    expect(thrownBy(() => store.transact(() => 1))).toBeInstanceOf(StoreClosedError)
  })

  it('takes over the settings of the store', async () => {
    const khonsu = await openStore({ timeoutMs: 30, isolation: 'repeatable-read' })
    const store = attach(khonsu.share())
    store.transact((tx) => {
      tx.set('a', 1)
      tx.set('b', 2)
    })
    // Write skew is what serializable would not let pass.
    const [one, two] = [store.startTransaction(), store.startTransaction()]
    one.write('b', one.read('a') as number)
    two.write('a', two.read('b') as number)
    one.commit()
    two.commit()
    const error = thrownBy(() =>
      store.transact((tx) => {
        tx.set('a', Number(tx.get('a')) + 1)
        khonsu.transact((other) => other.set('a', 5))
      }),
    )
    expect(error).toMatchObject({ code: 'KHONSU_TRANSACTION_TIMEOUT' })
  })

  it.each<[string, unknown]>([
    ['nothing', undefined],
    ['null', null],
    ['a text', 'handle'],
    ['an object', {}],
    [
      'a memory alone',
      { memory: new WebAssembly.Memory({ initial: 1, maximum: 1, shared: true }) },
    ],
    ['another kind', { kind: 'other-store', memory: {}, settings: {} }],
    ['no memory', { kind: 'khonsu-store', memory: new SharedArrayBuffer(8), settings: {} }],
  ])('refuses %s where no pool says which store is meant', (_, handle) => {
    const error = thrownBy(() => attach(handle as StoreHandle))
    expect(error).toBeInstanceOf(InvalidOptionError)
    expect(error).toMatchObject({ option: 'handle' })
  })

  it('gives a store that is closed when its owner has closed it', async () => {
    const khonsu = await openStore()
    const handle = khonsu.share()
    await khonsu.close()
    const error = thrownBy(() => attach(handle).transact(() => 1))
    expect(error).toBeInstanceOf(StoreClosedError)
  })
})

describe('adopt', () => {
  it.each([
    ['stay', 'left open'],
    ['join twice', 'of the first'],
  ] as const)('undoes what a thread left that was terminated (%s)', async (task, name) => {
    const khonsu = await openStore()
    khonsu.transact((tx) => tx.set('count', 1))
    const worker = start(khonsu, task)
    khonsu.adopt(worker)
    await once(worker, 'message')
    expect(khonsu.stats().horizon.holder).toMatchObject({ name })
    await worker.terminate()
    await until(() => khonsu.stats().horizon.holder === undefined)
    expect(contents(khonsu, ['count'])).toEqual([1])
    expectWritable(khonsu, ['count'])
  })

  it('is no harm for a thread that never attaches', async () => {
    const khonsu = await openStore()
    const worker = new Worker('', { eval: true })
    khonsu.adopt(worker)
    await once(worker, 'exit')
    khonsu.transact((tx) => tx.set('a', 1))
    expect(contents(khonsu, ['a'])).toEqual([1])
  })
})

describe('closing', () => {
  it('reaches threads that the store does not own', async () => {
    const khonsu = await openStore()
    const worker = start(khonsu, 'outlive')
    await once(worker, 'message')
    await khonsu.close()
    worker.postMessage('try')
    expect(await once(worker, 'message')).toEqual(['KHONSU_STORE_CLOSED'])
  })
})

describe('UnsupportedRuntimeError', () => {
  const globals = globalThis as { Deno?: unknown; Bun?: unknown }

  it.each(['Deno', 'Bun'] as const)('is thrown by open and attach in %s', async (name) => {
    const khonsu = await openStore()
    const handle = khonsu.share()
    globals[name] = { version: '2.0' }
    try {
      for (const error of [await rejectionOf(openStore()), thrownBy(() => attach(handle))]) {
        expect(error).toBeInstanceOf(UnsupportedRuntimeError)
        expect(error).toMatchObject({
          code: 'KHONSU_UNSUPPORTED_RUNTIME',
          retryable: false,
          runtime: name,
        })
      }
    } finally {
      delete globals[name]
    }
    expect(attach(handle).transact(() => 1)).toBe(1)
  })

  it('is thrown in a Node.js that is too old', async () => {
    const original = Object.getOwnPropertyDescriptor(process.versions, 'node') as PropertyDescriptor
    Object.defineProperty(process.versions, 'node', { ...original, value: '20.18.0' })
    try {
      const error = await rejectionOf(openStore())
      expect(error).toMatchObject({ runtime: 'Node.js', version: '20.18.0' })
    } finally {
      Object.defineProperty(process.versions, 'node', original)
    }
  })
})
