/** G0, dirty write: two writers of the same keys are never mixed. */
import { describe, expect, it } from 'vitest'
import { ends, LEVELS, run, tellFinal, testAllOrders, useStore } from '../support/schedule-run.ts'

const START = { 1: 10, 2: 20 }

describe('G0', () => {
  useStore()

  it.each(LEVELS)('the first committer wins as a whole at %s', (level) => {
    const outcome = run(level, START, 's1w1=11 s2w1=12 s1w2=21 s1c s2w2=22 s2c')
    expect(outcome.final).toEqual({ 1: 11, 2: 21 })
    expect(ends(outcome)).toEqual({ s1: 'committed', s2: 'conflict' })
  })

  testAllOrders(
    START,
    ['s1w1=11 s1w2=21 s1c', 's2w1=12 s2w2=22 s2c', 's3r1 s3r2 s3c'],
    ['read-committed'],
    {
      tell: tellFinal(1, 2),
      allowed: {
        'read-committed': ['11 21', '12 22'],
        'repeatable-read': ['11 21', '12 22'],
        serializable: ['11 21', '12 22'],
      },
    },
  )
})
