/**
 * Keys that hold sets, as the bits of a number, and searches for those that have a member. A search
 * looks at every key, and finds few: what it does not find need not concern it.
 */
import { describe } from 'vitest'
import type { Actions, Predicate } from '../support/schedule.ts'
import { testCase, useStore } from '../support/schedule-run.ts'

const having = (member: number): Predicate => ({
  from: 1,
  to: 5,
  where: (set) => (set & (1 << member)) !== 0,
})
const setOf = (...members: number[]): number =>
  members.reduce((set, member) => set | (1 << member), 0)

const START = { 1: setOf(0), 2: setOf(1), 3: setOf(0, 1) }
const actions: Actions = { zero: (tx) => tx.scan(having(0)), one: (tx) => tx.scan(having(1)) }

describe('searches for members of sets', () => {
  useStore()

  testCase({
    start: START,
    sessions: [`s1!zero s1w4=${setOf(1, 2)} s1c`, `s2!one s2w5=${setOf(0, 2)} s2c`],
    actions,
    anomalous: { 'read-committed': 18, 'repeatable-read': 18 },
    needless: { occ: 0, ssi: 0 },
  })

  // A set that both find changes: whoever has seen it as it was comes first.
  testCase({
    start: START,
    sessions: [`s1!zero s1w4=${setOf(2)} s1c`, `s2!one s2w3=${setOf(0, 1, 2)} s2c`],
    actions,
    anomalous: { 'read-committed': 0, 'repeatable-read': 0 },
    needless: { occ: 18, ssi: 18 },
  })

  // New sets that nobody searches for.
  testCase({
    start: START,
    sessions: [`s1!zero s1w4=${setOf(2)} s1c`, `s2!one s2w5=${setOf(3)} s2c`],
    actions,
    anomalous: { 'read-committed': 0, 'repeatable-read': 0 },
    needless: { occ: 18, ssi: 18 },
  })
})
