/**
 * An ordered table of int32 keys and values, written by hand, without an STM: sorted arrays under one
 * lock each, and a directory to find the array of a key.
 *
 * ```
 * word  4 * block + 0             lock: 0 free, 1 taken
 * word  4 * block + 1             count of its keys
 * word  4 * block + 2             where its keys begin
 * word  4 * block + 3             capacity: words for keys, and behind them as many for values
 * word  4 * blockCount + block    the smallest key that it was made with
 * word  5 * blockCount            where the words begin that no array has had yet
 * ```
 *
 * Invariants:
 *   O1. The directory does not change: a block takes the keys from its smallest one up to that of the
 *       next block, the first block smaller ones, too. So it is searched without a lock.
 *   O2. The other words of a block, and its array, are touched under its lock only. An array is in
 *       the order of its keys.
 *   O3. A thread takes locks in ascending order of blocks, so no cycle of waiters. A scan keeps those
 *       of all blocks that it meets until it has read the last one: inserts and scans are serializable.
 *
 * What it does without: transactions of more than one operation and a way to roll them back, deletion,
 * keys and values that are no int32, readers that do not wait for one another or for a writer, and
 * threads that die. A full array moves to one of twice the capacity; nobody uses the old one again.
 */

import { lock, unlock } from './cell-lock.ts'
import type { ControlCells } from './workload.ts'

const COUNT_WORD = 1
const START_WORD = 2
const CAPACITY_WORD = 3
const STRIDE_SHIFT = 2

const FIRST_COUNT = 32
const FIRST_CAPACITY = 64

/** A key takes two words; an array that grew is half full, and what it left is as large together. */
const WORDS_PER_KEY = 8

/**
 * Returns a table of ascending keys.
 * @param roomCount how many keys can be inserted.
 */
export function createBlocks(
  keys: ArrayLike<number>,
  values: ArrayLike<number>,
  roomCount: number,
): ControlCells {
  const blockCount = Math.ceil(keys.length / FIRST_COUNT)
  const arraysAt = 5 * blockCount + 1
  const wordCount = arraysAt + blockCount * FIRST_CAPACITY * 2 + roomCount * WORDS_PER_KEY
  const words = new Int32Array(new SharedArrayBuffer(wordCount * Int32Array.BYTES_PER_ELEMENT))
  words[arraysAt - 1] = arraysAt
  for (let block = 0; block < blockCount; block++) {
    const first = block * FIRST_COUNT
    const count = Math.min(FIRST_COUNT, keys.length - first)
    const at = block << STRIDE_SHIFT
    words[4 * blockCount + block] = keys[first] as number
    words[at + COUNT_WORD] = count
    const start = takeArray(words, at, FIRST_CAPACITY, arraysAt - 1)
    for (let i = 0; i < count; i++) {
      words[start + i] = keys[first + i] as number
      words[start + FIRST_CAPACITY + i] = values[first + i] as number
    }
  }
  return { words, strideShift: STRIDE_SHIFT }
}

/** Gives a block an array of its own. Returns where it starts. */
function takeArray(words: Int32Array, at: number, capacity: number, freeWord: number): number {
  const start = Atomics.add(words, freeWord, capacity * 2)
  if (start + capacity * 2 > words.length) throw new Error('no more room for keys')
  words[at + START_WORD] = start
  words[at + CAPACITY_WORD] = capacity
  return start
}

/** One thread's view of a table. */
export class OrderedBlocks {
  readonly #words: Int32Array
  readonly #blockCount: number

  /** @param keyCount how many keys the table was made with. */
  constructor({ words }: ControlCells, keyCount: number) {
    this.#words = words
    this.#blockCount = Math.ceil(keyCount / FIRST_COUNT)
  }

  /** Adds a key that is not there yet. Blocks while another thread is at its block. */
  insert(key: number, value: number): void {
    const words = this.#words
    const at = this.#blockOf(key) << STRIDE_SHIFT
    lock(words, at)
    const count = words[at + COUNT_WORD] as number
    if (count === words[at + CAPACITY_WORD]) this.#grow(at)
    const capacity = words[at + CAPACITY_WORD] as number
    const start = words[at + START_WORD] as number
    const end = start + count
    const place = lowerBound(words, start, end, key)
    words.copyWithin(place + 1, place, end)
    words.copyWithin(place + 1 + capacity, place + capacity, end + capacity)
    words[place] = key
    words[place + capacity] = value
    words[at + COUNT_WORD] = count + 1
    unlock(words, at)
  }

  /**
   * Copies up to `limit` keys from `from` on, in order, and their values. Returns how many. Blocks
   * while another thread is at one of their blocks.
   */
  scan(from: number, limit: number, keys: Int32Array, values: Float64Array): number {
    const words = this.#words
    const first = this.#blockOf(from)
    let block = first
    let found = 0
    for (; block < this.#blockCount && found < limit; block++) {
      const at = block << STRIDE_SHIFT
      lock(words, at)
      const capacity = words[at + CAPACITY_WORD] as number
      const start = words[at + START_WORD] as number
      const end = start + (words[at + COUNT_WORD] as number)
      let place = block === first ? lowerBound(words, start, end, from) : start
      for (; place < end && found < limit; place++) {
        keys[found] = words[place] as number
        values[found++] = words[place + capacity] as number
      }
    }
    while (block > first) unlock(words, --block << STRIDE_SHIFT)
    return found
  }

  /** Calls `see` with every key and its value, as they lie. Exact only while no worker runs. */
  visit(see: (key: number, value: number) => void): void {
    const words = this.#words
    for (let block = 0; block < this.#blockCount; block++) {
      const at = block << STRIDE_SHIFT
      const capacity = words[at + CAPACITY_WORD] as number
      const start = words[at + START_WORD] as number
      const end = start + (words[at + COUNT_WORD] as number)
      for (let place = start; place < end; place++) {
        see(words[place] as number, words[place + capacity] as number)
      }
    }
  }

  #blockOf(key: number): number {
    const directory = this.#blockCount << STRIDE_SHIFT
    const behind = lowerBound(this.#words, directory + 1, directory + this.#blockCount, key + 1)
    return behind - directory - 1
  }

  #grow(at: number): void {
    const words = this.#words
    const capacity = words[at + CAPACITY_WORD] as number
    const start = words[at + START_WORD] as number
    const next = takeArray(words, at, capacity * 2, 5 * this.#blockCount)
    words.copyWithin(next, start, start + capacity)
    words.copyWithin(next + capacity * 2, start + capacity, start + capacity * 2)
  }
}

/** Returns the first place of a sorted stretch that holds `key` or more; `end`, if none does. */
function lowerBound(words: Int32Array, start: number, end: number, key: number): number {
  let low = start
  let high = end
  while (low < high) {
    const middle = (low + high) >>> 1
    if ((words[middle] as number) < key) low = middle + 1
    else high = middle
  }
  return low
}
