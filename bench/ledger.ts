/**
 * What the workers of one side say of their transactions: the half of an invariant that a store does
 * not hold. Rules:
 *   L1. Each worker writes the columns of its own row only. What it committed it enters after the
 *       commit, so that neither aborts nor retries are counted.
 *   L2. Totals are exact only while no worker runs.
 * What a column means is the workload's.
 */

const COLUMN_COUNT = 16

export class Ledger {
  /** A row of 128 bytes for each worker: no two share a cache line. */
  readonly counts: Float64Array<SharedArrayBuffer>
  /** One word for all workers, to draw numbers from by `Atomics.add`. */
  readonly ticket: Int32Array<SharedArrayBuffer>

  constructor(counts: Float64Array<SharedArrayBuffer>, ticket: Int32Array<SharedArrayBuffer>) {
    this.counts = counts
    this.ticket = ticket
  }

  static create(workerCount: number): Ledger {
    const rowsLength = workerCount * COLUMN_COUNT * Float64Array.BYTES_PER_ELEMENT
    return new Ledger(
      new Float64Array(new SharedArrayBuffer(rowsLength)),
      new Int32Array(new SharedArrayBuffer(Int32Array.BYTES_PER_ELEMENT)),
    )
  }

  /** The ledger of a worker, from what it became on the way between threads. */
  static from({ counts, ticket }: Ledger): Ledger {
    return new Ledger(counts, ticket)
  }

  /** The row of one worker, to be written by it alone (L1). */
  rowOf(workerIndex: number): Float64Array<SharedArrayBuffer> {
    return this.counts.subarray(workerIndex * COLUMN_COUNT, (workerIndex + 1) * COLUMN_COUNT)
  }

  /** The sum of one column over all workers (L2). */
  total(column: number): number {
    let sum = 0
    for (let at = column; at < this.counts.length; at += COLUMN_COUNT) {
      sum += this.counts[at] as number
    }
    return sum
  }
}

/** Adds to one column of a row. */
export function count(row: Float64Array, column: number, amount: number): void {
  row[column] = (row[column] as number) + amount
}
