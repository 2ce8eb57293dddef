/**
 * The report of a day that is over: receipts get the current day, somebody begins a new day, and a
 * report of the old one is made. What it shows must not change afterwards: a receipt of the old day
 * that commits later was seen by nobody, and no state of the store is wrong.
 */
import { describe, expect, it } from 'vitest'
import type { Actions } from '../support/schedule.ts'
import { ends, LEVELS, readsOf, run, testCase, useStore } from '../support/schedule-run.ts'

const DAY = 1
const START = { [DAY]: 22, 3: 22, 4: 22 }
const actions: Actions = {
  receipt: (tx) => tx.set(5, tx.get(DAY) ?? 0),
  report: (tx) => tx.scan({ from: 3, to: 6, where: (day) => day === 22 }),
}

describe('a report of receipts', () => {
  useStore()

  it.each(LEVELS)('misses none of a day that it has seen end, at serializable (%s)', (level) => {
    const steps = `s1!receipt s2w${DAY}=23 s2c s3r${DAY} s3!report s3c s1c`
    const outcome = run(level, START, steps, actions)
    expect(readsOf(outcome, 's3')).toEqual([
      23,
      [
        [3, 22],
        [4, 22],
      ],
    ])
    expect(ends(outcome).s1).toBe(level === 'serializable' ? 'conflict' : 'committed')
  })

  testCase({
    start: START,
    sessions: ['s1!receipt s1c', `s2w${DAY}=23 s2c`, `s3r${DAY} s3!report s3c`],
    actions,
    anomalous: { 'read-committed': 4, 'repeatable-read': 6 },
    needless: { occ: 62, ssi: 0 },
  })
})
