/** PMP, predicate-many-preceders: two searches of one transaction belong to one state. */
import { describe, expect, it } from 'vitest'
import type { Actions } from '../support/schedule.ts'
import { ends, LEVELS, readsOf, run, testCase, useStore } from '../support/schedule-run.ts'

const START = { 1: 10, 2: 20 }
const all = { from: 1, to: 4 }
const actions: Actions = {
  thirty: (tx) => tx.scan({ ...all, where: (value) => value === 30 }),
  thirds: (tx) => tx.scan({ ...all, where: (value) => value % 3 === 0 }),
  raise: (tx) => {
    for (const [key, value] of tx.scan(all)) tx.set(key, value + 10)
  },
  remove20: (tx) => {
    for (const [key] of tx.scan({ ...all, where: (value) => value === 20 })) tx.delete(key)
  },
}

describe('PMP', () => {
  useStore()

  it.each(LEVELS)(
    'a new key between two searches is found by read-committed only (%s)',
    (level) => {
      const outcome = run(level, START, 's1!thirty s2w3=30 s2c s1!thirds s1c', actions)
      expect(readsOf(outcome, 's1')).toEqual([[], level === 'read-committed' ? [[3, 30]] : []])
      expect(ends(outcome)).toEqual({ s1: 'committed', s2: 'committed' })
    },
  )

  it.each(LEVELS)('who deletes what a search found that has changed aborts (%s)', (level) => {
    const outcome = run(level, START, 's1!raise s2!remove20 s1c s2c', actions)
    expect(ends(outcome)).toEqual({ s1: 'committed', s2: 'conflict' })
    expect(outcome.final).toEqual({ 1: 20, 2: 30 })
  })

  testCase({
    start: START,
    sessions: ['s1!thirty s1!thirds s1c', 's2w3=30 s2c'],
    actions,
    anomalous: { 'read-committed': 2, 'repeatable-read': 0 },
    needless: { occ: 0, ssi: 0 },
  })
  testCase({
    start: START,
    sessions: ['s1!raise s1c', 's2!remove20 s2c'],
    actions,
    anomalous: { 'read-committed': 0, 'repeatable-read': 0 },
    needless: { occ: 0, ssi: 0 },
  })
})
