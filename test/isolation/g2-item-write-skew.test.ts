/** G2-item, write skew: two that read the same and write different keys. */
import { describe, expect, it } from 'vitest'
import {
  ends,
  LEVELS,
  run,
  tellReads,
  testAllOrders,
  testCase,
  useStore,
} from '../support/schedule-run.ts'

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

  // Two keys that both look up together, and change one by one.
  testCase({
    start: START,
    sessions: ['s1!look s1w1=11 s1c', 's2!look s2w2=21 s2c'],
    actions: { look: (tx) => tx.scan({ from: 1, to: 2 }) },
    anomalous: { 'read-committed': 18, 'repeatable-read': 18 },
    needless: { occ: 0, ssi: 0 },
  })

  const both = ['s1r1 s1r2 s1w1+=1 s1c', 's2r1 s2r2 s2w2+=1 s2c']
  testAllOrders(START, both, ['read-committed', 'repeatable-read'], {
    tell: tellReads('s1', 's2'),
    allowed: {
      'read-committed': ['s1 10 20, s2 10 20', 's1 10 20, s2 11 20', 's1 10 21, s2 10 20'],
      'repeatable-read': ['s1 10 20, s2 10 20', 's1 10 20, s2 11 20', 's1 10 21, s2 10 20'],
      serializable: [
        's1 10 20, s2 11 20',
        's1 10 20, s2 aborted',
        's1 10 21, s2 10 20',
        's1 aborted, s2 10 20',
      ],
    },
  })
  const ring = ['s1r1 s1w2=1 s1c', 's2r2 s2w3=2 s2c', 's3r3 s3w1=3 s3c']
  testAllOrders({ 1: 10, 2: 20, 3: 30 }, ring, ['read-committed', 'repeatable-read'], {
    tell: tellReads('s1', 's2', 's3'),
    allowed: {
      'read-committed': [
        's1 10, s2 1, s3 2',
        's1 10, s2 1, s3 30',
        's1 10, s2 20, s3 2',
        's1 10, s2 20, s3 30',
        's1 3, s2 1, s3 30',
        's1 3, s2 20, s3 2',
        's1 3, s2 20, s3 30',
      ],
      'repeatable-read': [
        's1 10, s2 1, s3 2',
        's1 10, s2 1, s3 30',
        's1 10, s2 20, s3 2',
        's1 10, s2 20, s3 30',
        's1 3, s2 1, s3 30',
        's1 3, s2 20, s3 2',
        's1 3, s2 20, s3 30',
      ],
      serializable: [
        's1 10, s2 1, s3 2',
        's1 10, s2 1, s3 30',
        's1 10, s2 1, s3 aborted',
        's1 10, s2 20, s3 2',
        's1 10, s2 20, s3 aborted',
        's1 10, s2 aborted, s3 30',
        's1 3, s2 1, s3 30',
        's1 3, s2 20, s3 2',
        's1 3, s2 20, s3 30',
        's1 3, s2 aborted, s3 30',
        's1 aborted, s2 20, s3 2',
        's1 aborted, s2 20, s3 30',
      ],
    },
  })
  // Who has read what a second one changes, and a third one has seen that change (G2-two-edge).
  const twoEdges = ['s1r1 s1r2 s1w1=0 s1c', 's2r2 s2w2+=5 s2c', 's3r1 s3r2 s3c']
  testAllOrders(START, twoEdges, ['read-committed', 'repeatable-read'], {
    tell: tellReads('s1', 's3'),
    allowed: {
      'read-committed': [
        's1 10 20, s3 0 20',
        's1 10 20, s3 0 25',
        's1 10 20, s3 10 20',
        's1 10 20, s3 10 25',
        's1 10 25, s3 0 25',
        's1 10 25, s3 10 20',
        's1 10 25, s3 10 25',
      ],
      'repeatable-read': [
        's1 10 20, s3 0 20',
        's1 10 20, s3 0 25',
        's1 10 20, s3 10 20',
        's1 10 20, s3 10 25',
        's1 10 25, s3 0 25',
        's1 10 25, s3 10 20',
        's1 10 25, s3 10 25',
      ],
      serializable: [
        's1 10 20, s3 0 20',
        's1 10 20, s3 0 25',
        's1 10 20, s3 10 20',
        's1 10 25, s3 0 25',
        's1 10 25, s3 10 20',
        's1 10 25, s3 10 25',
        's1 aborted, s3 10 20',
        's1 aborted, s3 10 25',
      ],
    },
  })
})
