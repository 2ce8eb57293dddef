/** Job: for one slice, counts in a cell that all workers share. */

import { attach, type Ref, type Store, type Transaction } from '../../src/index.ts'
import { runSlice, type SliceResult } from '../slice.ts'
import type { Batch } from '../workload.ts'

/** How a transaction counts: by `add`, or by a read and a write. */
export type CountingForm = 'add' | 'update'

export interface HotAddJobInput {
  readonly form: CountingForm
  readonly key: string
  readonly workerCount: number
  readonly durationNs: number
  readonly barrier: Int32Array<SharedArrayBuffer>
}

export default function hotAddJob(input: HotAddJobInput): SliceResult {
  const { form, key, workerCount, durationNs, barrier } = input
  const store = attach()
  const cell = store.ref<number>(key)
  const batch = form === 'add' ? addBatch(store, cell) : updateBatch(store, cell)
  return runSlice(batch, { kind: 'throughput', side: 'engine', workerCount, durationNs }, barrier)
}

function addBatch(store: Store, cell: Ref<number>): Batch {
  const body = (tx: Transaction): void => tx.add(cell, 1)
  return (count) => {
    for (let done = 0; done < count; done++) store.transact(body)
  }
}

function updateBatch(store: Store, cell: Ref<number>): Batch {
  const change = (old: number | undefined): number => (old ?? 0) + 1
  const body = (tx: Transaction): void => {
    tx.update(cell, change)
  }
  return (count) => {
    for (let done = 0; done < count; done++) store.transact(body)
  }
}
