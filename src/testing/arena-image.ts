/** What the arena held before the first step, and putting it back. */

const CHUNK_SHIFT = 10
const CHUNK_LENGTH = 1 << CHUNK_SHIFT

/**
 * A copy of the arena. Only the parts that some run has touched are put back after each run; from
 * time to time all of it is compared, and what was missed joins them.
 */
export class ArenaImage {
  readonly #bytes: Uint8Array
  readonly #image: Uint8Array
  /** Byte by chunk: not 0 when it is put back. */
  readonly #isKept: Uint8Array
  #ranges: { readonly start: number; readonly kept: Uint8Array }[] = []

  constructor(arena: ArrayBufferLike) {
    this.#bytes = new Uint8Array(arena)
    this.#image = this.#bytes.slice()
    this.#isKept = new Uint8Array(this.#bytes.length >>> CHUNK_SHIFT)
  }

  /** Puts back the parts that runs have touched so far. */
  restore(): void {
    for (const { start, kept } of this.#ranges) this.#bytes.set(kept, start)
  }

  /** Puts all of it back. Whether a part was found that `restore` had missed. */
  restoreAll(): boolean {
    let isNew = false
    for (let chunk = 0; chunk < this.#isKept.length; chunk++) {
      if (this.#isKept[chunk] !== 0) continue
      const start = chunk << CHUNK_SHIFT
      const end = start + CHUNK_LENGTH
      const bytes = this.#bytes
      if (Buffer.compare(bytes.subarray(start, end), this.#image.subarray(start, end)) === 0)
        continue
      this.#isKept[chunk] = 1
      isNew = true
    }
    if (isNew) this.#joinRanges()
    this.#bytes.set(this.#image)
    return isNew
  }

  #joinRanges(): void {
    this.#ranges = []
    for (let chunk = 0; chunk < this.#isKept.length; chunk++) {
      if (this.#isKept[chunk] === 0) continue
      const first = chunk
      while (this.#isKept[chunk + 1] === 1) chunk++
      const start = first << CHUNK_SHIFT
      this.#ranges.push({ start, kept: this.#image.slice(start, (chunk + 1) << CHUNK_SHIFT) })
    }
  }
}
