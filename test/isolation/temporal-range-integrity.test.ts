/**
 * Rules that hold from one day to another, and what happened while they did: nothing is entered that no
 * rule covers, and no rule goes that covers something. Keys below 5 are days from which a rule holds,
 * with the day on which it ends; those from 6 on are entries, with their day.
 */
import { describe } from 'vitest'
import type { State } from '../support/schedule.ts'
import { testCase, useStore } from '../support/schedule-run.ts'

const RULE = 1
const ENTRY = 6
const DAY = 3
const FOR_EVER = 99

const isCovered = (final: State): boolean => {
  const until = final[RULE] ?? 0
  return final[ENTRY] === undefined || (RULE <= final[ENTRY] && final[ENTRY] < until)
}

describe('rules that cover days', () => {
  useStore()

  testCase({
    start: { [RULE]: FOR_EVER },
    sessions: ['s1!rules s1!enter s1c', 's2!entries s2!drop s2c'],
    actions: {
      rules: (tx) =>
        tx.scan({ from: 0, to: 5, where: (until, since) => since <= DAY && DAY < until }),
      enter: (tx) => tx.found.length > 0 && tx.set(ENTRY, DAY),
      entries: (tx) => tx.scan({ from: ENTRY, to: 9, where: (day) => day >= RULE }),
      drop: (tx) => tx.found.length === 0 && tx.delete(RULE),
    },
    anomalous: { 'read-committed': 18, 'repeatable-read': 18 },
    needless: { occ: 0, ssi: 0 },
    holds: isCovered,
  })
})
