/**
 * A model of the commit protocol with its epoch clock. One step is one access to shared memory, and
 * memory is sequentially consistent. It is the protocol of native-layout/kernel, step by step, with
 * these differences: no gaps and no blocks; one slot a thread; a spin is a wait for a change; a kept
 * version that is cut off is not used again for another cell; nobody reads committed.
 */
import { commitSteps } from './commit-steps.ts'
import {
  ACTIVE,
  type Fault,
  Machine,
  OWNER,
  PHASE_STAMP,
  PHASE_STATE,
  R_CELL,
  R_CLOCK,
  R_HANDLE,
  R_OWNER,
  R_STAMP,
  STAMP,
  type Step,
  type StepName,
} from './machine.ts'
import type { Program } from './program.ts'
import { readSteps } from './read-steps.ts'

const STEPS: Readonly<Record<StepName, Step>> = {
  ...readSteps,
  ...commitSteps,
  done: () => 'done',
}

export function modelOf(program: Program, fault?: Fault): Machine {
  return new Machine(program, fault, STEPS)
}

/** Whether the next step of a thread can be done: a wait for a change ends with the change. */
export function isEnabled(m: Machine, thread: number): boolean {
  if (m.isDone(thread)) return false
  const base = m.thread(thread)
  const name = m.stepOf(thread)
  if (name === 'revoke') return m.at(m.thread(0) + PHASE_STATE) === ACTIVE
  if (name === 'awaitLock') return hasWordChanged(m, thread, lockedCell(m, thread))
  if (name !== 'awaitOwner') return true
  const { operations } = m.running(thread)
  const cell = operations[m.operationIndex(thread)]?.cell as number
  const owner = m.thread(m.at(base + R_OWNER) - 1)
  return (
    hasWordChanged(m, thread, cell) ||
    m.at(owner + PHASE_STATE) !== m.at(base + R_HANDLE) ||
    m.at(owner + PHASE_STAMP) !== m.at(base + R_CLOCK)
  )
}

function lockedCell(m: Machine, thread: number): number {
  return m.running(thread).written[m.at(m.thread(thread) + R_CELL)] as number
}

function hasWordChanged(m: Machine, thread: number, cell: number): boolean {
  const base = m.thread(thread)
  const stamp = m.at(m.cell(cell) + STAMP)
  return stamp !== m.at(base + R_STAMP) || m.at(m.cell(cell) + OWNER) !== m.at(base + R_OWNER)
}
