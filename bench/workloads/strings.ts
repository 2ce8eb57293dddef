import type { Store, Transaction } from '../../src/index.ts'
import { AMOUNT_MASK, accountKey, loadAccounts } from '../accounts.ts'
import { transferControl } from '../two-lock-control.ts'
import type { Batch, Seat, ThroughputWorkload } from '../workload.ts'
import { Xorshift32 } from '../xorshift32.ts'
import { observeSum } from './transfer.ts'

/**
 * Transfers by string key. Both strings are built anew each time, as a server does with the names
 * in a request, so no cache that goes by the identity of a string can answer. The control has no
 * keys: its accounts are array indexes.
 */
export const strings: ThroughputWorkload = {
  kind: 'throughput',
  name: 'strings',
  description: 'transfer by string key, each string built anew',
  defaults: { cellCount: 100_000, workerCounts: [1] },
  prepare: loadAccounts,
  subject: stringTransferBatch,
  control: transferControl,
  observe: (store, { cellCount }) => [observeSum(store, cellCount)],
}

function stringTransferBatch(store: Store, { cellCount, seed }: Seat): Batch {
  const random = new Xorshift32(seed)
  let from = ''
  let to = ''
  let amount = 0
  const body = (tx: Transaction): void => {
    const sourceBalance = tx.get(from) as number
    const targetBalance = tx.get(to) as number
    tx.set(from, sourceBalance - amount)
    tx.set(to, targetBalance + amount)
  }
  return (count) => {
    for (let done = 0; done < count; done++) {
      const fromIndex = random.below(cellCount)
      let toIndex = random.below(cellCount - 1)
      if (toIndex >= fromIndex) toIndex++
      from = accountKey(fromIndex)
      to = accountKey(toIndex)
      amount = (random.next() & AMOUNT_MASK) + 1
      store.transact(body)
    }
  }
}
