/** G2-item, write skew: two that read the same and write different keys. */
import { describe, expect, it } from 'vitest'
import { ends, LEVELS, run, testAllOrders, useStore } from '../support/schedule-run.ts'

const START = { 1: 10, 2: 20 }

describe('G2-item', () => {
  useStore()

  it.each(LEVELS)('only serializable aborts one of them (%s)', (level) => {
    const outcome = run(level, START, 's1r1 s1r2 s2r1 s2r2 s1w1=11 s2w2=21 s1c s2c')
    const second = level === 'serializable' ? 'conflict' : 'committed'
    expect(ends(outcome)).toEqual({ s1: 'committed', s2: second })
    expect(outcome.final).toEqual(level === 'serializable' ? { 1: 11, 2: 20 } : { 1: 11, 2: 21 })
  })

  it.each(LEVELS)('of three in a ring one aborts, too (%s)', (level) => {
    const outcome = run(level, START, 's1r1 s2r2 s3r3 s1w2=1 s2w3=2 s3w1=3 s1c s2c s3c')
    const committed = Object.values(ends(outcome)).filter((end) => end === 'committed').length
    expect(committed).toBe(level === 'serializable' ? 2 : 3)
  })

  const both = ['s1r1 s1r2 s1w1+=1 s1c', 's2r1 s2r2 s2w2+=1 s2c']
  testAllOrders(START, both, ['read-committed', 'repeatable-read'])
  const ring = ['s1r1 s1w2=1 s1c', 's2r2 s2w3=2 s2c', 's3r3 s3w1=3 s3c']
  testAllOrders({ 1: 10, 2: 20, 3: 30 }, ring, ['read-committed', 'repeatable-read'])
})
