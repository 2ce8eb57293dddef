/**
 * Two groups of keys of which each session searches one for its first key, and removes the key of that
 * number from the other one. Only keys are looked at, and never their values.
 */
import { describe } from 'vitest'
import type { Actions } from '../support/schedule.ts'
import { testCase, useStore } from '../support/schedule-run.ts'

const DISTANCE = 4
const removeFirst =
  (from: number, distance: number): Actions[string] =>
  (tx) => {
    const [first] = tx.scan({ from, to: from + 2 })
    if (first !== undefined) tx.delete(first[0] + distance)
  }

describe('the first keys of two groups', () => {
  useStore()

  testCase({
    start: { 1: 0, 2: 0, 3: 0, 5: 0, 6: 0, 7: 0 },
    sessions: ['s1!fromSecond s1c', 's2!fromFirst s2c'],
    actions: { fromSecond: removeFirst(1, DISTANCE), fromFirst: removeFirst(5, -DISTANCE) },
    anomalous: { 'read-committed': 4, 'repeatable-read': 4 },
    needless: { occ: 0, ssi: 0 },
    holds: (final) => final[1] !== undefined || final[5] !== undefined,
  })
})
