/** Work that is cut into slices: between two of them it may wait for as long as it likes. */
export type Steps<T = void> = Generator<void, T, void>

/** Rows, words or runs that a slice goes through: some 10 us of work. */
export const SLICE_COUNT = 4096
/** Bytes that a slice copies. */
export const SLICE_LENGTH = 16_384

/** Makes a large array whose memory is there: to touch memory first takes longer than what is done in it. */
export function* newWords(count: number): Steps<Int32Array> {
  const words = new Int32Array(count)
  for (let at = 0; at < count; at += SLICE_COUNT) {
    words.fill(0, at, at + SLICE_COUNT)
    yield
  }
  return words
}

/** Another piece of work as part of one. */
export function* stepsOf(work: { step(deadlineMs: number): boolean }): Steps {
  while (!work.step(0)) yield
}

/** Goes through slices until a moment. */
export class SlicedWork<T = void> {
  readonly #steps: Steps<T>
  #result: { readonly value: T } | undefined

  constructor(steps: Steps<T>) {
    this.#steps = steps
  }

  /** What the work came to, undefined while it goes on. */
  get result(): { readonly value: T } | undefined {
    return this.#result
  }

  /**
   * Does at least one slice, and then more until `performance.now()` reaches `deadlineMs`.
   * @returns true when there is nothing left to do.
   */
  step(deadlineMs: number): boolean {
    while (this.#result === undefined) {
      const { done, value } = this.#steps.next()
      if (done === true) this.#result = { value }
      else if (performance.now() >= deadlineMs) return false
    }
    return true
  }

  /** Ends the work where it is: what it has taken is given back. */
  abandon(): void {
    this.#steps.return(undefined as never)
  }
}
