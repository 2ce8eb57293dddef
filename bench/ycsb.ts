/**
 * What YCSB workloads draw (Cooper et al.: Benchmarking Cloud Serving Systems with YCSB, SoCC 2010):
 * one operation a transaction, on a record that is chosen with zipfian popularity.
 */

import { scatter } from './scatter.ts'
import type { Seat } from './workload.ts'
import { Xorshift32 } from './xorshift32.ts'
import { Zipfian } from './zipfian.ts'

/** Columns of the ledger. */
export const OPERATIONS = 0
export const UPDATES = 1

/** More than a run has workers. */
const WORKER_COUNT_LIMIT = 64

/** One operation after the other, as one worker draws them. The popular records are no neighbours. */
export class YcsbDraw {
  key = 0
  isUpdate = false
  readonly #random: Xorshift32
  readonly #ranks: Zipfian
  readonly #cellCount: number
  readonly #reciprocal: number
  readonly #updateShare: number

  /** @param updateShare of all operations, 0 to 1; the others read. */
  constructor({ cellCount, seed }: Seat, updateShare: number) {
    this.#random = new Xorshift32(seed)
    this.#ranks = new Zipfian(this.#random, cellCount)
    this.#cellCount = cellCount
    this.#reciprocal = 1 / cellCount
    this.#updateShare = updateShare
  }

  next(): void {
    this.isUpdate = this.#random.unit() < this.#updateShare
    this.key = scatter(this.#ranks.next(), this.#cellCount, this.#reciprocal)
  }
}

/** Returns what a worker writes in its operation with this number, from 1: no other one does. */
export function stampOf(operation: number, workerIndex: number): number {
  return -(operation * WORKER_COUNT_LIMIT + workerIndex)
}

/**
 * Returns what a worker wrote last into each record, 0 where it wrote nothing: its first operations
 * are drawn again, from the same seed.
 */
export function lastStamps(seat: Seat, updateShare: number, operationCount: number): Float64Array {
  const draw = new YcsbDraw(seat, updateShare)
  const stamps = new Float64Array(seat.cellCount)
  for (let operation = 1; operation <= operationCount; operation++) {
    draw.next()
    if (draw.isUpdate) stamps[draw.key] = stampOf(operation, seat.workerIndex)
  }
  return stamps
}
