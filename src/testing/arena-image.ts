/** What the arena held before the first step, and putting it back. */

import { HEADER_ADDRESS, SLOT_TABLE_ADDRESS } from '../../native-layout/arena-header-descriptor.ts'
import { PAGE_LENGTH } from '../../native-layout/page-descriptor.ts'

const CHUNK_SHIFT = 9
const CHUNK_LENGTH = 1 << CHUNK_SHIFT

/** Chunks at the beginning of a page that are put back after each run: what threads warm up with lies there. */
const KEPT_COUNT = 8

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
    this.#keepBeginnings()
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

  /** The header, and the beginning of each page: blocks are cut, and slots made, from there. */
  #keepBeginnings(): void {
    this.#isKept.fill(1, HEADER_ADDRESS >>> CHUNK_SHIFT, SLOT_TABLE_ADDRESS >>> CHUNK_SHIFT)
    const chunksAPage = PAGE_LENGTH >>> CHUNK_SHIFT
    for (let page = chunksAPage; page < this.#isKept.length; page += chunksAPage) {
      const start = page << CHUNK_SHIFT
      if (this.#image.subarray(start, start + PAGE_LENGTH).every((byte) => byte === 0)) continue
      this.#isKept.fill(1, page, page + KEPT_COUNT)
    }
    this.#joinRanges()
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
