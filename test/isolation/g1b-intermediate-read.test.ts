/** G1b, intermediate read: only the last value that a transaction wrote is seen. */
import { describe, expect, it } from 'vitest'
import {
  LEVELS,
  readsOf,
  run,
  tellReads,
  testAllOrders,
  useStore,
} from '../support/schedule-run.ts'

const START = { 1: 10, 2: 20 }

describe('G1b', () => {
  useStore()

  it.each(LEVELS)('the first of two writes is never seen at %s', (level) => {
    const outcome = run(level, START, 's1w1=101 s2r1 s1w1=11 s1c s2r1 s2c')
    const second = level === 'read-committed' ? 11 : 10
    expect(readsOf(outcome, 's2')).toEqual([10, second])
    expect(outcome.final).toEqual({ 1: 11, 2: 20 })
  })

  testAllOrders(
    START,
    ['s1w1=101 s1d1 s1w1=102 s1w1=11 s1c', 's2r1 s2r1 s2c'],
    ['read-committed'],
    {
      tell: tellReads('s2'),
      allowed: {
        'read-committed': ['s2 10 10', 's2 10 11', 's2 11 11'],
        'repeatable-read': ['s2 10 10', 's2 11 11'],
        serializable: ['s2 10 10', 's2 11 11'],
      },
    },
  )
})
