import type { LatencyNs, Spread } from './statistics.ts'

/** What `khonsu bench WORKLOAD --json` writes. */
export interface BenchReport {
  readonly workload: string
  readonly seed: number
  /** `process.version` of the Node.js that ran. */
  readonly node: string
  /** The revision of the work tree, or null outside of one. */
  readonly commit: string | null
  readonly machine: Machine
  readonly runs: readonly BenchRun[]
  /** Single numbers by name; each ratio's median is here too, under the ratio's name. */
  readonly figures: { readonly [name: string]: number }
  /** Paired ratios by name, such as `engine/control@2`: both sides with two workers. */
  readonly ratios: { readonly [name: string]: Spread }
}

/** Where the numbers were taken. */
export interface Machine {
  readonly cpu: string
  readonly coreCount: number
  readonly memoryBytes: number
}

/** One side of the comparison with one number of workers. */
export interface BenchRun {
  readonly name: string
  readonly workers: number
  /** `none` for the control. */
  readonly isolation: string
  /** The median of the rounds. */
  readonly throughputPerSecond: number
  /** Aborted attempts during the throughput slices. */
  readonly abortsByCause: { readonly [cause: string]: number }
  /** Null where single transactions are not timed. */
  readonly latencyNs: LatencyNs | null
  /** Whether the workload's invariant held whenever it was looked at. */
  readonly invariant: boolean
}
