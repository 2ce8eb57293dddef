/**
 * Who searches one group of keys and adds to another one, beside somebody who does the opposite; and
 * beside somebody whose groups are others, with whom nobody may be disturbed.
 */
import { describe } from 'vitest'
import type { Actions, Predicate } from '../support/schedule.ts'
import { testCase, useStore } from '../support/schedule-run.ts'

const FIRST: Predicate = { from: 1, to: 3 }
const SECOND: Predicate = { from: 5, to: 7 }
const START = { 1: 10, 2: 10, 5: 20, 6: 20 }
const actions: Actions = {
  first: (tx) => tx.scan(FIRST),
  second: (tx) => tx.scan(SECOND),
}

describe('searches of one group each', () => {
  useStore()

  testCase({
    start: START,
    sessions: ['s1!first s1w7=20 s1c', 's2!second s2w3=10 s2c'],
    actions,
    anomalous: { 'read-committed': 18, 'repeatable-read': 18 },
    needless: { occ: 0, ssi: 0 },
  })

  testCase({
    start: START,
    sessions: ['s1!first s1w8=30 s1c', 's2!second s2w9=40 s2c'],
    actions,
    anomalous: { 'read-committed': 0, 'repeatable-read': 0 },
    needless: { occ: 0, ssi: 0 },
    holds: (final) => final[8] === 30 && final[9] === 40,
  })
})
