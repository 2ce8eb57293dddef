/** G2: two that search the same, and each adds what the other one would have found. */
import { describe, expect, it } from 'vitest'
import type { Actions } from '../support/schedule.ts'
import { ends, LEVELS, run, testCase, useStore } from '../support/schedule-run.ts'

const START = { 1: 10, 2: 20 }
const all = { from: 1, to: 4 }
const actions: Actions = {
  thirds: (tx) => tx.scan({ ...all, where: (value) => value % 3 === 0 }),
  search: (tx) => tx.scan(all),
}

describe('G2', () => {
  useStore()

  it.each(LEVELS)('only serializable aborts one of them (%s)', (level) => {
    const steps = 's1!thirds s2!thirds s1w3=30 s2w4=42 s1c s2c'
    const outcome = run(level, START, steps, actions)
    const second = level === 'serializable' ? 'conflict' : 'committed'
    expect(ends(outcome)).toEqual({ s1: 'committed', s2: second })
  })

  it.each(LEVELS)('a reader between two edges makes one of three impossible (%s)', (level) => {
    const steps = 's1!search s2w2=25 s2c s3!search s3c s1w1=0 s1c'
    const outcome = run(level, START, steps, actions)
    const first = level === 'serializable' ? 'conflict' : 'committed'
    expect(ends(outcome)).toEqual({ s1: first, s2: 'committed', s3: 'committed' })
  })

  testCase({
    start: START,
    sessions: ['s1!thirds s1w3=30 s1c', 's2!thirds s2w4=42 s2c'],
    actions,
    anomalous: { 'read-committed': 18, 'repeatable-read': 18 },
    needless: { occ: 0, ssi: 0 },
  })
  // The same with a value that neither search finds: nothing is wrong with it.
  testCase({
    start: START,
    sessions: ['s1!thirds s1w3=31 s1c', 's2!thirds s2w4=41 s2c'],
    actions,
    anomalous: { 'read-committed': 0, 'repeatable-read': 0 },
    needless: { occ: 18, ssi: 18 },
  })
  testCase({
    start: START,
    sessions: ['s1!search s1w1=0 s1c', 's2r2 s2w2+=5 s2c', 's3!search s3c'],
    actions,
    anomalous: { 'read-committed': 27, 'repeatable-read': 27 },
    needless: { occ: 216, ssi: 0 },
  })
})
