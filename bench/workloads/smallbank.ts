import type { RefList, Store, Transaction } from '../../src/index.ts'
import { accountRefs, loadAccounts, sumAccounts } from '../accounts.ts'
import type { Ledger } from '../ledger.ts'
import {
  AMALGAMATE,
  BALANCE,
  chargeOf,
  customerCountOf,
  DEPOSIT_CHECKING,
  enterCommit,
  expectedMoney,
  FIRST_BALANCE,
  penaltyCount,
  SmallBankDraw,
  TRANSACT_SAVING,
} from '../smallbank.ts'
import { smallbankControl } from '../smallbank-control.ts'
import type { Batch, Seat, ThroughputWorkload } from '../workload.ts'

/**
 * SmallBank: five programs on the two accounts of a customer, by ref. The sum of all accounts must be
 * what was loaded, what committed transactions put in and what they took out, penalties included.
 * That holds at every level, because none loses an update: each account that is written was read.
 */
export const smallbank: ThroughputWorkload = {
  kind: 'throughput',
  name: 'smallbank',
  description: 'SmallBank: five programs on savings and checking, 9 of 10 on 1,000 hot customers',
  defaults: { cellCount: 36_000, cellCountMin: 4, workerCounts: [1, 2] },
  prepare: (store, cellCount) => {
    loadAccounts(store, customerCountOf(cellCount) * 2, FIRST_BALANCE)
  },
  subject: subjectBatch,
  control: smallbankControl,
  observe: (store, { cellCount, ledger }) => [
    {
      expected: expectedMoney(cellCount, ledger),
      actual: sumAccounts(store, customerCountOf(cellCount) * 2),
    },
  ],
  figures: ({ ledger }) => ({ penalties: penaltyCount(ledger) }),
}

function subjectBatch(store: Store, seat: Seat, ledger: Ledger): Batch {
  const refs = accountRefs(store, 0, customerCountOf(seat.cellCount) * 2)
  const draw = new SmallBankDraw(seat)
  const row = ledger.rowOf(seat.workerIndex)
  let balances = 0
  /** Returns what came in; of `BALANCE`, what the customer has. */
  const body = (tx: Transaction): number => runProgram(tx, refs, draw)
  return (transactionCount) => {
    for (let done = 0; done < transactionCount; done++) {
      draw.next()
      const result = store.transact(body)
      if (draw.program === BALANCE) balances = (balances + result) | 0
      else enterCommit(row, draw, result)
    }
  }
}

function runProgram(tx: Transaction, refs: RefList, draw: SmallBankDraw): number {
  const { program, customer, amount } = draw
  const savingsAt = customer * 2
  const checkingAt = savingsAt + 1
  if (program === DEPOSIT_CHECKING) {
    tx.setAt(refs, checkingAt, (tx.getAt(refs, checkingAt) as number) + amount)
    return amount
  }
  const savings = tx.getAt(refs, savingsAt) as number
  if (program === TRANSACT_SAVING) {
    if (savings + amount < 0) return 0
    tx.setAt(refs, savingsAt, savings + amount)
    return amount
  }
  const checking = tx.getAt(refs, checkingAt) as number
  if (program === BALANCE) return savings + checking
  if (program === AMALGAMATE) {
    const otherAt = draw.other * 2 + 1
    tx.setAt(refs, otherAt, (tx.getAt(refs, otherAt) as number) + savings + checking)
    tx.setAt(refs, savingsAt, 0)
    tx.setAt(refs, checkingAt, 0)
    return 0
  }
  const charge = chargeOf(savings + checking, amount)
  tx.setAt(refs, checkingAt, checking - charge)
  return -charge
}
