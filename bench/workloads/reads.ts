import type { Store, Transaction } from '../../src/index.ts'
import { AMOUNT_MASK, accountRefs, loadAccounts } from '../accounts.ts'
import { loadUnlocked, transferControl, transferLocked } from '../two-lock-control.ts'
import type { Batch, ControlCells, Seat, ThroughputWorkload } from '../workload.ts'
import { Xorshift32 } from '../xorshift32.ts'
import { observeSum } from './transfer.ts'

/** Cells that a transaction reads; it writes the first two of them. */
const READ_COUNT = 16

/**
 * Mostly reading: 16 random cells are read, and an amount moves between two of them. With a million
 * cells the refs, the cells and the control's words all lie outside the caches.
 */
export const reads: ThroughputWorkload = {
  kind: 'throughput',
  name: 'reads',
  description: '16 random reads and 2 writes over a million cells, by ref',
  defaults: { cellCount: 1_000_000, workerCounts: [1, 2] },
  prepare: loadAccounts,
  subject: subjectBatch,
  control: { ...transferControl, batch: controlBatch },
  observe: (store, { cellCount }) => [observeSum(store, cellCount)],
}

/** Fills `picked` with random indexes of which the first two differ. */
function pick(random: Xorshift32, cellCount: number, picked: Int32Array): void {
  const from = random.below(cellCount)
  const to = random.below(cellCount - 1)
  picked[0] = from
  picked[1] = to >= from ? to + 1 : to
  for (let at = 2; at < READ_COUNT; at++) picked[at] = random.below(cellCount)
}

function subjectBatch(store: Store, { cellCount, seed }: Seat): Batch {
  const refs = accountRefs(store, 0, cellCount)
  const random = new Xorshift32(seed)
  const picked = new Int32Array(READ_COUNT)
  let amount = 0
  const body = (tx: Transaction): number => {
    const source = picked[0] as number
    const target = picked[1] as number
    const sourceBalance = tx.getAt(refs, source) as number
    const targetBalance = tx.getAt(refs, target) as number
    let total = sourceBalance + targetBalance
    for (let at = 2; at < READ_COUNT; at++) {
      total += tx.getAt(refs, picked[at] as number) as number
    }
    tx.setAt(refs, source, sourceBalance - amount)
    tx.setAt(refs, target, targetBalance + amount)
    return total
  }
  return (count) => {
    for (let done = 0; done < count; done++) {
      pick(random, cellCount, picked)
      amount = (random.next() & AMOUNT_MASK) + 1
      store.transact(body)
    }
  }
}

/** The control reads 14 cells without locks, which promises less than the engine does. */
function controlBatch({ words, strideShift }: ControlCells, { cellCount, seed }: Seat): Batch {
  const random = new Xorshift32(seed)
  const picked = new Int32Array(READ_COUNT)
  let total = 0
  return (count) => {
    for (let done = 0; done < count; done++) {
      pick(random, cellCount, picked)
      const amount = (random.next() & AMOUNT_MASK) + 1
      for (let at = 2; at < READ_COUNT; at++) {
        total = (total + loadUnlocked(words, strideShift, picked[at] as number)) | 0
      }
      transferLocked(words, strideShift, picked[0] as number, picked[1] as number, amount)
    }
  }
}
