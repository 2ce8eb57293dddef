/**
 * A ring of four on three keys, where a key has two versions since the first one read it: s1 read x
 * before both, s3 wrote the second one and read y before s4 wrote that, s4 read z before s1 writes it.
 */
import { describe, expect, it } from 'vitest'
import type { Actions } from '../support/schedule.ts'
import { ends, LEVELS, run, testCase, useStore } from '../support/schedule-run.ts'

const START = { 1: 0, 2: 0, 3: 0 }
const actions: Actions = {
  writeXReadY: (tx) => {
    tx.set(1, 3)
    tx.get(2)
  },
  writeYReadZ: (tx) => {
    tx.set(2, 4)
    tx.get(3)
  },
}

describe('a ring over two versions of a key', () => {
  useStore()

  it.each(LEVELS)('is closed below serializable only (%s)', (level) => {
    const steps = 's1r1 s2w1=2 s2c s3!writeXReadY s4!writeYReadZ s4c s3c s1w3=1 s1c'
    const outcome = run(level, START, steps, actions)
    const committed = Object.values(ends(outcome)).filter((end) => end === 'committed').length
    expect(committed < 4).toBe(level === 'serializable')
  })

  testCase({
    start: START,
    sessions: ['s1r1 s1w3=1 s1c', 's2w1=2 s2c', 's3!writeXReadY s3c', 's4!writeYReadZ s4c'],
    actions,
    anomalous: { 'read-committed': 3023, 'repeatable-read': 3023 },
    needless: { occ: 7924, ssi: 4653 },
  })
})
