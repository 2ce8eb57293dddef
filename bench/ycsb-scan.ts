/**
 * What YCSB's workload E draws, counts and checks, for the engine and for its control. A record holds
 * its own number. Those that are loaded are numbered from zero and stay; those that are inserted get
 * numbers behind them, scattered, so that in the order of texts they come in between.
 */

import { count, type Ledger } from './ledger.ts'
import { scatter } from './scatter.ts'
import { nextInTextOrder } from './text-order.ts'
import type { Seat } from './workload.ts'
import { workerSeed, Xorshift32 } from './xorshift32.ts'
import { YcsbDraw } from './ycsb.ts'

/** Columns of the ledger; its ticket counts the numbers that were given out. */
export const INSERTS = 0
export const SCANS = 1
export const SCANNED_KEYS = 2
/** Scans that were not what they had to be. */
export const SCAN_FAULTS = 3

const INSERT_SHARE = 0.05

/** Records that one scan takes, at most. */
export const SCAN_LENGTH_MAX = 100

/**
 * Numbers to be given out; a longer run ends with an error. Behind 1,000,000 they are all those of
 * seven digits: ten between a record of six digits and the next one.
 */
export const INSERT_COUNT_MAX = 9_000_000

/** One operation after the other, as one worker draws them. */
export class ScanDraw {
  isInsert = false
  /** The record to insert, or the loaded one to scan from. */
  record = 0
  /** Records to scan. */
  length = 0
  readonly #operations: YcsbDraw
  readonly #lengths: Xorshift32
  readonly #loadedCount: number
  readonly #ticket: Int32Array

  constructor(seat: Seat, { ticket }: Ledger) {
    this.#operations = new YcsbDraw(seat, INSERT_SHARE)
    this.#lengths = new Xorshift32(workerSeed(seat.seed, seat.workerIndex))
    this.#loadedCount = seat.cellCount
    this.#ticket = ticket
  }

  next(): void {
    this.#operations.next()
    this.isInsert = this.#operations.isUpdate
    if (this.isInsert) {
      this.record = insertedRecord(this.#loadedCount, Atomics.add(this.#ticket, 0, 1))
    } else {
      this.record = this.#operations.key
      this.length = this.#lengths.below(SCAN_LENGTH_MAX) + 1
    }
  }
}

/** Returns the number of the record that is the n-th one to be inserted, from 0. */
export function insertedRecord(loadedCount: number, n: number): number {
  if (n >= INSERT_COUNT_MAX) throw new Error(`${n} records were inserted, and no more can be`)
  return loadedCount + scatter(n, INSERT_COUNT_MAX, 1 / INSERT_COUNT_MAX)
}

/**
 * Whether a scan met what it must: the loaded records from where it began, none left out, and as
 * many records as it should, unless it came to the last one.
 */
export function isWhole(
  records: Float64Array,
  foundCount: number,
  draw: Pick<ScanDraw, 'record' | 'length'>,
  cellCount: number,
): boolean {
  let expected = draw.record
  for (let at = 0; at < foundCount; at++) {
    const record = records[at] as number
    if (record >= cellCount) continue
    if (record !== expected) return false
    expected = nextInTextOrder(record, cellCount)
  }
  return records[0] === draw.record && (foundCount === draw.length || expected === -1)
}

/** Enters a scan into the row of who made it. */
export function enterScan(row: Float64Array, keyCount: number, isRight: boolean): void {
  count(row, SCANS, 1)
  count(row, SCANNED_KEYS, keyCount)
  if (!isRight) count(row, SCAN_FAULTS, 1)
}
