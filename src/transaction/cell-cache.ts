import type { Key } from '../values/key.ts'
import type { CellHandle } from './session.ts'

/** Keys in one of the two generations. */
const GENERATION_SIZE = 65_536

/**
 * Cells of string keys that a thread met lately, in two generations: what was not met
 * while the younger one filled up is forgotten. Bounded, so that endless fresh keys cost no memory.
 */
export class CellCache {
  #young = new Map<string, CellHandle>()
  #old = new Map<string, CellHandle>()

  get(key: Key): CellHandle | undefined {
    if (typeof key !== 'string') return undefined
    const handle = this.#young.get(key)
    if (handle !== undefined) return handle
    const older = this.#old.get(key)
    if (older !== undefined) this.set(key, older)
    return older
  }

  set(key: Key, handle: CellHandle): void {
    if (typeof key !== 'string') return
    if (this.#young.size >= GENERATION_SIZE) {
      this.#old = this.#young
      this.#young = new Map()
    }
    this.#young.set(key, handle)
  }
}
