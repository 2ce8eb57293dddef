/** P4, lost update: who writes what it has read does not overwrite what came in between. */
import { describe, expect, it } from 'vitest'
import {
  ends,
  LEVELS,
  run,
  tellFinal,
  tellReads,
  testAllOrders,
  useStore,
} from '../support/schedule-run.ts'

const START = { 1: 10, 2: 20 }

describe('P4', () => {
  useStore()

  it.each(LEVELS)('the second of two that read the same value aborts at %s', (level) => {
    const outcome = run(level, START, 's1r1 s2r1 s1w1=11 s2w1=11 s1c s2c')
    expect(ends(outcome)).toEqual({ s1: 'committed', s2: 'conflict' })
    expect(outcome.final).toEqual({ 1: 11, 2: 20 })
  })

  it.each(LEVELS)('of three that add to one value each commit counts at %s', (level) => {
    const outcome = run(level, START, 's1r1 s2r1 s1w1+=1 s1c s3r1 s2w1+=2 s3w1+=4 s3c s2c')
    expect(ends(outcome)).toEqual({ s1: 'committed', s2: 'conflict', s3: 'committed' })
    expect(outcome.final).toEqual({ 1: 15, 2: 20 })
  })

  it.each(LEVELS)('a deletion is a write at %s', (level) => {
    const outcome = run(level, START, 's1r1 s2r1 s1d1 s2w1+=5 s1c s2c')
    expect(ends(outcome)).toEqual({ s1: 'committed', s2: 'conflict' })
    expect(outcome.final).toEqual({ 2: 20 })
  })

  testAllOrders(START, ['s1r1 s1w1+=1 s1c', 's2r1 s2w1+=2 s2c', 's3r1 s3w1+=4 s3c'], [], {
    tell: tellFinal(1),
    allowed: {
      'read-committed': ['11', '12', '13', '14', '15', '16', '17'],
      'repeatable-read': ['11', '12', '13', '14', '15', '16', '17'],
      serializable: ['11', '12', '13', '14', '15', '16', '17'],
    },
  })
  // The same, in the form of the case: both write 11, so that only their ends tell them apart.
  testAllOrders(START, ['s1r1 s1w1=11 s1c', 's2r1 s2w1=11 s2c'], [], {
    tell: tellReads('s1', 's2'),
    allowed: {
      'read-committed': ['s1 10, s2 11', 's1 10, s2 aborted', 's1 11, s2 10', 's1 aborted, s2 10'],
      'repeatable-read': ['s1 10, s2 11', 's1 10, s2 aborted', 's1 11, s2 10', 's1 aborted, s2 10'],
      serializable: ['s1 10, s2 11', 's1 10, s2 aborted', 's1 11, s2 10', 's1 aborted, s2 10'],
    },
  })
})
