/** Exploring the interleavings of a program: all of them, or some by seed. */
import type { Random } from '../support/random.ts'
import { isEnabled, modelOf } from './epoch-model.ts'
import { faultOf } from './history.ts'
import type { Fault, Machine, State } from './machine.ts'
import type { Program } from './program.ts'
import { StateSet } from './state-set.ts'

/** A thread does its next step, or (`DEATH` plus the thread) dies. */
type Action = number
const DEATH = 8

export interface Violation {
  readonly text: string
  readonly program: Program
  readonly fault: Fault | undefined
  readonly actions: readonly Action[]
}

export interface Exploration {
  /** States visited; steps done when only some interleavings were explored. */
  readonly stateCount: number
  /** Ends reached. */
  readonly endCount: number
  /** The first one found, by the shortest way to it when all interleavings are explored. */
  readonly violation: Violation | undefined
}

function isTransactional(program: Program, thread: number): boolean {
  return typeof program.threads[thread] !== 'string'
}

/** Whether all transactions have ended. */
function isOver(m: Machine): boolean {
  return m.program.threads.every((_, t) => m.isDone(t) || !isTransactional(m.program, t))
}

function actionsOf(m: Machine): Action[] {
  const actions: Action[] = []
  for (let t = 0; t < m.program.threads.length; t++) {
    if (isEnabled(m, t)) actions.push(t)
    if (m.mayDie(t)) actions.push(DEATH + t)
  }
  return actions
}

function perform(m: Machine, action: Action): void {
  if (action >= DEATH) m.die(action - DEATH)
  else m.perform(action)
}

/** What is wrong with a state. */
function troubleOf(m: Machine): string | undefined {
  if (m.trouble !== undefined) return m.trouble
  if (isOver(m)) return faultOf(m)
  for (let t = 0; t < m.program.threads.length; t++) {
    if (isTransactional(m.program, t) && isEnabled(m, t)) return undefined
  }
  return 'nobody can go on'
}

/** Visits every state of a program, nearest first, up to the first violation. */
export function exploreAll(program: Program, fault?: Fault, stateCountMax = 1e6): Exploration {
  const m = modelOf(program, fault)
  m.reset()
  const open: (State | undefined)[] = [m.s.slice()]
  const cameFrom = [0]
  const cameBy = [0]
  const seen = new StateSet()
  seen.add(m.words)
  let endCount = 0
  for (let at = 0; at < open.length; at++) {
    const state = open[at]
    if (state === undefined) continue
    open[at] = undefined
    m.s.set(state)
    for (const action of actionsOf(m)) {
      m.s.set(state)
      perform(m, action)
      if (!seen.add(m.words) && m.trouble === undefined) continue
      cameFrom.push(at)
      cameBy.push(action)
      const text = troubleOf(m)
      if (text !== undefined) {
        const violation = { text, program, fault, actions: wayTo(open.length, cameFrom, cameBy) }
        return { stateCount: open.length, endCount, violation }
      }
      if (isOver(m)) endCount++
      open.push(isOver(m) ? undefined : m.s.slice())
    }
    if (open.length > stateCountMax) throw new Error(`too many states: ${program.text}`)
  }
  return { stateCount: open.length, endCount, violation: undefined }
}

function wayTo(index: number, cameFrom: readonly number[], cameBy: readonly number[]): Action[] {
  const actions: Action[] = []
  for (let at = index; at !== 0; at = cameFrom[at] as number) actions.push(cameBy[at] as number)
  return actions.reverse()
}

/** Runs a program a number of times, in random orders, up to the first violation. */
export function exploreSome(
  program: Program,
  runCount: number,
  random: Random,
  fault?: Fault,
): Exploration {
  const m = modelOf(program, fault)
  let stateCount = 0
  for (let run = 0; run < runCount; run++) {
    m.reset()
    const actions: Action[] = []
    for (let open = actionsOf(m); ; open = actionsOf(m)) {
      const text = troubleOf(m)
      if (text !== undefined) {
        const violation = { text, program, fault, actions }
        return { stateCount, endCount: run, violation }
      }
      if (isOver(m)) break
      const action = open[random() % open.length] as Action
      actions.push(action)
      perform(m, action)
      stateCount++
    }
  }
  return { stateCount, endCount: runCount, violation: undefined }
}

/** A violation with its schedule: one step a line, and shared memory where a step changed it. */
export function describeViolation({ text, program, fault, actions }: Violation): string {
  const m = modelOf(program, fault)
  m.reset()
  const lines = [`${text}: ${program.text}`, `  ${m.describe()}`]
  let shared = m.describe()
  for (const action of actions) {
    const thread = action % DEATH
    const name = action >= DEATH ? 'dies' : m.stepOf(thread)
    perform(m, action)
    const changed = m.describe() === shared ? '' : m.describe()
    shared = m.describe()
    lines.push(`  ${thread}: ${name.padEnd(16)}${changed}`.trimEnd())
  }
  return lines.join('\n')
}
