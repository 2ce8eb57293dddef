import type { Codec } from '../values/codec.ts'
import type { Key } from '../values/key.ts'
import type { Value } from '../values/value.ts'
import type { Session } from './session.ts'

/** What many refs have in common. One for all plain refs of a session. */
export interface RefKind<T = unknown> {
  readonly session: Session
  readonly codec: Codec<T> | undefined
  readonly initial: T | undefined
}

/**
 * A typed handle of one key, made by `store.ref()`. It skips the look-up of the key, and follows the
 * key when it is deleted and created again. A ref belongs to the thread that made it; other threads
 * make their own with the same key.
 */
export class Ref<T = Value> {
  // The fields that every access needs come first, so that they share a cache line.
  /** @internal */
  readonly kind: RefKind<T>
  /** @internal Id of the cell, 0 while the key has none. */
  cell: number
  /** @internal Generation of the cell when it was looked up. */
  generation: number
  readonly key: Key

  /** @internal */
  constructor(kind: RefKind<T>, key: Key) {
    const { cell, generation } = kind.session.lookUp(key)
    this.kind = kind
    this.cell = cell
    this.generation = generation
    this.key = key
  }

  /** How the values of the key are translated, if by a codec. */
  get codec(): Codec<T> | undefined {
    return this.kind.codec
  }

  /** What reads give while the key has no value. */
  get initial(): T | undefined {
    return this.kind.initial
  }
}
