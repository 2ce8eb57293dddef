/** G-single with predicates: a search and what comes after it belong to one state. */
import { describe, expect, it } from 'vitest'
import type { Actions } from '../support/schedule.ts'
import { ends, LEVELS, readsOf, run, testCase, useStore } from '../support/schedule-run.ts'

const START = { 1: 10, 2: 20 }
const all = { from: 1, to: 4 }
const actions: Actions = {
  fifths: (tx) => tx.scan({ ...all, where: (value) => value % 5 === 0 }),
  thirds: (tx) => tx.scan({ ...all, where: (value) => value % 3 === 0 }),
  change10: (tx) => {
    for (const [key] of tx.scan({ ...all, where: (value) => value === 10 })) tx.set(key, 12)
  },
  remove20: (tx) => {
    for (const [key] of tx.scan({ ...all, where: (value) => value === 20 })) tx.delete(key)
  },
}

describe('G-single by predicates', () => {
  useStore()

  it.each(LEVELS)('a change between two searches is found by read-committed only (%s)', (level) => {
    const outcome = run(level, START, 's1!fifths s2!change10 s2c s1!thirds s1c', actions)
    const later = level === 'read-committed' ? [[1, 12]] : []
    expect(readsOf(outcome, 's1')).toEqual([
      [
        [1, 10],
        [2, 20],
      ],
      later,
    ])
  })

  it.each(LEVELS)('who deletes by a search of the past aborts (%s)', (level) => {
    const steps = 's1r1 s2r1 s2r2 s2w1=12 s2w2=18 s2c s1!remove20 s1c'
    const outcome = run(level, START, steps, actions)
    // At read-committed it finds nothing to delete any more.
    const end = level === 'read-committed' ? 'committed' : 'conflict'
    expect(ends(outcome)).toEqual({ s1: end, s2: 'committed' })
    expect(outcome.final).toEqual({ 1: 12, 2: 18 })
  })

  testCase({
    start: START,
    sessions: ['s1!fifths s1!thirds s1c', 's2!change10 s2c'],
    actions,
    anomalous: { 'read-committed': 2, 'repeatable-read': 0 },
    needless: { occ: 0, ssi: 0 },
  })
  testCase({
    start: START,
    sessions: ['s1r1 s1!remove20 s1c', 's2r1 s2r2 s2w1=12 s2w2=18 s2c'],
    actions,
    anomalous: { 'read-committed': 5, 'repeatable-read': 0 },
    needless: { occ: 0, ssi: 0 },
  })
})
