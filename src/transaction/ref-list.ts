import { CELL_GENERATION_MASK } from '../../native-layout/word-descriptor.ts'
import { InvalidOptionError } from '../errors/store-errors.ts'
import type { Key } from '../values/key.ts'
import type { RefKind } from './ref.ts'
import type { CellHandle, Session } from './session.ts'

/** What no cell has. */
const NO_GENERATION = -1

/**
 * Handles of many keys, made by `store.refs()`, for `tx.getAt`, `tx.setAt` and `tx.getMany`. Use it
 * where thousands of keys are addressed by number: four bytes a key instead of an object each, eight
 * once cells of deleted keys were used again, so that the handles stay in the caches of the processor.
 * Holds plain values, and follows its keys when they are deleted and created again. Belongs to the
 * thread that made it.
 */
export class RefList {
  readonly keys: readonly Key[]
  /** @internal That of the plain refs of the session. */
  readonly kind: RefKind<never>
  /** @internal Ids of the cells, 0 where a key has none. */
  readonly cells: Int32Array
  /**
   * @internal Generation that all cells had when they were looked up, never the greatest one: cell 0, which an
   * index outside of the list gives, has expired at every other.
   */
  generation: number = NO_GENERATION
  /** @internal The generations one by one, once they differ. */
  generations: Int32Array | undefined

  /** @internal */
  constructor(session: Session, keys: readonly Key[]) {
    this.kind = session.plainRefs
    this.keys = [...keys]
    this.cells = new Int32Array(keys.length)
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
    return { key, cell: this.cells[index] as number, generation: this.generationAt(index) }
  }

  /** @internal The generation of a handle. */
  generationAt(index: number): number {
    const { generations } = this
    return generations === undefined ? this.generation : (generations[index] as number)
  }

  /** @internal Keeps a handle that was looked up again. */
  store(index: number, { cell, generation }: CellHandle): void {
    this.cells[index] = cell
    if (this.generations === undefined) {
      if (cell === 0 || this.#isShared(generation)) return
      this.generations = new Int32Array(this.length).fill(this.generation)
    }
    this.generations[index] = generation
  }

  /** Whether a generation is that of all cells so far. */
  #isShared(generation: number): boolean {
    if (generation === CELL_GENERATION_MASK) return false
    if (this.generation === NO_GENERATION) this.generation = generation
    return generation === this.generation
  }
}
