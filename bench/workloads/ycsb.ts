import type { RefList, Store, Transaction } from '../../src/index.ts'
import {
  accountRefs,
  INITIAL_BALANCE,
  loadAccounts,
  readAccounts,
  sumAccounts,
} from '../accounts.ts'
import { count, type Ledger } from '../ledger.ts'
import type { Batch, Observation, Seat, SideRun, ThroughputWorkload } from '../workload.ts'
import { lastStamps, OPERATIONS, stampOf, UPDATES, YcsbDraw } from '../ycsb.ts'
import { ycsbControl } from '../ycsb-control.ts'

const CELL_COUNT = 1_000_000

/** YCSB's update-heavy workload. */
export const ycsbA: ThroughputWorkload = blind('ycsb-a', 'half reads, half updates', 0.5)

/** YCSB's read-mostly workload. */
export const ycsbB: ThroughputWorkload = blind('ycsb-b', '95% reads, 5% updates', 0.05)

/** YCSB's read-only workload. */
export const ycsbC: ThroughputWorkload = counting('ycsb-c', 'reads only', 0)

/** YCSB's read-modify-write workload. */
export const ycsbF: ThroughputWorkload = counting(
  'ycsb-f',
  'half reads, half read-modify-write',
  0.5,
)

/**
 * Updates that do not read what they replace. Each writes a number that nobody else writes. At the
 * end a record must hold what one of the workers wrote into it last, or what was loaded if none did.
 */
function blind(name: string, mix: string, updateShare: number): ThroughputWorkload {
  return {
    ...describe(name, mix),
    subject: (store, seat, ledger) => subjectBatch(store, seat, ledger, updateShare, overwrite),
    control: ycsbControl(updateShare),
    observe: (store, run) => [observeStamps(store, run, updateShare)],
  }
}

/** Updates that count up what they read: the sum of all records tells how many there were. */
function counting(name: string, mix: string, updateShare: number): ThroughputWorkload {
  return {
    ...describe(name, mix),
    subject: (store, seat, ledger) => subjectBatch(store, seat, ledger, updateShare, increment),
    control: ycsbControl(updateShare),
    observe: (store, { cellCount, ledger }) => [
      {
        expected: cellCount * INITIAL_BALANCE + ledger.total(UPDATES),
        actual: sumAccounts(store, cellCount),
      },
    ],
  }
}

function describe(name: string, mix: string) {
  return {
    kind: 'throughput',
    name,
    description: `YCSB ${name.slice(-1).toUpperCase()}: ${mix}; zipfian, by ref`,
    defaults: { cellCount: CELL_COUNT, workerCounts: [1, 2] },
    prepare: (store: Store, cellCount: number) => loadAccounts(store, cellCount),
    figures: ({ ledger }: SideRun) => ({ updates: ledger.total(UPDATES) }),
  } as const
}

/** How a transaction updates one record. @param stamp a number that no other update has. */
type Update = (tx: Transaction, refs: RefList, key: number, stamp: number) => void

function overwrite(tx: Transaction, refs: RefList, key: number, stamp: number): void {
  tx.setAt(refs, key, stamp)
}

function increment(tx: Transaction, refs: RefList, key: number): void {
  tx.setAt(refs, key, (tx.getAt(refs, key) as number) + 1)
}

function subjectBatch(
  store: Store,
  seat: Seat,
  ledger: Ledger,
  updateShare: number,
  update: Update,
): Batch {
  const refs = accountRefs(store, 0, seat.cellCount)
  const draw = new YcsbDraw(seat, updateShare)
  const row = ledger.rowOf(seat.workerIndex)
  let operation = 0
  const reading = (tx: Transaction): unknown => tx.getAt(refs, draw.key)
  const updating = (tx: Transaction): void => {
    update(tx, refs, draw.key, stampOf(operation, seat.workerIndex))
  }
  return (transactionCount) => {
    for (let done = 0; done < transactionCount; done++) {
      draw.next()
      operation++
      if (draw.isUpdate) {
        store.transact(updating)
        count(row, UPDATES, 1)
      } else {
        store.transact(reading)
      }
    }
    row[OPERATIONS] = operation
  }
}

/** Counts the records that hold what nobody wrote last. */
function observeStamps(store: Store, run: SideRun, updateShare: number): Observation {
  const stamps = run.seats.map((seat) => {
    const operationCount = run.ledger.rowOf(seat.workerIndex)[OPERATIONS] as number
    return lastStamps(seat, updateShare, operationCount)
  })
  let wrong = 0
  for (const [key, held] of readAccounts(store, run.cellCount).entries()) {
    const isRight =
      held === INITIAL_BALANCE
        ? stamps.every((last) => last[key] === 0)
        : stamps.some((last) => last[key] === held)
    if (!isRight) wrong++
  }
  return { expected: 0, actual: wrong }
}
