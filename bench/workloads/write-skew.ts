import type { Store, Transaction } from '../../src/index.ts'
import { AMOUNT_MASK, accountRefs, loadAccounts, sumAccounts } from '../accounts.ts'
import { lock, unlock } from '../cell-lock.ts'
import { count, type Ledger } from '../ledger.ts'
import { createPairs, FIRST_WORD, sumPairs } from '../pair-lock-control.ts'
import type {
  Batch,
  ControlCells,
  Observation,
  Seat,
  SideRun,
  ThroughputWorkload,
} from '../workload.ts'
import { Xorshift32 } from '../xorshift32.ts'

/** What each cell of a pair holds at first. */
const BALANCE = 32

/** A pair with more than this is not given any more, so that the constraint stays near. */
const PAIR_SUM_MAX = 64

/** Columns of the ledger. */
const NET = 0
const VIOLATIONS = 1

/**
 * Write skew: cells come in pairs, x + y must not be negative. A transaction reads both and takes
 * from one of them what the sum allows, or puts something back into one. Two that take from
 * different cells of a pair write nothing in common; only `serializable` keeps one of them back.
 *
 * A violation is a negative sum, each time that an attempt reads one, whether it commits or not, and
 * each pair that has one when the engine is looked at. Below `serializable` they are no failure.
 */
export const writeSkew: ThroughputWorkload = {
  kind: 'throughput',
  name: 'write-skew',
  description: 'take from one of two cells what their sum allows, or put back; --count attempts',
  defaults: { cellCount: 32, workerCounts: [1, 2], count: 10_000_000 },
  prepare: (store, cellCount) => loadAccounts(store, pairCountOf(cellCount) * 2, BALANCE),
  subject: subjectBatch,
  control: {
    create: (cellCount) => createPairs(pairCountOf(cellCount), BALANCE),
    batch: controlBatch,
    observe: (cells, run) => [
      { expected: expectedSum(run), actual: sumPairs(cells) },
      { expected: 0, actual: run.ledger.total(VIOLATIONS) },
    ],
  },
  observe: observePairs,
  figures: ({ ledger }) => ({ violations: ledger.total(VIOLATIONS) }),
}

function pairCountOf(cellCount: number): number {
  return cellCount >> 1
}

function expectedSum({ cellCount, ledger }: SideRun): number {
  return pairCountOf(cellCount) * 2 * BALANCE + ledger.total(NET)
}

/** No level loses an update, so the sum of all cells holds at each of them. */
function observePairs(store: Store, run: SideRun): readonly Observation[] {
  const { cellCount, isolation, ledger } = run
  const pairCount = pairCountOf(cellCount)
  count(ledger.rowOf(0), VIOLATIONS, countNegative(store, pairCount))
  const sum = { expected: expectedSum(run), actual: sumAccounts(store, pairCount * 2) }
  if (isolation !== 'serializable') return [sum]
  return [sum, { expected: 0, actual: ledger.total(VIOLATIONS) }]
}

function countNegative(store: Store, pairCount: number): number {
  const refs = accountRefs(store, 0, pairCount * 2)
  let negative = 0
  for (let pair = 0; pair < pairCount; pair++) {
    const sum = store.transact((tx) => {
      return Number(tx.getAt(refs, pair * 2)) + Number(tx.getAt(refs, pair * 2 + 1))
    })
    if (sum < 0) negative++
  }
  return negative
}

function subjectBatch(store: Store, { cellCount, seed, workerIndex }: Seat, ledger: Ledger): Batch {
  const pairCount = pairCountOf(cellCount)
  const refs = accountRefs(store, 0, pairCount * 2)
  const row = ledger.rowOf(workerIndex)
  const random = new Xorshift32(seed)
  let pair = 0
  let change = 0
  let second = 0
  /** Returns what was added. */
  const body = (tx: Transaction): number => {
    const first = tx.getAt(refs, pair * 2) as number
    const other = tx.getAt(refs, pair * 2 + 1) as number
    const sum = first + other
    if (sum < 0) count(row, VIOLATIONS, 1)
    if (!isAllowed(sum, change)) return 0
    tx.setAt(refs, pair * 2 + second, (second === 0 ? first : other) + change)
    return change
  }
  return (transactionCount) => {
    for (let done = 0; done < transactionCount; done++) {
      pair = random.below(pairCount)
      const drawn = random.next()
      second = drawn & 1
      change = changeOf(drawn)
      count(row, NET, store.transact(body))
    }
  }
}

function controlBatch(
  { words, strideShift }: ControlCells,
  { cellCount, seed, workerIndex }: Seat,
  ledger: Ledger,
): Batch {
  const pairCount = pairCountOf(cellCount)
  const row = ledger.rowOf(workerIndex)
  const random = new Xorshift32(seed)
  return (transactionCount) => {
    for (let done = 0; done < transactionCount; done++) {
      const at = random.below(pairCount) << strideShift
      const drawn = random.next()
      const value = at + FIRST_WORD + (drawn & 1)
      const change = changeOf(drawn)
      lock(words, at)
      const sum = (words[at + FIRST_WORD] as number) + (words[at + FIRST_WORD + 1] as number)
      const allowed = isAllowed(sum, change)
      if (allowed) words[value] = (words[value] as number) + change
      unlock(words, at)
      if (sum < 0) count(row, VIOLATIONS, 1)
      if (allowed) count(row, NET, change)
    }
  }
}

/** Half of them take, half of them put. */
function changeOf(drawn: number): number {
  const amount = ((drawn >>> 2) & AMOUNT_MASK) + 1
  return (drawn & 2) === 0 ? -amount : amount
}

function isAllowed(sum: number, change: number): boolean {
  return change < 0 ? sum + change >= 0 : sum <= PAIR_SUM_MAX
}
