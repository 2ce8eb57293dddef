import type { Store, Transaction } from '../../src/index.ts'
import {
  AMOUNT_MASK,
  accountRefs,
  INITIAL_BALANCE,
  loadAccounts,
  sumAccounts,
} from '../accounts.ts'
import { transferControl } from '../two-lock-control.ts'
import type { Batch, Observation, ThroughputWorkload } from '../workload.ts'
import { Xorshift32 } from '../xorshift32.ts'

/**
 * The unit of cost: two random distinct accounts are read and written, an amount moves from one to
 * the other, all in one transaction. Keys are refs, so no look-up is counted.
 */
export const transfer: ThroughputWorkload = {
  kind: 'throughput',
  name: 'transfer',
  description: 'move an amount between two random cells: 2 reads, 2 writes, by ref',
  defaults: { cellCount: 100_000, workerCounts: [1, 2] },
  prepare: loadAccounts,
  subject: (store, { cellCount, seed }) => transferBatch(store, 0, cellCount, seed),
  control: transferControl,
  observe: (store, { cellCount }) => [observeSum(store, cellCount)],
}

/** Returns the sum of all balances beside the sum that was loaded. */
export function observeSum(store: Store, cellCount: number): Observation {
  return { expected: cellCount * INITIAL_BALANCE, actual: sumAccounts(store, cellCount) }
}

/** Returns a batch of transfers between random distinct accounts of one range, by ref. */
export function transferBatch(
  store: Store,
  firstCell: number,
  cellCount: number,
  seed: number,
): Batch {
  const refs = accountRefs(store, firstCell, cellCount)
  const random = new Xorshift32(seed)
  let from = 0
  let to = 0
  let amount = 0
  const body = (tx: Transaction): void => {
    const sourceBalance = tx.getAt(refs, from) as number
    const targetBalance = tx.getAt(refs, to) as number
    tx.setAt(refs, from, sourceBalance - amount)
    tx.setAt(refs, to, targetBalance + amount)
  }
  return (count) => {
    for (let done = 0; done < count; done++) {
      from = random.below(cellCount)
      to = random.below(cellCount - 1)
      if (to >= from) to++
      amount = (random.next() & AMOUNT_MASK) + 1
      store.transact(body)
    }
  }
}
