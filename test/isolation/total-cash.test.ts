/** Two accounts of which either may be overdrawn, but not both together: each withdrawal looks at both. */
import { describe } from 'vitest'
import type { Actions } from '../support/schedule.ts'
import { testCase, useStore } from '../support/schedule-run.ts'

const AMOUNT = 70
const withdraw =
  (account: number): Actions[string] =>
  (tx) =>
    tx.set(account, (tx.get(account) ?? 0) - AMOUNT)
const undoIfOverdrawn =
  (account: number): Actions[string] =>
  (tx) => {
    const total = tx.scan({ from: 1, to: 2 }).reduce((sum, [, balance]) => sum + balance, 0)
    if (total < 0) tx.set(account, (tx.get(account) ?? 0) + AMOUNT)
  }

describe('the sum of two accounts', () => {
  useStore()

  testCase({
    start: { 1: 60, 2: 60 },
    sessions: ['s1!take1 s1!check1 s1c', 's2!take2 s2!check2 s2c'],
    actions: {
      take1: withdraw(1),
      check1: undoIfOverdrawn(1),
      take2: withdraw(2),
      check2: undoIfOverdrawn(2),
    },
    anomalous: { 'read-committed': 12, 'repeatable-read': 18 },
    needless: { occ: 0, ssi: 0 },
    holds: (final) => (final[1] ?? 0) + (final[2] ?? 0) >= 0,
  })
})
