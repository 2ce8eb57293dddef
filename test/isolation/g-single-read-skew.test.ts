/** G-single, read skew: two reads of one transaction belong to one state. */
import { describe, expect, it } from 'vitest'
import {
  ends,
  LEVELS,
  readsOf,
  run,
  tellFinal,
  tellReads,
  testAllOrders,
  useStore,
} from '../support/schedule-run.ts'

const START = { 1: 10, 2: 20 }

describe('G-single', () => {
  useStore()

  it.each(LEVELS)('a commit between two reads is seen by read-committed only (%s)', (level) => {
    const outcome = run(level, START, 's1r1 s2r1 s2r2 s2w1=12 s2w2=18 s2c s1r2 s1c')
    expect(readsOf(outcome, 's1')).toEqual([10, level === 'read-committed' ? 18 : 20])
    expect(ends(outcome)).toEqual({ s1: 'committed', s2: 'committed' })
  })

  it.each(LEVELS)('who would write after it aborts, or has seen it (%s)', (level) => {
    const outcome = run(level, START, 's1r1 s2w1=12 s2w2=18 s2c s1d2 s1c')
    expect(ends(outcome)).toEqual({ s1: 'conflict', s2: 'committed' })
    expect(outcome.final).toEqual({ 1: 12, 2: 18 })
  })

  it.each(LEVELS)('a deletion and a new key are part of the state (%s)', (level) => {
    const outcome = run(level, START, 's1r1 s2d2 s2w3=30 s2c s1r2 s1r3 s1c')
    const later = level === 'read-committed' ? [undefined, 30] : [20, undefined]
    expect(readsOf(outcome, 's1')).toEqual([10, ...later])
  })

  testAllOrders(START, ['s1r1 s1r2 s1c', 's2r1 s2r2 s2w1=12 s2w2=18 s2c'], ['read-committed'], {
    tell: tellReads('s1'),
    allowed: {
      'read-committed': ['s1 10 18', 's1 10 20', 's1 12 18'],
      'repeatable-read': ['s1 10 20', 's1 12 18'],
      serializable: ['s1 10 20', 's1 12 18'],
    },
  })
  testAllOrders(START, ['s1r1 s1r2 s1r3 s1c', 's2w1=12 s2d2 s2w3=30 s2c'], ['read-committed'], {
    tell: tellReads('s1'),
    allowed: {
      'read-committed': ['s1 10 - 30', 's1 10 20 -', 's1 10 20 30', 's1 12 - 30'],
      'repeatable-read': ['s1 10 20 -', 's1 12 - 30'],
      serializable: ['s1 10 20 -', 's1 12 - 30'],
    },
  })
  testAllOrders(START, ['s1r1 s1w2=19 s1c', 's2r2 s2w1=12 s2w2=18 s2c'], [], {
    tell: tellReads('s1', 's2'),
    allowed: {
      'read-committed': ['s1 10, s2 19', 's1 10, s2 aborted', 's1 12, s2 20', 's1 aborted, s2 20'],
      'repeatable-read': ['s1 10, s2 19', 's1 10, s2 aborted', 's1 12, s2 20', 's1 aborted, s2 20'],
      serializable: ['s1 10, s2 19', 's1 10, s2 aborted', 's1 12, s2 20', 's1 aborted, s2 20'],
    },
  })
  // A deletion after a read of the past (G-single-write), and one of what another one changes
  // (PMP-write), by key.
  testAllOrders(START, ['s1r1 s1d2 s1c', 's2r1 s2r2 s2w1=12 s2w2=18 s2c'], [], {
    tell: tellFinal(1, 2),
    allowed: {
      'read-committed': ['10 -', '12 -', '12 18'],
      'repeatable-read': ['10 -', '12 -', '12 18'],
      serializable: ['10 -', '12 -', '12 18'],
    },
  })
  testAllOrders(START, ['s1r1 s1r2 s1w1+=10 s1w2+=10 s1c', 's2r2 s2d2 s2c'], [], {
    tell: tellFinal(1, 2),
    allowed: {
      'read-committed': ['10 -', '20 -', '20 10', '20 30'],
      'repeatable-read': ['10 -', '20 -', '20 10', '20 30'],
      serializable: ['10 -', '20 -', '20 10', '20 30'],
    },
  })
})
