/** Job: commits transactions each of which has a stale read, and times the commits. */

import { createHistogram, type RecordableHistogram } from 'node:perf_hooks'
import { attach, type ExplicitTransaction, TransactionConflictError } from '../../src/index.ts'
import { nowNs } from '../slice.ts'

export interface JudgeJobInput {
  readonly workerIndex: number
  readonly seconds: number
}

export interface JudgeTally {
  readonly committed: number
  readonly seconds: number
  /** Of the commits alone, in nanoseconds. */
  readonly latencyNs: RecordableHistogram
}

const NS_PER_SECOND = 1e9

/** Whether it was committed: a sweep that comes by may make it lose. */
function commit(transaction: ExplicitTransaction): boolean {
  try {
    transaction.commit()
    return true
  } catch (error) {
    if (error instanceof TransactionConflictError) return false
    throw error
  }
}

/** Cells of each worker: nobody meets anybody but at the judge. */
export default function judgeJob({ workerIndex, seconds }: JudgeJobInput): JudgeTally {
  const store = attach()
  const read = store.ref<number>(`read by ${workerIndex}`)
  const written = store.ref<number>(`written by ${workerIndex}`)
  const latencyNs = createHistogram()
  const startedNs = nowNs()
  const deadlineNs = startedNs + seconds * NS_PER_SECOND
  let committed = 0
  let endedNs = startedNs
  while (endedNs < deadlineNs) {
    const late = store.startTransaction()
    const seen = late.read(read) ?? 0
    store.transact((tx) => tx.set(read, seen + 1))
    late.write(written, seen)
    const beforeNs = nowNs()
    const isCommitted = commit(late)
    endedNs = nowNs()
    if (!isCommitted) continue
    latencyNs.record(Math.max(1, endedNs - beforeNs))
    committed++
  }
  return { committed, seconds: (endedNs - startedNs) / NS_PER_SECOND, latencyNs }
}
