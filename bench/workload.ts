/**
 * What a workload is: a file in `workloads/` that exports one definition, or those of a family. A
 * throughput workload compares batches of an engine and of its control in the same threads; a
 * measurement runs on the main thread and reports figures of its own.
 */

import type { IsolationLevel, Store } from '../src/index.ts'
import type { BenchReport } from './bench-report.ts'
import type { BenchSettings } from './bench-settings.ts'
import type { Ledger } from './ledger.ts'
import type { RunWatch } from './paired-session.ts'

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
  /** The least that the workload can do with; two for each worker where nothing is said. */
  readonly cellCountMin?: number
  readonly workerCounts: readonly number[]
  /** Whether it runs in one thread, so that more workers cannot be asked for. */
  readonly isSingleThreaded?: boolean
  readonly seconds?: number
  readonly roundCount?: number
  /** How much to do, for workloads that count; attempts, if it is one for throughput. */
  readonly count?: number
  /** The least that can be asked for; 1,000 where nothing is said. */
  readonly countMin?: number
  /** Arena bytes to reserve, for a workload whose cells become more. */
  readonly arenaBytesMin?: number
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
  subject(store: Store, seat: Seat, ledger: Ledger): Batch
  readonly control: ControlProgram
  /** The invariant, on the main thread, while no worker runs. All observations must hold. */
  observe(store: Store, run: SideRun): readonly Observation[]
  /** What only this workload counts, of the engine's side, when all is done. */
  figures?(run: SideRun): Readonly<Record<string, number>>
  /** What the engine's transactions did of something, on average: reported as so many a second. */
  perTransaction?(run: SideRun): Readonly<Record<string, number>>
}

/** The hand-written program that a throughput workload is compared with. */
export interface ControlProgram {
  create(cellCount: number): ControlCells
  /** Returns the batch. Runs once in each worker. */
  batch(cells: ControlCells, seat: Seat, ledger: Ledger): Batch
  /** As `observe` of the workload. */
  observe(cells: ControlCells, run: SideRun): readonly Observation[]
}

/** The cells of a control as they travel to a worker: `1 << strideShift` words each. */
export interface ControlCells {
  readonly words: Int32Array<SharedArrayBuffer>
  readonly strideShift: number
}

/** What one side of a run can be checked against. */
export interface SideRun {
  readonly cellCount: number
  readonly isolation: IsolationLevel
  readonly seats: readonly Seat[]
  readonly ledger: Ledger
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

/** What must be and what is, while no worker runs. The invariant is their equality. */
export interface Observation {
  readonly expected: number
  readonly actual: number
}
