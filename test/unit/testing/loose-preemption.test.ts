/** Which preemptions could come later, and that no outcome is lost without them. */

import { Explorer } from 'khonsu/testing'
import { describe, expect, it } from 'vitest'
import { ControlBlock, LOAD, makeControlBuffers, TICKING } from '#dist/src/testing/control-block.js'
import { hasLoosePreemption } from '#dist/src/testing/loose-preemption.js'
import { protocolScenarios } from '../../interleaving/scenarios.mjs'

const STORE = 1
const A = 0
const B = 1
const SAMPLE_COUNT = 3_000

/** A control block after a run: `[thread, kind, address]`, ticks without an address. */
function traced(entries: readonly (readonly [number, number, number?])[]): ControlBlock {
  const arena = new SharedArrayBuffer(64)
  const control = new ControlBlock(makeControlBuffers(64), arena, 2, 0)
  let step = 0
  for (const [thread, kind, at = 0] of entries) {
    control.trace(thread, kind, at, step)
    if (kind !== TICKING) step++
  }
  return control
}

describe('a preemption', () => {
  const begin = [A, STORE, 7] as const
  const isLoose = (...entries: (readonly [number, number, number?])[]) =>
    hasLoosePreemption(traced([begin, ...entries]), [{ step: 1, thread: B }])

  it('is loose when what comes next conflicts with nothing in between', () => {
    expect(isLoose([B, STORE, 1], [B, LOAD, 2], [A, STORE, 3])).toBe(true)
    expect(isLoose([B, LOAD, 1], [A, LOAD, 1], [A, STORE, 1])).toBe(true)
    expect(isLoose([B, STORE, 1], [A, LOAD, 2], [B, STORE, 2])).toBe(true)
  })

  it('is none when it does, whichever of the two writes', () => {
    expect(isLoose([B, LOAD, 2], [B, STORE, 1], [A, LOAD, 1])).toBe(false)
    expect(isLoose([B, LOAD, 1], [A, STORE, 1])).toBe(false)
  })

  it('is none when transactions would begin or end in another order', () => {
    expect(isLoose([B, TICKING], [B, LOAD, 2], [A, LOAD, 1], [A, TICKING], [A, LOAD, 3])).toBe(
      false,
    )
    expect(isLoose([B, LOAD, 2], [A, LOAD, 1], [A, TICKING], [A, LOAD, 3])).toBe(true)
    expect(isLoose([B, TICKING], [A, LOAD, 1], [A, LOAD, 3], [A, TICKING])).toBe(true)
  })

  it('is none when the thread does not go on, or the trace was not kept', () => {
    expect(isLoose([B, LOAD, 1])).toBe(false)
    expect(isLoose()).toBe(false)
  })

  it('is enough when there are several', () => {
    const control = traced([begin, [B, STORE, 1], [A, LOAD, 1], [B, LOAD, 2], [A, LOAD, 3]])
    const tight = { step: 1, thread: B }
    expect(hasLoosePreemption(control, [tight])).toBe(false)
    expect(hasLoosePreemption(control, [tight, { step: 3, thread: B }])).toBe(true)
  })
})

describe('an exploration with three preemptions', () => {
  it.each(protocolScenarios.slice(0, 6))(
    'meets what random orders meet: $name',
    async (scenario) => {
      const explorer = await Explorer.open(scenario)
      try {
        const { outcomes, isComplete } = explorer.exhaust()
        expect(isComplete).toBe(true)
        const drawn = explorer.sample({ seed: 1, scheduleCount: SAMPLE_COUNT, preemptions: 3 })
        expect([...drawn.outcomes.keys()].filter((outcome) => !outcomes.has(outcome))).toEqual([])
      } finally {
        explorer[Symbol.dispose]()
      }
    },
  )
})
