/**
 * A sum that is kept beside what it is made of. One session makes it anew, the other one reads it and
 * changes what it is made of, in either order.
 */
import { describe } from 'vitest'
import type { Actions } from '../support/schedule.ts'
import { testCase, useStore } from '../support/schedule-run.ts'

const SUM = 5
const START = { 1: 10, 2: 20, [SUM]: 10 }
const actions: Actions = {
  refresh: (tx) => {
    const all = tx.scan({ from: 1, to: 3 })
    tx.set(
      SUM,
      all.reduce((sum, [, count]) => sum + count, 0),
    )
  },
  raise: (tx) => {
    for (const [key, count] of tx.scan({ from: 1, to: 3 })) tx.set(key, count + 1)
  },
}
const changes = { 'a new key': 's2w3=15', 'every key': 's2!raise' }

describe('a sum that is made anew', () => {
  useStore()

  describe.each(Object.entries(changes))('while %s is written', (_, change) => {
    testCase({
      start: START,
      sessions: ['s1!refresh s1c', `s2r${SUM} ${change} s2c`],
      actions,
      anomalous: { 'read-committed': 8, 'repeatable-read': 8 },
      needless: { occ: 0, ssi: 0 },
    })
    testCase({
      start: START,
      sessions: ['s1!refresh s1c', `${change} s2r${SUM} s2c`],
      actions,
      anomalous: { 'read-committed': 6, 'repeatable-read': 8 },
      needless: { occ: 0, ssi: 0 },
    })
  })
})
