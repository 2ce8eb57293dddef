/** Keys that do not exist take part like all others: their absence is read and changed. */
import { describe, expect, it } from 'vitest'
import {
  ends,
  LEVELS,
  readsOf,
  run,
  testAllOrders,
  testCase,
  useStore,
} from '../support/schedule-run.ts'

describe('absent keys', () => {
  useStore()

  it.each(LEVELS)('of two that make the same key one aborts at %s', (level) => {
    const outcome = run(level, {}, 's1r1 s2r1 s1w1=1 s2w1=2 s1c s2c')
    expect(ends(outcome)).toEqual({ s1: 'committed', s2: 'conflict' })
    expect(outcome.final).toEqual({ 1: 1 })
  })

  it.each(LEVELS)('so it is when neither looked before at %s', (level) => {
    const outcome = run(level, {}, 's1w1=1 s2w1=2 s2c s1c')
    expect(ends(outcome)).toEqual({ s1: 'conflict', s2: 'committed' })
    expect(outcome.final).toEqual({ 1: 2 })
  })

  it.each(LEVELS)('two that find a key absent and make another are skewed (%s)', (level) => {
    const outcome = run(level, {}, 's1r1 s1r2 s2r1 s2r2 s1w1=1 s2w2=2 s1c s2c')
    const second = level === 'serializable' ? 'conflict' : 'committed'
    expect(ends(outcome)).toEqual({ s1: 'committed', s2: second })
  })

  it.each(LEVELS)('a snapshot keeps a key that is deleted and made again (%s)', (level) => {
    const outcome = run(level, { 1: 10 }, 's1r1 s2d1 s2c s1r1 s3w1=30 s3c s1r1 s1c')
    const later = level === 'read-committed' ? [undefined, 30] : [10, 10]
    expect(readsOf(outcome, 's1')).toEqual([10, ...later])
  })

  // A key that is unique: made by two who have looked, and by one who has and one who has not.
  testCase({
    start: {},
    sessions: ['s1r1 s1w1=1 s1c', 's2r1 s2w1=2 s2c'],
    anomalous: { 'read-committed': 0, 'repeatable-read': 0 },
    needless: { occ: 0, ssi: 0 },
  })
  testCase({
    start: {},
    sessions: ['s1r1 s1w1=1 s1c', 's2w1=2 s2c'],
    anomalous: { 'read-committed': 0, 'repeatable-read': 0 },
    needless: { occ: 3, ssi: 3 },
  })

  testAllOrders(
    { 2: 20 },
    ['s1r1 s1w1=1 s1c', 's2r1 s2d2 s2w1=2 s2c', 's3r1 s3r2 s3c'],
    ['read-committed'],
  )
  testAllOrders({ 1: 10 }, ['s1d1 s1c', 's2r1 s2w1+=5 s2c', 's3r1 s3w1=7 s3r1 s3c'], [])
  testAllOrders(
    {},
    ['s1r1 s1r2 s1w1=1 s1c', 's2r1 s2r2 s2w2=2 s2c'],
    ['read-committed', 'repeatable-read'],
  )
})
