/**
 * A slice: one worker repeats one batch function for a given time. All workers of a slice meet at a
 * barrier first. Times are nanoseconds of `process.hrtime`, one clock for all threads, as doubles.
 */

import { createHistogram, type RecordableHistogram } from 'node:perf_hooks'
import type { Batch } from './workload.ts'

/** What the main thread asks of a worker. */
export interface SliceOrder {
  readonly kind: 'throughput' | 'latency'
  readonly side: Side
  /** Workers that take part; each waits for the others. */
  readonly workerCount: number
  readonly durationNs: number
}

/** The engine, or the hand-locked program that it is compared with. */
export type Side = 'engine' | 'control'

/** What one worker did in one slice. */
export interface SliceResult {
  readonly transactionCount: number
  readonly startedNs: number
  readonly endedNs: number
  /** Only of a latency slice. */
  readonly latencyNs?: RecordableHistogram
}

/** Transactions between two looks at the clock, which costs half a transfer. */
const TRANSACTIONS_PER_LOOK = 64

/** In a latency slice, one transaction of so many is timed. */
const TRANSACTIONS_PER_SAMPLE = 16

const BARRIER_SPIN_COUNT_MAX = 100_000
const BARRIER_PARK_MS = 1

/** Returns the barrier's one shared word: workers that have arrived. Main zeroes it per slice. */
export function createStartBarrier(): Int32Array<SharedArrayBuffer> {
  return new Int32Array(new SharedArrayBuffer(Int32Array.BYTES_PER_ELEMENT))
}

/** Returns when `workerCount` workers have arrived. Main sets the word back to zero before. */
function meet(barrier: Int32Array, workerCount: number): void {
  let arrivedCount = Atomics.add(barrier, 0, 1) + 1
  for (let spin = 0; arrivedCount < workerCount; spin++) {
    if (spin >= BARRIER_SPIN_COUNT_MAX) Atomics.wait(barrier, 0, arrivedCount, BARRIER_PARK_MS)
    arrivedCount = Atomics.load(barrier, 0)
  }
}

/** Runs one slice to its end. Blocks the calling thread; body exceptions pass through. */
export function runSlice(batch: Batch, order: SliceOrder, barrier: Int32Array): SliceResult {
  meet(barrier, order.workerCount)
  return order.kind === 'throughput'
    ? throughputSlice(batch, order.durationNs)
    : latencySlice(batch, order.durationNs)
}

function throughputSlice(batch: Batch, durationNs: number): SliceResult {
  const startedNs = nowNs()
  const deadlineNs = startedNs + durationNs
  let transactionCount = 0
  let endedNs = startedNs
  while (endedNs < deadlineNs) {
    batch(TRANSACTIONS_PER_LOOK)
    transactionCount += TRANSACTIONS_PER_LOOK
    endedNs = nowNs()
  }
  return { transactionCount, startedNs, endedNs }
}

/** Each sample contains one call of the clock, which `timerCostNs` measures. */
function latencySlice(batch: Batch, durationNs: number): SliceResult {
  const latencyNs = createHistogram()
  const startedNs = nowNs()
  const deadlineNs = startedNs + durationNs
  let transactionCount = 0
  let endedNs = startedNs
  while (endedNs < deadlineNs) {
    batch(TRANSACTIONS_PER_SAMPLE - 1)
    const beforeNs = nowNs()
    batch(1)
    endedNs = nowNs()
    latencyNs.record(Math.max(1, endedNs - beforeNs))
    transactionCount += TRANSACTIONS_PER_SAMPLE
  }
  return { transactionCount, startedNs, endedNs, latencyNs }
}

/** Returns what a latency sample of nothing shows: the median cost of the clock itself. */
export function timerCostNs(): number {
  return Math.round(latencySlice(() => {}, TIMER_CALIBRATION_NS).latencyNs?.percentile(50) ?? 0)
}

const TIMER_CALIBRATION_NS = 20_000_000

/** Returns the time of one clock for all threads. */
export function nowNs(): number {
  return Number(process.hrtime.bigint())
}
