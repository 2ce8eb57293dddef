/** G1c, circular information flow: of two transactions at most one has seen the other. */
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

describe('G1c', () => {
  useStore()

  it.each(LEVELS)('neither sees the other while both are open at %s', (level) => {
    const outcome = run(level, START, 's1w1=11 s2w2=22 s1r2 s2r1 s1c s2c')
    expect(readsOf(outcome, 's1')).toEqual([20])
    expect(readsOf(outcome, 's2')).toEqual([10])
    // That alone is write skew: serializable lets one of them commit.
    const second = level === 'serializable' ? 'conflict' : 'committed'
    expect(ends(outcome)).toEqual({ s1: 'committed', s2: second })
  })

  testAllOrders(
    START,
    ['s1w1=11 s1r2 s1c', 's2w2=22 s2r1 s2c'],
    ['read-committed', 'repeatable-read'],
    {
      tell: tellReads('s1', 's2'),
      allowed: {
        'read-committed': ['s1 20, s2 10', 's1 20, s2 11', 's1 22, s2 10'],
        'repeatable-read': ['s1 20, s2 10', 's1 20, s2 11', 's1 22, s2 10'],
        serializable: ['s1 20, s2 11', 's1 20, s2 aborted', 's1 22, s2 10', 's1 aborted, s2 10'],
      },
    },
  )
})
