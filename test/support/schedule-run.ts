import type { IsolationLevel } from 'khonsu'
import type { HistoryReport } from 'khonsu/history'
import { afterAll, beforeAll, expect, it } from 'vitest'
import {
  type Actions,
  describeSteps,
  type Found,
  type Outcome,
  parseSteps,
  permutations,
  type State,
  type Step,
} from './schedule.ts'
import { MODES, type Mode, ScheduleEngine } from './schedule-engine.ts'
import { predict } from './schedule-model.ts'
import { SerialOrders } from './serial-orders.ts'

export const LEVELS: readonly IsolationLevel[] = [
  'read-committed',
  'repeatable-read',
  'serializable',
]

/** How far the needless aborts of ssi may be off, as a share of them. */
const TOLERATED_SHARE = 0.1

const SERIAL_LEVELS: ReadonlySet<string> = new Set(['serializable', 'strict-serializable'])

const engines = new Map<Mode, ScheduleEngine>()

/** Opens the stores for all cases of a file. */
export function useStore(): void {
  beforeAll(async () => {
    for (const mode of MODES) engines.set(mode, await ScheduleEngine.open(mode))
  })
  afterAll(async () => {
    for (const engine of engines.values()) await engine.close()
  })
}

function engineOf(mode: Mode): ScheduleEngine {
  return engines.get(mode) as ScheduleEngine
}

/** Runs a schedule on a store that aborts on any stale read, all sessions in this thread. */
export function run(
  level: IsolationLevel,
  initial: State,
  steps: string,
  actions: Actions = {},
): Outcome {
  return engineOf('occ').run(level, initial, parseSteps(steps), actions)
}

/** The strongest level that the checker of histories finds in what `run` committed last. */
export function levelOfLastRun(): HistoryReport['satisfies'] {
  return engineOf('occ').checkLastRun('committed').satisfies
}

/** One order of the steps, and what it led to. */
export interface Permutation {
  readonly schedule: readonly Step[]
  readonly outcome: Outcome
  readonly isSerializable: boolean
  /** Sessions that lost their commit, and could have committed. */
  readonly needless: readonly string[]
}

/** What runs, and at which level of which store. */
interface Runs {
  readonly level: IsolationLevel
  readonly mode: Mode
  readonly start: State
  /** The steps of each session, as in `parseSteps`. */
  readonly sessions: readonly string[]
  readonly actions?: Actions | undefined
}

/**
 * Runs every order of the steps of the sessions, and holds each outcome against the model, which knows
 * all but the judge; at serializable there must be a serial order, too. The checker of histories must allow each; and it
 * must find the same level in what was committed as somebody who tries all serial orders.
 */
function runAllOrders({ level, mode, start, sessions, actions = {} }: Runs): Permutation[] {
  const all: Permutation[] = []
  const engine = engineOf(mode)
  const serial = new SerialOrders(start, sessions.flatMap(parseSteps), actions)
  for (const schedule of permutations(sessions.map(parseSteps))) {
    const outcome = engine.run(level, start, schedule, actions)
    const steps = describeSteps(schedule)
    if (mode === 'occ' || level !== 'serializable') {
      expect({ steps, outcome }).toEqual({
        steps,
        outcome: predict(level, start, schedule, actions),
      })
    }
    const { passed, unplacedReads } = engine.checkLastRun()
    const { satisfies } = engine.checkLastRun('committed')
    const found = SERIAL_LEVELS.has(satisfies) ? satisfies : 'weaker'
    expect({ steps, passed, unplacedReads, found }).toEqual({
      steps,
      passed: true,
      unplacedReads: 0,
      found: serial.levelOf(schedule, outcome),
    })
    const isSerializable = serial.orderOf(outcome) !== undefined
    if (level === 'serializable')
      expect({ steps, isSerializable }).toMatchObject({ isSerializable: true })
    const needless = level === 'serializable' ? serial.needlessAborts(schedule, outcome) : []
    all.push({ schedule, outcome, isSerializable, needless })
  }
  expect(all.length).toBe(orderCount(sessions))
  return all
}

/** What is expected of all orders of the steps of some sessions. */
export interface ScheduleCase {
  readonly start: State
  /** The steps of each session, as in `parseSteps`. */
  readonly sessions: readonly string[]
  readonly actions?: Actions
  /** Orders that lead to an outcome that is not serializable, by level; at serializable none may. */
  readonly anomalous: Readonly<Record<'read-committed' | 'repeatable-read', number>>
  /** Commits in all orders together that serializable refused, and need not have, by mode. */
  readonly needless: Readonly<Record<Mode, number>>
  /** What each session keeps: holds after every serial order, and not always at anomalous levels. */
  readonly holds?: (final: State) => boolean
}

/** Declares tests that run every order of the sessions at every level, and in every mode. */
export function testCase(expected: ScheduleCase): void {
  const { start, sessions, actions, anomalous, needless, holds } = expected
  const runs = MODES.flatMap((mode) => LEVELS.map((level) => [level, mode] as const))
  it.each(runs)(`every order of ${sessions.join(', ')} at %s (%s)`, (level, mode) => {
    const all = runAllOrders({ level, mode, start, sessions, actions })
    const found = all.filter(({ isSerializable }) => !isSerializable).length
    const allowed = level === 'serializable' ? 0 : anomalous[level]
    expect({ anomalous: found }).toEqual({ anomalous: allowed })
    if (holds !== undefined) {
      const isKept = all.every(({ outcome }) => holds(outcome.final))
      expect({ isKept }).toEqual({ isKept: allowed === 0 })
    }
    if (level !== 'serializable') return
    const count = all.reduce((sum, permutation) => sum + permutation.needless.length, 0)
    // Timestamps that are equal refuse others than different ones, and the clock moves now and then.
    const tolerance = mode === 'ssi' ? TOLERATED_SHARE : 0
    expect(count).toBeLessThanOrEqual(needless[mode] * (1 + tolerance))
    expect(count).toBeGreaterThanOrEqual(needless[mode] * (1 - tolerance))
  })
}

function expectAnomalies(all: readonly Permutation[], areExpected: boolean): void {
  const found = all.filter(({ isSerializable }) => !isSerializable)
  if (areExpected) expect(found.length).toBeGreaterThan(0)
  else expect(found.map(({ schedule }) => describeSteps(schedule))).toEqual([])
}

/** What an outcome is told by, and the texts that a level allows: all of them must appear. */
export interface DeclaredOutcomes {
  readonly tell: (outcome: Outcome) => string
  readonly allowed: Readonly<Record<IsolationLevel, readonly string[]>>
}

/**
 * Declares tests that run every order of the sessions at every level. Where `anomalous` names a
 * level, some order must lead to an outcome that is not serializable there; elsewhere none may.
 */
export function testAllOrders(
  initial: State,
  sessions: readonly string[],
  anomalous: readonly IsolationLevel[],
  declared?: DeclaredOutcomes,
): void {
  it.each(LEVELS)(`every order of ${sessions.join(', ')} leads to what %s promises`, (level) => {
    const all = runAllOrders({ level, mode: 'occ', start: initial, sessions })
    expectAnomalies(all, anomalous.includes(level))
    if (declared === undefined) return
    const told = new Set(all.map(({ outcome }) => declared.tell(outcome)))
    expect([...told].sort()).toEqual(declared.allowed[level].toSorted())
  })
}

/** Tells the final values of keys: `11 21`, `-` for a key without a value. */
export function tellFinal(...keys: number[]): (outcome: Outcome) => string {
  return ({ final }) => keys.map((key) => final[key] ?? '-').join(' ')
}

/** Tells what sessions read, when they committed: `s1 10 20, s2 aborted`. */
export function tellReads(...names: string[]): (outcome: Outcome) => string {
  return (outcome) =>
    names
      .map((name) => {
        const isCommitted = outcome.sessions[name]?.end === 'committed'
        const reads = readsOf(outcome, name).map(tellRead)
        return `${name} ${isCommitted ? reads.join(' ') : 'aborted'}`
      })
      .join(', ')
}

function tellRead(read: number | undefined | Found): string {
  if (typeof read !== 'object') return String(read ?? '-')
  return `[${read.map(([key, value]) => `${key}:${value}`).join(' ')}]`
}

function orderCount(sessions: readonly string[]): number {
  const lengths = sessions.map((steps) => parseSteps(steps).length)
  const factorial = (n: number): number => (n <= 1 ? 1 : n * factorial(n - 1))
  const total = lengths.reduce((sum, length) => sum + length, 0)
  return lengths.reduce((count, length) => count / factorial(length), factorial(total))
}

/** How the sessions of an outcome ended, by name. */
export function ends(outcome: Outcome): Record<string, string> {
  return Object.fromEntries(Object.entries(outcome.sessions).map(([name, { end }]) => [name, end]))
}

/** What one session read, in order. */
export function readsOf(
  outcome: Outcome,
  session: string,
): readonly (number | undefined | Found)[] {
  return outcome.sessions[session]?.reads ?? []
}
