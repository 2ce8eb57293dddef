import type { BenchReport, BenchRun } from './bench-report.ts'
import type { BenchSettings } from './bench-settings.ts'
import { describeMachine, findCommit } from './machine.ts'
import { medianTimeNs, type PairedTask, type RoundTimes } from './paired-tasks.ts'
import type { Spread } from './statistics.ts'

/** What came out of tasks that were timed side by side. */
export interface TaskOutcome {
  readonly tasks: readonly PairedTask[]
  readonly times: RoundTimes
  readonly ratios: Readonly<Record<string, Spread>>
  /** Figures beside the times. */
  readonly figures?: Readonly<Record<string, number>>
  readonly invariant: boolean
}

/** The report of a workload of one thread: a run and a figure in nanoseconds for each task. */
export async function reportTasks(
  workload: string,
  { isolation, seed }: BenchSettings,
  { tasks, times, ratios, figures = {}, invariant }: TaskOutcome,
): Promise<BenchReport> {
  const runs = tasks.map(({ name, isStore }): BenchRun => {
    return {
      name,
      workers: 1,
      isolation: isStore === true ? isolation : 'none',
      throughputPerSecond: 1e9 / medianTimeNs(times, name),
      abortsByCause: {},
      latencyNs: null,
      invariant,
    }
  })
  const all = [
    ...tasks.map(({ name }): [string, number] => [`${name}: ns`, medianTimeNs(times, name)]),
    ...Object.entries(ratios).map(([name, { median }]): [string, number] => [name, median]),
  ]
  return {
    workload,
    seed,
    node: process.version,
    commit: await findCommit(),
    machine: describeMachine(),
    runs,
    figures: { ...Object.fromEntries(all), ...figures },
    ratios,
  }
}
