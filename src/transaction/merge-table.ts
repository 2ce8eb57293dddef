import { InvalidOptionError } from '../errors/store-errors.ts'
import type { Storable, Value } from '../values/value.ts'

/**
 * Makes one value of two that were both made of `base`: `theirs`, which another transaction has committed
 * meanwhile, and `mine`, which this one was to write. Each is undefined where the key has no value, and
 * what the function returns is written; undefined deletes the key. It may be called several times for one
 * write, also without its transaction being committed in the end, so it must have no side effects, and must
 * not change what it is given.
 */
export type Merge<T = Value> = (
  base: T | undefined,
  theirs: T | undefined,
  mine: T | undefined,
) => NoInfer<T> | Storable | undefined

/** Any of them, as the table keeps it. */
export type AnyMerge = (base: unknown, theirs: unknown, mine: unknown) => unknown

/** The merges that one thread has defined, by name. */
export class MergeTable {
  readonly #merges = new Map<string, AnyMerge>()

  /**
   * Defines a merge. The same one once more changes nothing.
   * @throws {InvalidOptionError} when the name is taken by another function, or one of them is none.
   */
  define(name: string, merge: AnyMerge): void {
    if (typeof name !== 'string' || name === '') {
      throw new InvalidOptionError({
        option: 'name',
        given: name,
        accepted: 'a name for the merge',
      })
    }
    if (typeof merge !== 'function') {
      const accepted = 'a function of base, theirs and mine'
      throw new InvalidOptionError({ option: 'merge', given: merge, accepted })
    }
    if ((this.#merges.get(name) ?? merge) !== merge) {
      const accepted = 'a name that this thread has not given to another merge'
      throw new InvalidOptionError({ option: 'name', given: name, accepted })
    }
    this.#merges.set(name, merge)
  }

  /** The merge of a name. @throws {InvalidOptionError} when this thread has defined none of that name. */
  get(name: unknown): AnyMerge {
    const merge = this.#merges.get(name as string)
    if (merge !== undefined) return merge
    const names = [...this.#merges.keys()].join(', ')
    const known = names === '' ? 'there are none yet' : names
    const accepted = `the merges that this thread has defined with defineMerge (${known})`
    throw new InvalidOptionError({ option: 'merge', given: name, accepted })
  }
}
