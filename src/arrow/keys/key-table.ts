import { newWords, type Steps } from '../gather/steps.ts'
import { hashRows, isSameKey, type KeyColumn, keySliceCount } from './key-column.ts'

/** How much dearer it is to enter a row into a table than to look it up there. */
export const ENTERING_COST = 8

const SLOTS_PER_ROW = 2
const SLOT_COUNT_MIN = 16
const SLOT_SHIFT = 16

/** Bits of the filter for each slot: few enough of them are set, and they stay in the nearest cache. */
const FILTER_BITS_PER_SLOT = 4
const WORD_BITS = 32
const WORD_SHIFT = 5

/** Slots of a table that so many rows are entered into: a power of two. */
export function slotCountOf(rowCount: number): number {
  let count = SLOT_COUNT_MIN
  while (count < rowCount * SLOTS_PER_ROW) count *= 2
  return count
}

/** Where the search for a hash begins. */
export function slotOf(hash: number, slotCount: number): number {
  return (hash ^ (hash >>> SLOT_SHIFT)) & (slotCount - 1)
}

/** The rows of a batch by their keys, in open addressing. */
export class KeyTable {
  readonly #columns: readonly KeyColumn[]
  readonly #hashes: Int32Array
  /** One more than the first row of a key; 0 where there is none. */
  readonly #slots: Int32Array
  /** A bit for each hash that is here: most rows that are looked up are not, and are passed at once. */
  readonly #filter: Int32Array
  /** For the first row of a key its last one, for other rows -1. */
  readonly lastRows: Int32Array

  private constructor(columns: readonly KeyColumn[], hashes: Int32Array, slots: Int32Array) {
    this.#columns = columns
    this.#hashes = hashes
    this.#slots = slots
    this.#filter = new Int32Array((slots.length * FILTER_BITS_PER_SLOT) / WORD_BITS)
    this.lastRows = new Int32Array(hashes.length)
  }

  static *of(columns: readonly KeyColumn[], rowCount: number): Steps<KeyTable> {
    const hashes = new Int32Array(rowCount)
    const table = new KeyTable(columns, hashes, yield* newWords(slotCountOf(rowCount)))
    const slice = Math.ceil(keySliceCount(columns, rowCount) / ENTERING_COST)
    for (let from = 0; from < rowCount; from += slice) {
      const to = Math.min(rowCount, from + slice)
      hashRows(columns, from, to, hashes, from)
      for (let row = from; row < to; row++) table.#enter(row)
      yield
    }
    return table
  }

  #enter(row: number): void {
    const hash = this.#hashes[row] as number
    const mask = this.#slots.length - 1
    let slot = slotOf(hash, this.#slots.length)
    for (; ; slot = (slot + 1) & mask) {
      const first = (this.#slots[slot] as number) - 1
      if (first < 0) {
        this.#slots[slot] = row + 1
        const bit = slotOf(hash, this.#slots.length * FILTER_BITS_PER_SLOT)
        this.#filter[bit >>> WORD_SHIFT] = (this.#filter[bit >>> WORD_SHIFT] as number) | (1 << bit)
        this.lastRows[row] = row
        return
      }
      if (this.#hashes[first] !== hash) continue
      if (!isSameKey(this.#columns, first, this.#columns, row)) continue
      this.lastRows[first] = row
      this.lastRows[row] = -1
      return
    }
  }

  /**
   * Looks rows of another batch up, from `from` up to `to`.
   *
   * @param rows takes the rows whose keys are here; it has room for all rows and is used for hashes.
   * @param firsts takes for each of them the first row here of its key.
   * @returns how many there are.
   */
  find(
    columns: readonly KeyColumn[],
    from: number,
    to: number,
    rows: Int32Array,
    firsts: Int32Array,
  ): number {
    hashRows(columns, from, to, rows, 0)
    const filter = this.#filter
    const filterMask = filter.length * WORD_BITS - 1
    const count = to - from
    let matches = 0
    for (let i = 0; i < count; i++) {
      const hash = rows[i] as number
      const bit = (hash ^ (hash >>> SLOT_SHIFT)) & filterMask
      if ((((filter[bit >>> WORD_SHIFT] as number) >>> bit) & 1) === 0) continue
      const first = this.#find(columns, from + i, hash)
      if (first < 0) continue
      rows[matches] = from + i
      firsts[matches++] = first
    }
    return matches
  }

  #find(columns: readonly KeyColumn[], row: number, hash: number): number {
    const own = this.#hashes
    const slots = this.#slots
    const mask = slots.length - 1
    let slot = slotOf(hash, slots.length)
    for (; ; slot = (slot + 1) & mask) {
      const first = (slots[slot] as number) - 1
      if (first < 0) return first
      if (own[first] === hash && isSameKey(this.#columns, first, columns, row)) return first
    }
  }
}
