import type { ArenaMemory } from '../memory/arena.ts'
import type { StoreSettings } from './store-options.ts'

/**
 * What another thread needs to join a store: made by `khonsu.share()`, sent as `workerData` or by
 * `postMessage`, and given to `attach()` there.
 */
export interface StoreHandle extends ArenaMemory {
  readonly kind: 'khonsu-store'
  readonly settings: StoreSettings
}

/** Whether something is a handle that came from `share()`. */
export function isStoreHandle(given: unknown): given is StoreHandle {
  return (
    typeof given === 'object' &&
    given !== null &&
    'kind' in given &&
    given.kind === 'khonsu-store' &&
    'memory' in given &&
    given.memory instanceof WebAssembly.Memory &&
    'segments' in given &&
    Array.isArray(given.segments)
  )
}
