import { pairedRatio, type Spread, spread } from './statistics.ts'

/** Something to be timed: one call is one operation. */
export interface PairedTask {
  readonly name: string
  /** Whether it runs transactions: the others are controls. */
  readonly isStore?: boolean
  readonly run: () => unknown
}

/** How long to time. */
export interface PairedTiming {
  readonly roundCount: number
  /** Of one task in one round. */
  readonly sliceMs: number
}

/** Nanoseconds an operation, round by round, by the name of the task. */
export type RoundTimes = ReadonlyMap<string, readonly number[]>

const NS_PER_MS = 1e6

/**
 * Share of a slice's operations that run once more before it, untimed: the task before it left other data
 * in the caches, and of two tasks at the turn of the order one has just run, the other not.
 */
const LEAD_IN_SHARE = 0.25

/** Slices that warm a task up at most, and by how much the next one has to be quicker to follow. */
const WARM_SLICE_COUNT_MAX = 20
const WARM_GROWTH = 1.2

/**
 * Times tasks side by side in this thread: in each round each task has one slice, in an order that is
 * turned round from one round to the next. Before that each task runs until it becomes no quicker, and says
 * how many operations a slice has.
 */
export function timePaired(
  tasks: readonly PairedTask[],
  { roundCount, sliceMs }: PairedTiming,
): RoundTimes {
  const counts = new Map(tasks.map(({ name, run }) => [name, countWhenWarm(run, sliceMs)]))
  const times = new Map(tasks.map(({ name }) => [name, [] as number[]]))
  for (let round = 0; round < roundCount; round++) {
    const order = round % 2 === 0 ? tasks : tasks.toReversed()
    for (const { name, run } of order) {
      const count = counts.get(name) as number
      for (let i = 0; i < count * LEAD_IN_SHARE; i++) run()
      const startedMs = performance.now()
      for (let i = 0; i < count; i++) run()
      times.get(name)?.push(((performance.now() - startedMs) * NS_PER_MS) / count)
    }
  }
  return times
}

/** Operations of a slice once their code is compiled. */
function countWhenWarm(run: () => unknown, sliceMs: number): number {
  let count = 0
  for (let slice = 0; slice < WARM_SLICE_COUNT_MAX; slice++) {
    const before = count
    count = countInSlice(run, sliceMs)
    if (count < WARM_GROWTH * before) break
  }
  return count
}

/** Operations that take about as long as a slice; at least one. */
function countInSlice(run: () => unknown, sliceMs: number): number {
  const startedMs = performance.now()
  let count = 0
  do {
    run()
    count++
  } while (performance.now() - startedMs < sliceMs)
  return count
}

/** The times of one task over those of another, round by round; of several, those of each with its own. */
export function timeRatio(
  times: RoundTimes,
  numerators: string | readonly string[],
  denominators: string | readonly string[],
): Spread {
  const timesOfAll = (names: string | readonly string[]): number[] => {
    return [names].flat().flatMap((name) => timesOf(times, name))
  }
  return pairedRatio(timesOfAll(numerators), timesOfAll(denominators))
}

/** The median time of a task in nanoseconds. */
export function medianTimeNs(times: RoundTimes, name: string): number {
  return spread(timesOf(times, name)).median
}

function timesOf(times: RoundTimes, name: string): readonly number[] {
  const found = times.get(name)
  if (found === undefined) throw new RangeError(`nothing was timed under the name ${name}`)
  return found
}
