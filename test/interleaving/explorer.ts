/** Exploring the interleavings of a program: all of them, or some by seed. */
import type { Random } from '../support/random.ts'
import { isEnabled, modelOf } from './epoch-model.ts'
import { faultOf } from './history.ts'
import type { Fault, Machine, State } from './machine.ts'
import type { Program } from './program.ts'

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
  readonly stateCount: number
  readonly runCount: number
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

/** What is wrong with a state, given what can happen in it. */
function troubleOf(m: Machine, actions: readonly Action[]): string | undefined {
  if (m.trouble !== undefined) return m.trouble
  if (isOver(m)) return faultOf(m)
  const goesOn = actions.some((action) => action < DEATH && isTransactional(m.program, action))
  return goesOn ? undefined : 'nobody can go on'
}

/** Visits every state of a program, nearest first, up to the first violation. */
export function exploreAll(program: Program, fault?: Fault, stateCountMax = 1e6): Exploration {
  const m = modelOf(program, fault)
  m.reset()
  const states: (State | undefined)[] = [m.s]
  const cameFrom = [0]
  const cameBy = [0]
  const seen = new Set([keyOf(m.s)])
  let runCount = 0
  for (let at = 0; at < states.length; at++) {
    const state = states[at] as State
    states[at] = undefined
    m.s = state
    for (const action of actionsOf(m)) {
      m.s = state.slice()
      perform(m, action)
      const key = keyOf(m.s)
      if (seen.has(key) && m.trouble === undefined) continue
      seen.add(key)
      cameFrom.push(at)
      cameBy.push(action)
      const text = troubleOf(m, m.trouble === undefined ? actionsOf(m) : [])
      if (text !== undefined) {
        const actions = wayTo(states.length, cameFrom, cameBy)
        const violation = { text, program, fault, actions }
        return { stateCount: states.length, runCount, violation }
      }
      if (isOver(m)) runCount++
      states.push(isOver(m) ? undefined : m.s)
      m.s = state
    }
    while (states[at + 1] === undefined && at + 1 < states.length) at++
    if (states.length > stateCountMax) throw new Error(`too many states: ${program.text}`)
  }
  return { stateCount: states.length, runCount, violation: undefined }
}

function keyOf(state: State): string {
  return Buffer.from(state.buffer).toString('latin1')
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
      const text = troubleOf(m, open)
      if (text !== undefined) {
        const violation = { text, program, fault, actions }
        return { stateCount, runCount: run, violation }
      }
      if (isOver(m)) break
      const action = open[random() % open.length] as Action
      actions.push(action)
      perform(m, action)
      stateCount++
    }
  }
  return { stateCount, runCount, violation: undefined }
}

/** A violation with its schedule, one step a line. */
export function describeViolation({ text, program, fault, actions }: Violation): string {
  const m = modelOf(program, fault)
  m.reset()
  const lines = actions.map((action) => {
    const thread = action % DEATH
    const name = action >= DEATH ? 'dies' : m.stepOf(thread)
    perform(m, action)
    return `  ${thread}: ${name}`
  })
  return [`${text}: ${program.text}`, ...lines].join('\n')
}
