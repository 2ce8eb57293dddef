import type { Codec } from '../values/codec.ts'
import type { Key } from '../values/key.ts'
import type { Value } from '../values/value.ts'
import type { Session } from './session.ts'

/**
 * A typed handle of one key, made by `store.ref()`. It skips the look-up of the key, and follows the
 * key when it is deleted and created again. A ref belongs to the thread that made it; other threads
 * make their own with the same key.
 */
export class Ref<T = Value> {
  readonly key: Key
  readonly codec: Codec<T> | undefined
  /** What reads give while the key has no value. */
  readonly initial: T | undefined
  /** @internal */
  readonly session: Session
  /** @internal Id of the cell. */
  cell: number
  /** @internal Generation of the cell when it was looked up. */
  generation: number

  /** @internal */
  constructor(session: Session, key: Key, codec: Codec<T> | undefined, initial: T | undefined) {
    this.session = session
    this.key = key
    this.codec = codec
    this.initial = initial
    this.cell = 0
    this.generation = 0
    session.resolve(this)
  }
}
