/** Searches of ranges without an end, with writes in both, in one of them, and between them. */
import { describe } from 'vitest'
import type { Actions } from '../support/schedule.ts'
import { testCase, useStore } from '../support/schedule-run.ts'

const START = { 1: 1, 3: 3, 6: 6, 8: 8 }
const actions: Actions = {
  low: (tx) => tx.scan({ from: 0, to: 3 }),
  high: (tx) => tx.scan({ from: 6, to: 9 }),
  addLow: (tx) => {
    tx.set(0, 0)
    tx.set(2, 2)
  },
  addHigh: (tx) => {
    tx.set(7, 7)
    tx.set(9, 9)
  },
}

describe('searches of ranges', () => {
  useStore()

  testCase({
    start: START,
    sessions: ['s1!low s1!addHigh s1c', 's2!high s2!addLow s2c'],
    actions,
    anomalous: { 'read-committed': 18, 'repeatable-read': 18 },
    needless: { occ: 0, ssi: 0 },
  })

  // Only one of them writes what the other one searches: then there is an order for all that they do.
  testCase({
    start: START,
    sessions: ['s1!low s1!addHigh s1c', 's2!high s2w5=5 s2c'],
    actions,
    anomalous: { 'read-committed': 0, 'repeatable-read': 0 },
    needless: { occ: 9, ssi: 0 },
  })

  testCase({
    start: START,
    sessions: ['s1!low s1w4=4 s1c', 's2!high s2w5=5 s2c'],
    actions,
    anomalous: { 'read-committed': 0, 'repeatable-read': 0 },
    needless: { occ: 0, ssi: 0 },
    holds: (final) => final[4] === 4 && final[5] === 5,
  })
})
