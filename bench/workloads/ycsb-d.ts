import type { Store, Transaction } from '../../src/index.ts'
import { accountKey, INITIAL_BALANCE, loadAccounts, readAccounts } from '../accounts.ts'
import { count, type Ledger } from '../ledger.ts'
import type {
  Batch,
  ControlCells,
  Observation,
  Seat,
  SideRun,
  ThroughputWorkload,
} from '../workload.ts'
import { Xorshift32 } from '../xorshift32.ts'
import { Zipfian } from '../zipfian.ts'

const INSERT_SHARE = 0.05

/** Room for 15 million records more; a longer run ends with an error. */
const ARENA_BYTES_MIN = 2 ** 31

/** Columns of the ledger; its ticket numbers the records that are inserted. */
const INSERTS = 0
const MISSES = 1

/**
 * YCSB's read-latest workload: 5% insert a record, 95% read one, the latest most often. Keys are
 * strings that are built anew, since there are no refs of records to come. The zipfian distance from
 * the latest record spans as many records as were loaded. A read of a record whose insert has not
 * committed yet is a miss.
 */
export const ycsbD: ThroughputWorkload = {
  kind: 'throughput',
  name: 'ycsb-d',
  description: 'YCSB D: 95% reads of the latest records, 5% inserts; by string key',
  defaults: { cellCount: 1_000_000, workerCounts: [1, 2], arenaBytesMin: ARENA_BYTES_MIN },
  prepare: (store, cellCount) => loadAccounts(store, cellCount),
  subject: subjectBatch,
  control: {
    create: createRing,
    batch: controlBatch,
    observe: ({ words }, run) => [
      { expected: expectedRecords(run), actual: words.reduce((sum, word) => sum + word, 0) },
    ],
  },
  observe: (store, run) => [observeRecords(store, run)],
  figures: ({ ledger }) => ({ inserts: ledger.total(INSERTS), misses: ledger.total(MISSES) }),
}

function expectedRecords({ cellCount, ledger }: SideRun): number {
  return cellCount + ledger.total(INSERTS)
}

/** Counts the records there are, up to the first number that was not given out. */
function observeRecords(store: Store, run: SideRun): Observation {
  const numbers = run.cellCount + Atomics.load(run.ledger.ticket, 0) + 1
  const held = readAccounts(store, numbers).filter((value) => value === INITIAL_BALANCE)
  return { expected: expectedRecords(run), actual: held.length }
}

/** One operation after the other, as one worker draws them; the ticket says which is the latest. */
class LatestDraw {
  record = 0
  isInsert = false
  readonly #random: Xorshift32
  readonly #distances: Zipfian
  readonly #loadedCount: number
  readonly #ticket: Int32Array

  constructor({ cellCount, seed }: Seat, { ticket }: Ledger) {
    this.#random = new Xorshift32(seed)
    this.#distances = new Zipfian(this.#random, cellCount)
    this.#loadedCount = cellCount
    this.#ticket = ticket
  }

  next(): void {
    this.isInsert = this.#random.unit() < INSERT_SHARE
    if (this.isInsert) {
      this.record = this.#loadedCount + Atomics.add(this.#ticket, 0, 1)
    } else {
      const latest = this.#loadedCount + Atomics.load(this.#ticket, 0) - 1
      this.record = latest - this.#distances.next()
    }
  }
}

function subjectBatch(store: Store, seat: Seat, ledger: Ledger): Batch {
  const draw = new LatestDraw(seat, ledger)
  const row = ledger.rowOf(seat.workerIndex)
  let key = ''
  const reading = (tx: Transaction): unknown => tx.get(key)
  const inserting = (tx: Transaction): void => tx.set(key, INITIAL_BALANCE)
  return (transactionCount) => {
    for (let done = 0; done < transactionCount; done++) {
      draw.next()
      key = accountKey(draw.record)
      if (draw.isInsert) {
        store.transact(inserting)
        count(row, INSERTS, 1)
      } else if (store.transact(reading) === undefined) {
        count(row, MISSES, 1)
      }
    }
  }
}

/** A ring with twice the room: the oldest records are written over, so that a long run needs no more. */
function createRing(cellCount: number): ControlCells {
  const wordCount = 2 ** Math.ceil(Math.log2(cellCount * 2))
  const words = new Int32Array(new SharedArrayBuffer(wordCount * Int32Array.BYTES_PER_ELEMENT))
  return { words: words.fill(1, 0, cellCount), strideShift: 0 }
}

/** Records are array elements: an insert and a read are one atomic access each. */
function controlBatch({ words }: ControlCells, seat: Seat, ledger: Ledger): Batch {
  const draw = new LatestDraw(seat, ledger)
  const row = ledger.rowOf(seat.workerIndex)
  const mask = words.length - 1
  let seen = 0
  return (transactionCount) => {
    for (let done = 0; done < transactionCount; done++) {
      draw.next()
      if (draw.isInsert) {
        Atomics.add(words, draw.record & mask, 1)
        count(row, INSERTS, 1)
      } else {
        seen = (seen + Atomics.load(words, draw.record & mask)) | 0
      }
    }
  }
}
