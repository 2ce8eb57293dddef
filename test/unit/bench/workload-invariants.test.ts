/** What throughput workloads check: that it holds when all went well, and breaks when it did not. */
import { type IsolationLevel, type Khonsu, TransactionConflictError } from 'khonsu'
import { describe, expect, test } from 'vitest'
import { accountKey } from '#dist/bench/accounts.js'
import { ISOLATION_LEVELS } from '#dist/bench/bench-settings.js'
import { count, Ledger } from '#dist/bench/ledger.js'
import type {
  Batch,
  Observation,
  Seat,
  SideRun,
  ThroughputWorkload,
  Workload,
} from '#dist/bench/workload.js'
import { workloads } from '#dist/bench/workload-registry.js'
import { smallbank } from '#dist/bench/workloads/smallbank.js'
import { writeSkew } from '#dist/bench/workloads/write-skew.js'
import { ycsbA, ycsbB, ycsbC, ycsbF } from '#dist/bench/workloads/ycsb.js'
import { ycsbD } from '#dist/bench/workloads/ycsb-d.js'
import { ycsbE } from '#dist/bench/workloads/ycsb-e.js'
import { workerSeed } from '#dist/bench/xorshift32.js'
import { openStore } from '../../support/store.ts'

const CELL_COUNT = 200
const WORKER_COUNT = 2
const TURN_COUNT = 20
const TRANSACTIONS_PER_TURN = 50

function isThroughput(workload: Workload): workload is ThroughputWorkload {
  return workload.kind === 'throughput'
}

function runAt(isolation: IsolationLevel): SideRun {
  const seats = Array.from({ length: WORKER_COUNT }, (_, workerIndex): Seat => {
    const seed = workerSeed(1, workerIndex)
    return { workerIndex, workerCount: WORKER_COUNT, cellCount: CELL_COUNT, seed }
  })
  return { cellCount: CELL_COUNT, isolation, seats, ledger: Ledger.create(WORKER_COUNT) }
}

/** Lets the workers take turns. */
function runTurns(batches: readonly Batch[]): void {
  for (let turn = 0; turn < TURN_COUNT; turn++) {
    for (const batch of batches) batch(TRANSACTIONS_PER_TURN)
  }
}

async function runEngine(workload: ThroughputWorkload, isolation: IsolationLevel) {
  const khonsu = await openStore({ isolation })
  const run = runAt(isolation)
  workload.prepare(khonsu, CELL_COUNT)
  runTurns(run.seats.map((seat) => workload.subject(khonsu, seat, run.ledger)))
  return { khonsu, run, observe: () => holds(workload.observe(khonsu, run)) }
}

function runControl({ control }: ThroughputWorkload) {
  const run = runAt('serializable')
  const cells = control.create(CELL_COUNT)
  runTurns(run.seats.map((seat) => control.batch(cells, seat, run.ledger)))
  return { cells, run, observe: () => holds(control.observe(cells, run)) }
}

function holds(observations: readonly Observation[]): boolean {
  expect(observations.length).toBeGreaterThan(0)
  return observations.every(({ expected, actual }) => expected === actual)
}

function add(khonsu: Khonsu, index: number, amount: number): void {
  khonsu.transact((tx) => tx.update(accountKey(index), (old) => Number(old) + amount))
}

describe.each(workloads.filter(isThroughput))('$name', (workload) => {
  test.each(ISOLATION_LEVELS)('holds at %s, until a cell is wrong or gone', async (isolation) => {
    const { khonsu, observe } = await runEngine(workload, isolation)
    expect(observe()).toBe(true)
    add(khonsu, 3, 0.5)
    expect(observe()).toBe(false)
    add(khonsu, 3, -0.5)
    expect(observe()).toBe(true)
    khonsu.transact((tx) => tx.delete(accountKey(3)))
    expect(observe()).toBe(false)
  })

  test('holds for its control, until a value is wrong', () => {
    const { cells, observe } = runControl(workload)
    expect(observe()).toBe(true)
    // A value, or how many there are, and no lock, in every layout.
    const word = cells.strideShift === 0 ? 0 : 1
    cells.words[word] = (cells.words[word] as number) + 1
    expect(observe()).toBe(false)
  })
})

describe.each([smallbank, writeSkew, ycsbD, ycsbE, ycsbF])('$name', (workload) => {
  test('finds a commit that is not in the ledger, and one that is not in the store', async () => {
    for (const amount of [-1, 1]) {
      const { run, observe } = await runEngine(workload, 'serializable')
      const column = workload === ycsbF ? 1 : 0
      count(run.ledger.rowOf(1), column, amount)
      expect(observe()).toBe(false)
    }
  })
})

describe('smallbank', () => {
  test('has checks that are written over more than there is', async () => {
    const { run } = await runEngine(smallbank, 'serializable')
    const engine = smallbank.figures?.(run)
    expect(engine?.penalties).toBeGreaterThan(0)
    expect(smallbank.figures?.(runControl(smallbank).run)).toEqual(engine)
  })

  test.each(['repeatable-read', 'serializable'] as const)(
    'leaves to the level whether a WriteCheck misses what a Balance has seen: %s',
    async (isolation) => {
      const { khonsu, run, observe } = await runEngine(smallbank, isolation)
      const [savings, checking] = [accountKey(0), accountKey(1)]
      using check = khonsu.startTransaction()
      const total = Number(check.read(savings)) + Number(check.read(checking))
      add(khonsu, 0, -total)
      count(run.ledger.rowOf(0), 0, -total)
      const seen = khonsu.transact((tx) => Number(tx.get(savings)) + Number(tx.get(checking)))
      expect(seen).toBe(0)
      check.write(checking, Number(check.read(checking)) - 1)
      if (isolation === 'serializable') {
        expect(() => check.commit()).toThrow(TransactionConflictError)
      } else {
        // There was nothing left, and no penalty is taken.
        check.commit()
        count(run.ledger.rowOf(0), 0, -1)
      }
      expect(observe()).toBe(true)
    },
  )
})

describe('write-skew', () => {
  /** A pair below zero, while the sum of all is as it must be. */
  async function skewed(isolation: IsolationLevel) {
    const engine = await runEngine(writeSkew, isolation)
    add(engine.khonsu, 0, -500)
    add(engine.khonsu, 2, 500)
    return engine
  }

  test('finds a pair below zero at serializable', async () => {
    const { observe, run } = await skewed('serializable')
    expect(observe()).toBe(false)
    expect(writeSkew.figures?.(run).violations).toBe(1)
  })

  test.each(['repeatable-read', 'read-committed'] as const)(
    'counts a pair below zero at %s, which allows it',
    async (isolation) => {
      const { observe, run } = await skewed(isolation)
      expect(observe()).toBe(true)
      expect(writeSkew.figures?.(run).violations).toBe(1)
    },
  )

  test('remembers a sum below zero that a transaction has read', async () => {
    const { khonsu, run, observe } = await skewed('serializable')
    const [seat] = run.seats
    runTurns(seat === undefined ? [] : [writeSkew.subject(khonsu, seat, run.ledger)])
    add(khonsu, 0, 500)
    add(khonsu, 2, -500)
    expect(observe()).toBe(false)
    expect(writeSkew.figures?.(run).violations).toBeGreaterThan(0)
  })
})

describe.each([ycsbA, ycsbB])('$name', (workload) => {
  test('finds that the last write of a record is lost', async () => {
    const { khonsu, observe } = await runEngine(workload, 'serializable')
    const values = khonsu.transact((tx) => {
      return Array.from({ length: CELL_COUNT }, (_, index) => Number(tx.get(accountKey(index))))
    })
    const written = values.findIndex((value) => value < 0)
    const untouched = values.findIndex((value) => value > 0)
    expect(observe()).toBe(true)
    khonsu.transact((tx) => tx.set(accountKey(written), values[untouched] as number))
    expect(observe()).toBe(false)
    khonsu.transact((tx) => {
      tx.set(accountKey(written), values[written] as number)
      tx.set(accountKey(untouched), values[written] as number)
    })
    expect(observe()).toBe(false)
  })
})

test('ycsb-c writes nothing', async () => {
  const { run } = await runEngine(ycsbC, 'serializable')
  expect(ycsbC.figures?.(run)).toEqual({ updates: 0 })
})

test('ycsb-d finds a record that nobody inserted', async () => {
  const { khonsu, run, observe } = await runEngine(ycsbD, 'serializable')
  const inserts = ycsbD.figures?.(run).inserts as number
  expect(inserts).toBeGreaterThan(0)
  expect(observe()).toBe(true)
  khonsu.transact((tx) => {
    tx.set(accountKey(CELL_COUNT + inserts), Number(tx.get(accountKey(0))))
  })
  expect(observe()).toBe(false)
})

describe('ycsb-e', () => {
  test('finds a record that nobody inserted', async () => {
    const { khonsu, run, observe } = await runEngine(ycsbE, 'serializable')
    expect(ycsbE.figures?.(run).inserts).toBeGreaterThan(0)
    const record = CELL_COUNT + 1
    khonsu.transact((tx) => tx.set(accountKey(record), record))
    expect(observe()).toBe(false)
    khonsu.transact((tx) => tx.delete(accountKey(record)))
    expect(observe()).toBe(true)
  })

  test('remembers a scan that left a loaded record out, when the record is back', async () => {
    const { khonsu, run, observe } = await runEngine(ycsbE, 'serializable')
    const [seat] = run.seats
    khonsu.transact((tx) => tx.delete(accountKey(150)))
    runTurns(seat === undefined ? [] : [ycsbE.subject(khonsu, seat, run.ledger)])
    khonsu.transact((tx) => tx.set(accountKey(150), 150))
    expect(observe()).toBe(false)
  })

  test('scans and inserts as much as its control', async () => {
    const { run } = await runEngine(ycsbE, 'serializable')
    expect(ycsbE.figures?.(runControl(ycsbE).run)).toEqual(ycsbE.figures?.(run))
  })
})
