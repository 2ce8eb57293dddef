/**
 * What a workload is: a file in `workloads/` that exports one definition. A throughput workload
 * compares batches of an engine and of the control in the same threads; a measurement runs on the
 * main thread and reports figures of its own.
 */

import type { Store } from '../src/index.ts'
import type { BenchReport } from './bench-report.ts'
import type { BenchSettings } from './bench-settings.ts'
import type { RunWatch } from './paired-session.ts'
import type { ControlCells } from './two-lock-control.ts'

/** Runs `count` transactions to their commits. */
export type Batch = (count: number) => void

/** One worker's place in a run. Constant while the run lasts. */
export interface Seat {
  readonly workerIndex: number
  /** Workers of the largest run: a worker's share of the cells is the same in smaller runs. */
  readonly workerCount: number
  readonly cellCount: number
  /** Already mixed with the worker's index; subject and control start from the same one. */
  readonly seed: number
}

/** What a workload prefers where the options say nothing. */
export interface WorkloadDefaults {
  readonly cellCount: number
  readonly workerCounts: readonly number[]
  readonly seconds?: number
  readonly roundCount?: number
  /** How much to do, for workloads that count. */
  readonly count?: number
  /** The least that can be asked for; 1,000 where nothing is said. */
  readonly countMin?: number
}

interface WorkloadDescription {
  readonly name: string
  readonly description: string
  readonly defaults: WorkloadDefaults
}

/** A workload that worker threads repeat for a given time. */
export interface ThroughputWorkload extends WorkloadDescription {
  readonly kind: 'throughput'
  /** Fills the store, on the main thread, before any worker starts. */
  prepare(store: Store, cellCount: number): void
  /** Returns the engine's batch. Runs once in each worker. */
  subject(store: Store, seat: Seat): Batch
  /** Returns the hand-locked batch. Runs once in each worker. */
  control(cells: ControlCells, seat: Seat): Batch
  /** The invariant, on the main thread, while no worker runs. */
  observe(store: Store, cellCount: number): Observation
}

/**
 * A workload that is one measurement and not a race. Where it has workers, and the settings name
 * several numbers of them, it takes the largest.
 */
export interface MeasurementWorkload extends WorkloadDescription {
  readonly kind: 'measurement'
  measure(settings: BenchSettings, watch: RunWatch): Promise<BenchReport>
}

export type Workload = ThroughputWorkload | MeasurementWorkload

/** What a quiet store must hold and what it does hold. The invariant is their equality. */
export interface Observation {
  readonly expected: number
  readonly actual: number
}
