/**
 * Write skew on two keys that are not there yet, while a third session changes or removes one of them
 * and then rolls back: that must not hide who made it.
 */
import { describe } from 'vitest'
import { testCase, useStore } from '../support/schedule-run.ts'

describe('a writer who is covered by one that rolls back', () => {
  useStore()

  testCase({
    start: {},
    sessions: ['s1r1 s1w2=7 s1c', 's2w1=4 s2r2 s2c', 's3!change s3a'],
    actions: { change: (tx) => tx.get(2) !== undefined && tx.set(2, 8) },
    anomalous: { 'read-committed': 420, 'repeatable-read': 504 },
    needless: { occ: 0, ssi: 0 },
  })

  testCase({
    start: {},
    sessions: ['s1r1 s1w2=7 s1c', 's2w1=4 s2r2 s2c', 's3d2 s3a'],
    anomalous: { 'read-committed': 420, 'repeatable-read': 504 },
    needless: { occ: 0, ssi: 0 },
  })
})
