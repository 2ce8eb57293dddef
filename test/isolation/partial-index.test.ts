/** Keys that are written so that a predicate finds them no longer, by two who search for all it finds. */
import { describe } from 'vitest'
import type { Actions, Predicate } from '../support/schedule.ts'
import { testCase, useStore } from '../support/schedule-run.ts'

const START = { 1: 1, 2: 1, 3: 2 }
const OPEN: Predicate = { from: 1, to: 3, where: (state) => state === 1 }
const actions: Actions = {
  open: (tx) => tx.scan(OPEN),
  close1: (tx) => tx.get(1) === 1 && tx.set(1, 2),
  close2: (tx) => tx.get(2) === 1 && tx.set(2, 2),
}

describe('keys that leave what a predicate finds', () => {
  useStore()

  testCase({
    start: START,
    sessions: ['s1!open s1!close1 s1c', 's2!close2 s2!open s2c'],
    actions,
    anomalous: { 'read-committed': 15, 'repeatable-read': 18 },
    needless: { occ: 0, ssi: 0 },
  })
})
