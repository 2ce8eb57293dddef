/** OTV, observed transaction vanishes: what was seen of a commit does not disappear again. */
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

describe('OTV', () => {
  useStore()

  it.each(LEVELS)('a reader sees the first writer, then the second whole or not at %s', (level) => {
    const steps = 's1w1=11 s1w2=19 s2w1=12 s1c s3r1 s2w2=18 s3r2 s2c s3r2 s3r1 s3c'
    const outcome = run(level, START, steps)
    expect(readsOf(outcome, 's3')).toEqual([11, 19, 19, 11])
    // The second writer began before the first one had committed.
    expect(ends(outcome)).toEqual({ s1: 'committed', s2: 'conflict', s3: 'committed' })
    expect(outcome.final).toEqual({ 1: 11, 2: 19 })
  })

  it.each(LEVELS)('so it does when the second writer can commit at %s', (level) => {
    const steps = 's1w1=11 s1w2=19 s1c s2w1=12 s3r1 s2w2=18 s3r2 s2c s3r2 s3r1 s3c'
    const outcome = run(level, START, steps)
    const later = level === 'read-committed' ? [18, 12] : [19, 11]
    expect(readsOf(outcome, 's3')).toEqual([11, 19, ...later])
    expect(outcome.final).toEqual({ 1: 12, 2: 18 })
  })

  testAllOrders(
    START,
    ['s1w1=11 s1w2=19 s1c', 's2w1=12 s2w2=18 s2c', 's3r1 s3r2 s3r1 s3c'],
    ['read-committed'],
    {
      tell: tellReads('s3'),
      allowed: {
        'read-committed': [
          's3 10 18 11',
          's3 10 18 12',
          's3 10 19 11',
          's3 10 19 12',
          's3 10 20 10',
          's3 10 20 11',
          's3 10 20 12',
          's3 11 18 12',
          's3 11 19 11',
          's3 11 19 12',
          's3 12 18 11',
          's3 12 18 12',
          's3 12 19 11',
        ],
        'repeatable-read': ['s3 10 20 10', 's3 11 19 11', 's3 12 18 12'],
        serializable: ['s3 10 20 10', 's3 11 19 11', 's3 12 18 12'],
      },
    },
  )
})
