/**
 * A write that is made only if the key is not there, and so is none: that the key was there is a read,
 * which whoever changes or removes the key must not get past.
 */
import { describe } from 'vitest'
import type { Actions } from '../support/schedule.ts'
import { testCase, useStore } from '../support/schedule-run.ts'

const actions: Actions = {
  insertOrLeave: (tx) => tx.get(1) === undefined && tx.set(1, 99),
  count: (tx) => tx.scan({ from: 5, to: 6 }),
}

describe('a key that is made unless it is there', () => {
  useStore()

  for (const change of ['s2d1', 's2w1=2']) {
    testCase({
      start: { 1: 0 },
      sessions: ['s1!insertOrLeave s1w5=10 s1c', `s2!count ${change} s2c`],
      actions,
      anomalous: { 'read-committed': 18, 'repeatable-read': 18 },
      needless: { occ: 0, ssi: 0 },
    })
  }
})
