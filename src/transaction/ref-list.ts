import { InvalidOptionError } from '../errors/store-errors.ts'
import type { Key } from '../values/key.ts'
import type { RefKind } from './ref.ts'
import type { CellHandle, Session } from './session.ts'

/**
 * Handles of many keys, made by `store.refs()`, for `tx.getAt`, `tx.setAt` and `tx.getMany`. Use it
 * where thousands of keys are addressed by number: eight bytes a key instead of an object each, so
 * that the handles stay in the caches of the processor. Holds plain values, and follows its keys
 * when they are deleted and created again. Belongs to the thread that made it.
 */
export class RefList {
  readonly keys: readonly Key[]
  /** @internal That of the plain refs of the session. */
  readonly kind: RefKind<never>
  /** @internal Two numbers a key: the id of the cell, its generation when it was looked up. */
  readonly handles: Int32Array

  /** @internal */
  constructor(session: Session, keys: readonly Key[]) {
    this.kind = session.plainRefs
    this.keys = [...keys]
    this.handles = new Int32Array(keys.length * 2)
    for (let index = 0; index < keys.length; index++)
      this.store(index, session.lookUp(keys[index]!))
  }

  /** Number of keys. */
  get length(): number {
    return this.keys.length
  }

  /** @internal The handle of one key. @throws {InvalidOptionError} when the index is outside. */
  handleAt(index: number): CellHandle {
    const key = this.keys[index]
    if (key === undefined) {
      const accepted = `a whole number from 0 to ${this.length - 1}`
      throw new InvalidOptionError({ option: 'index', given: index, accepted })
    }
    const cell = this.handles[index * 2] as number
    return { key, cell, generation: this.handles[index * 2 + 1] as number }
  }

  /** @internal Keeps a handle that was looked up again. */
  store(index: number, { cell, generation }: CellHandle): void {
    this.handles[index * 2] = cell
    this.handles[index * 2 + 1] = generation
  }
}
