/** Scans of a transaction: ranges of keys in order, fetched from the kernel in batches. */
import {
  SCAN_AFTER_START,
  SCAN_ANSWER_START,
  SCAN_BEFORE_END,
  SCAN_ELEMENT_COUNT_MAX,
  SCAN_ELEMENTS,
  SCAN_END_KEY_START,
  SCAN_FOUND_START,
  SCAN_HAS_END,
  SCAN_HAS_START,
  SCAN_NUMBER_COUNT_MAX,
  SCAN_NUMBERS,
  SCAN_READ_ONLY,
  SCAN_REVERSE,
} from '../../native-layout/scan-descriptor.ts'
import {
  SLOT_OPPONENT_OFFSET,
  SLOT_TAG_OFFSET,
  SLOT_WRITE_COUNT_OFFSET,
} from '../../native-layout/slot-descriptor.ts'
import {
  STATUS_ARENA_FULL,
  STATUS_LOCKED,
  STATUS_OK,
  STATUS_SNAPSHOT_TOO_OLD,
  TAG_BLOCK_FIRST,
  TAG_NUMBER,
} from '../../native-layout/status-codes.ts'
import { THREAD_OVERWRITE_COUNT_OFFSET } from '../../native-layout/thread-descriptor.ts'
import { TAG_MASK } from '../../native-layout/word-descriptor.ts'
import { InvalidOptionError } from '../errors/store-errors.ts'
import { KEY_LENGTH_MAX, type Key } from '../values/key.ts'
import { decodeKey, encodeKey } from '../values/key-encoding.ts'
import { type EncodedRange, encodeRange, isEmptyRange, type KeyRange } from '../values/key-range.ts'
import { readStoredAs } from '../values/stored-value.ts'
import type { Value } from '../values/value.ts'
import { errorOf } from './failure.ts'
import type { Transaction } from './transaction.ts'
import { backOff } from './waiting.ts'

/** Milliseconds that a scan waits for one lock before it gives up. */
const SCAN_WAIT_MS_MAX = 2000

/** Elements of the first batch of an iteration: it may end soon. */
const FIRST_BATCH_COUNT = 16

/** Keys that are counted in one call. */
const COUNT_BATCH = 4096

const NO_BYTES = new Uint8Array(0)

/** Where a scan has come to, and the calls that take it further. */
class Cursor {
  readonly #tx: Transaction
  readonly #flags: number
  readonly #end: Uint8Array
  #start: Uint8Array
  #startLength: number
  #startFlags: number
  /** Whether there may be more. */
  hasMore: boolean

  constructor(tx: Transaction, range: EncodedRange, wanted: number) {
    const { low, high, isReverse } = range
    const start = isReverse ? high : low
    const end = isReverse ? low : high
    this.#tx = tx
    this.#start = start?.bytes ?? NO_BYTES
    this.#startLength = this.#start.length
    this.#startFlags =
      start === undefined ? 0 : SCAN_HAS_START | (start.isOpen ? SCAN_AFTER_START : 0)
    this.#end = end?.bytes ?? NO_BYTES
    const ofEnd = end === undefined ? 0 : SCAN_HAS_END | (end.isOpen ? SCAN_BEFORE_END : 0)
    this.#flags =
      wanted | ofEnd | (isReverse ? SCAN_REVERSE : 0) | (tx.isReadOnly ? SCAN_READ_ONLY : 0)
    this.hasMore = !isEmptyRange(range)
  }

  /** Address of what the last call found. */
  get foundAt(): number {
    return this.#tx.session.arena.scratch + SCAN_FOUND_START
  }

  /** Goes on behind a key. */
  continueBehind(key: Key): void {
    this.#roomForStart()
    this.#startLength = encodeKey(key, this.#start, 0)
    this.#startFlags = SCAN_HAS_START | SCAN_AFTER_START
    this.hasMore = true
  }

  /** Finds up to `limit` keys more; how many. Waits for locks. */
  fetch(limit: number): number {
    const tx = this.#tx
    let startedMs = 0
    let reclaimed = false
    for (let waits = 0; this.hasMore; waits++) {
      const found = this.#call(limit)
      const { session, slot } = tx
      const { u32 } = session.arena
      const status = u32[(slot + SLOT_TAG_OFFSET) >>> 2] as number
      // A failure that the next call may not meet again does not undo what was found before it.
      const isPassing = status === STATUS_LOCKED || status === STATUS_ARENA_FULL
      if (found > 0 && (status === STATUS_OK || isPassing)) return found
      if (status === STATUS_OK) continue
      if (status === STATUS_ARENA_FULL && !reclaimed) {
        reclaimed = true
        session.reclaim()
        continue
      }
      if (status !== STATUS_LOCKED) throw tx.poison(errorOf(session, slot, status))
      if (startedMs === 0) {
        startedMs = performance.now()
        session.settleOwnLock(u32[(slot + SLOT_OPPONENT_OFFSET) >>> 2] as number)
      }
      if (performance.now() - startedMs > SCAN_WAIT_MS_MAX) {
        throw tx.poison(errorOf(session, slot, status))
      }
      backOff(session.arena, waits)
    }
    return 0
  }

  #call(limit: number): number {
    const { session, slot, kernel } = this.#tx
    const { bytes, u32, scratch } = session.arena
    copyBytes(this.#start, this.#startLength, bytes, scratch)
    copyBytes(this.#end, this.#end.length, bytes, scratch + SCAN_END_KEY_START)
    const flags = this.#flags | this.#startFlags
    const found = kernel.scan(slot, this.#startLength, this.#end.length, flags, limit)
    const answer = (scratch + SCAN_ANSWER_START) >>> 2
    const said = u32[answer] as number
    this.hasMore = said !== 0
    const next = u32[answer + 1] as number
    if (next !== 0) {
      this.#roomForStart()
      this.#startLength = said >>> 1
      this.#startFlags = next
      copyBytes(bytes.subarray(scratch), this.#startLength, this.#start, 0)
    }
    return found >>> 0
  }

  /** The bytes of the range that was given are not this cursor's. */
  #roomForStart(): void {
    if (this.#start.length !== KEY_LENGTH_MAX) this.#start = new Uint8Array(KEY_LENGTH_MAX)
  }
}

function copyBytes(from: Uint8Array, length: number, to: Uint8Array, at: number): void {
  for (let i = 0; i < length; i++) to[at + i] = from[i] as number
}

/** What is common to the iterations of a scan: batches, and the place within the present one. */
abstract class RangeIterator<T> implements IterableIterator<T> {
  protected readonly tx: Transaction
  readonly #cursor: Cursor
  readonly #overwriteCountIndex: number
  readonly #writeCountIndex: number
  #left: number
  #batchCount = FIRST_BATCH_COUNT
  #at = 0
  #count = 0
  #writeCount = 0
  #isDone = false
  #base = 0
  #limit = 0
  #bytes = NO_BYTES
  #words = new Uint32Array(0)
  protected numbers: Float64Array = new Float64Array(0)
  protected integers: BigInt64Array = new BigInt64Array(0)
  protected key: Key = ''

  constructor(tx: Transaction, range: KeyRange | undefined) {
    const encoded = openRange(tx, range)
    const { arena } = tx.session
    this.tx = tx
    this.#left = encoded.limit
    this.#cursor = new Cursor(tx, encoded, SCAN_ELEMENTS)
    this.#writeCountIndex = (tx.slot + SLOT_WRITE_COUNT_OFFSET) >>> 2
    this.#overwriteCountIndex =
      (arena.kernel.threadRecord(arena.threadIndex) + THREAD_OVERWRITE_COUNT_OFFSET) >>> 2
  }

  [Symbol.iterator](): this {
    return this
  }

  next(): IteratorResult<T, undefined> {
    const { tx } = this
    if (this.#isDone) return { value: undefined, done: true }
    tx.assertOpen()
    const { u32 } = tx.session.arena
    if (this.#at === this.#count || this.#writesIn(u32) !== this.#writeCount) {
      if (!this.#refill(u32)) return this.return()
    }
    const at = this.#at++
    const words = this.#words
    const info = (this.#limit + at) * 2
    const form = words[info] as number
    const keyAt = (words[info + 1] as number) - this.#base
    this.key = decodeKey(this.#bytes, keyAt, form >>> 8)
    this.#left--
    return { value: this.read(form & TAG_MASK, words[at * 2] as number, at), done: false }
  }

  /** Ends the iteration; nothing is left behind. */
  return(): IteratorResult<T, undefined> {
    this.#isDone = true
    this.#bytes = NO_BYTES
    return { value: undefined, done: true }
  }

  /** What is iterated, for a key whose value has this tag and these low bits, and this place. */
  protected abstract read(tag: number, low: number, at: number): T

  /** A number that changes with each write of the transaction. */
  #writesIn(u32: Uint32Array): number {
    return (u32[this.#writeCountIndex] as number) + (u32[this.#overwriteCountIndex] as number)
  }

  #refill(u32: Uint32Array): boolean {
    if (this.#left <= 0) return false
    // What was fetched may be out of date, and the place to go on: the transaction has written since.
    const isOutdated = this.#writesIn(u32) !== this.#writeCount
    if (isOutdated && this.#at > 0) this.#cursor.continueBehind(this.key)
    this.#limit = Math.min(this.#batchCount, this.#left)
    const count = this.#cursor.fetch(this.#limit)
    this.#batchCount = Math.min(this.#batchCount * 4, SCAN_ELEMENT_COUNT_MAX)
    this.#writeCount = this.#writesIn(u32)
    this.#at = 0
    this.#count = count
    if (count === 0) return false
    const { bytes } = this.tx.session.arena
    this.#base = this.#cursor.foundAt
    const last = (this.#base >>> 2) + (this.#limit + count - 1) * 2
    const end = (u32[last + 1] as number) + ((u32[last] as number) >>> 8)
    // A copy: other calls use the scratch area, too.
    this.#bytes = bytes.slice(this.#base, (end + 7) & ~7)
    const { buffer } = this.#bytes
    this.#words = new Uint32Array(buffer)
    this.numbers = new Float64Array(buffer)
    this.integers = new BigInt64Array(buffer)
    return true
  }
}

/** Iterates keys. */
class KeyIterator extends RangeIterator<Key> {
  protected read(): Key {
    return this.key
  }
}

/** Iterates keys with their values. */
class EntryIterator extends RangeIterator<[Key, Value]> {
  protected read(tag: number, low: number, at: number): [Key, Value] {
    if (tag === TAG_NUMBER) return [this.key, this.numbers[at] as number]
    return [this.key, this.#readOther(tag, low, at)]
  }

  #readOther(tag: number, low: number, at: number): Value {
    const { tx } = this
    const { session, slot, kernel } = tx
    const whole = this.integers[at] as bigint
    try {
      const value = readStoredAs(session, slot, tag, low, whole)
      if (tag >= TAG_BLOCK_FIRST && kernel.isLive(slot) === 0) {
        throw errorOf(session, slot, STATUS_SNAPSHOT_TOO_OLD)
      }
      return value
    } catch (error) {
      // What was decoded may have been a block that others use by now.
      const revoked = kernel.isLive(slot) === 0
      throw tx.poison(revoked ? errorOf(session, slot, STATUS_SNAPSHOT_TOO_OLD) : error)
    }
  }
}

/** As `Transaction.scan`. */
export function scanRange(
  tx: Transaction,
  range: KeyRange | undefined,
): IterableIterator<[Key, Value]> {
  return new EntryIterator(tx, range)
}

/** As `Transaction.keys`. */
export function keysOfRange(tx: Transaction, range: KeyRange | undefined): IterableIterator<Key> {
  return new KeyIterator(tx, range)
}

/** As `Transaction.count`. */
export function countRange(tx: Transaction, range: KeyRange | undefined): number {
  const encoded = openRange(tx, range)
  const cursor = new Cursor(tx, encoded, 0)
  let count = 0
  while (cursor.hasMore && count < encoded.limit) {
    count += cursor.fetch(Math.min(COUNT_BATCH, encoded.limit - count))
  }
  return count
}

/** As `Transaction.scanInto`. */
export function scanRangeInto(
  tx: Transaction,
  range: KeyRange | undefined,
  values: Float64Array,
  keys: Key[] | undefined,
): number {
  const encoded = openRange(tx, range)
  if (!(values instanceof Float64Array)) {
    const accepted = 'a Float64Array'
    throw tx.poison(new InvalidOptionError({ option: 'values', given: values, accepted }))
  }
  if (keys !== undefined && !Array.isArray(keys)) {
    const accepted = 'an array, for the keys'
    throw tx.poison(new InvalidOptionError({ option: 'keys', given: keys, accepted }))
  }
  const limit = Math.min(encoded.limit, values.length)
  if (keys !== undefined) return entriesInto(tx, { ...range, limit }, values, keys)
  const cursor = new Cursor(tx, encoded, SCAN_NUMBERS)
  const { f64 } = tx.session.arena
  let count = 0
  while (cursor.hasMore && count < limit) {
    const found = cursor.fetch(Math.min(SCAN_NUMBER_COUNT_MAX, limit - count))
    const at = cursor.foundAt >>> 3
    values.set(f64.subarray(at, at + found), count)
    count += found
  }
  return count
}

function entriesInto(tx: Transaction, range: KeyRange, values: Float64Array, keys: Key[]): number {
  let count = 0
  for (const [key, value] of new NumberIterator(tx, range)) {
    keys[count] = key
    values[count++] = value
  }
  keys.length = count
  return count
}

/** Iterates keys with their numbers, NaN for other values. */
class NumberIterator extends RangeIterator<[Key, number]> {
  protected read(tag: number, _low: number, at: number): [Key, number] {
    const number = tag === TAG_NUMBER ? (this.numbers[at] as number) : Number.NaN
    return [this.key, number]
  }
}

function openRange(tx: Transaction, range: KeyRange | undefined): EncodedRange {
  tx.assertOpen()
  try {
    return encodeRange(range)
  } catch (error) {
    throw tx.poison(error)
  }
}
