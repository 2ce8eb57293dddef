/** G1a, aborted read: what is rolled back was never seen. */
import { describe, expect, it } from 'vitest'
import {
  ends,
  LEVELS,
  readsOf,
  run,
  tellReads,
  testAllOrders,
  useStore,
} from '../support/schedule-run.ts'

const START = { 1: 10, 2: 20 }

describe('G1a', () => {
  useStore()

  it.each(LEVELS)('a write that is rolled back is invisible at %s', (level) => {
    const outcome = run(level, START, 's1w1=101 s2r1 s1a s2r1 s2c')
    expect(readsOf(outcome, 's2')).toEqual([10, 10])
    expect(outcome.final).toEqual(START)
    expect(ends(outcome)).toEqual({ s1: 'aborted', s2: 'committed' })
  })

  it.each(LEVELS)('so is one that lost its commit at %s', (level) => {
    const outcome = run(level, START, 's1w1=101 s1w2=102 s3w2=25 s3c s2r1 s1c s2r1 s2c')
    expect(readsOf(outcome, 's2')).toEqual([10, 10])
    expect(outcome.final).toEqual({ 1: 10, 2: 25 })
  })

  testAllOrders(START, ['s1w1=101 s1d2 s1w3=30 s1a', 's2r1 s2r2 s2r3 s2r1 s2c'], [], {
    tell: tellReads('s2'),
    allowed: {
      'read-committed': ['s2 10 20 - 10'],
      'repeatable-read': ['s2 10 20 - 10'],
      serializable: ['s2 10 20 - 10'],
    },
  })
})
