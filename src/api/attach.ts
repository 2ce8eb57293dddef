import { assertSupportedRuntime } from '../errors/runtime-support.ts'
import { InvalidOptionError } from '../errors/store-errors.ts'
import { Arena } from '../memory/arena.ts'
import { Store } from './store.ts'
import { isStoreHandle, type StoreHandle } from './store-handle.ts'

const attached = new WeakMap<object, Store>()
let poolHandle: StoreHandle | undefined

/** @internal Tells `attach()` which store the pool of this thread belongs to. */
export function providePoolHandle(handle: StoreHandle): void {
  poolHandle = handle
}

/**
 * Joins a store from another thread. In a worker of the store's own pool no argument is needed;
 * elsewhere pass what `khonsu.share()` returned. A second call for the same store returns the same
 * object. Give the owner of a thread to `khonsu.adopt`, so that its death does no harm.
 *
 * @throws {LayoutMismatchError} when the other thread runs another build of Khonsu.
 * @throws {ThreadLimitError} when too many threads are attached.
 * @throws {InvalidOptionError} when there is no handle. None of these is worth a retry.
 * @throws {ArenaFullError} when there is no room for what the thread needs. A retry helps once memory
 * was given back.
 * @example
 * const store = attach(workerData.handle)
 * store.transact((tx) => tx.set('ready', true))
 */
export function attach(handle?: StoreHandle): Store {
  assertSupportedRuntime()
  const given = handle ?? poolHandle
  if (!isStoreHandle(given)) {
    throw new InvalidOptionError({
      option: 'handle',
      given,
      accepted: 'what khonsu.share() returned; nothing only in a worker of the pool',
    })
  }
  const known = attached.get(given.memory)
  if (known?.session.isOpen) return known
  const store = new Store(Arena.attach(given), given.settings)
  attached.set(given.memory, store)
  return store
}
