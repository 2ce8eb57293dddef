/**
 * Two that turn each other's matches: one makes every 2 a 1, the other one every 1 a 2. One after the
 * other they leave one of the two numbers, and never both.
 */
import { describe, expect, it } from 'vitest'
import type { Actions } from '../support/schedule.ts'
import { ends, LEVELS, run, testCase, useStore } from '../support/schedule-run.ts'

const START = { 1: 1, 2: 2, 3: 3 }
const turn =
  (from: number, to: number): Actions[string] =>
  (tx) => {
    for (const [key] of tx.scan({ from: 1, to: 3, where: (value) => value === from })) {
      tx.set(key, to)
    }
  }
const actions: Actions = { toOne: turn(2, 1), toTwo: turn(1, 2) }

describe('a swap of what two predicates find', () => {
  useStore()

  it.each(LEVELS)('happens below serializable (%s)', (level) => {
    const outcome = run(level, START, 's1!toOne s2!toTwo s1c s2c', actions)
    const isSkewed = level !== 'serializable'
    expect(outcome.final).toEqual(isSkewed ? { 1: 2, 2: 1, 3: 3 } : { 1: 1, 2: 1, 3: 3 })
    expect(ends(outcome).s2).toBe(isSkewed ? 'committed' : 'conflict')
  })

  testCase({
    start: START,
    sessions: ['s1!toOne s1c', 's2!toTwo s2c'],
    actions,
    anomalous: { 'read-committed': 4, 'repeatable-read': 4 },
    needless: { occ: 0, ssi: 0 },
    holds: (final) => final[1] === final[2],
  })
})
