import type { Key } from '../values/key.ts'
import type { CellHandle } from './session.ts'

/** Places of the cache, a power of two. */
const PLACE_COUNT = 1024

/**
 * Cells of string keys that a thread met lately: one place for each value of a cheap hash, so that a
 * key that is read and then written is looked up once. It is small on purpose: what is not in the
 * caches of the processor is no quicker to find here than in the index.
 */
export class CellCache {
  readonly #places: (CellHandle | undefined)[] = new Array(PLACE_COUNT).fill(undefined)

  get(key: Key): CellHandle | undefined {
    if (typeof key !== 'string') return undefined
    const handle = this.#places[placeOf(key)]
    return handle !== undefined && handle.key === key ? handle : undefined
  }

  set(key: Key, handle: CellHandle): void {
    if (typeof key === 'string') this.#places[placeOf(key)] = handle
  }
}

/** Keys that differ mostly do so near their end. */
function placeOf(key: string): number {
  let hash = key.length
  for (let at = Math.max(0, key.length - 4); at < key.length; at++) {
    hash = (Math.imul(hash, 31) + key.charCodeAt(at)) | 0
  }
  return hash & (PLACE_COUNT - 1)
}
