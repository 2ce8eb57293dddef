/**
 * A number that is raised, one that is made of it, and somebody who reads the second one: whoever
 * reads before the second write comes before both, whatever has happened in the meantime. Only an
 * order that has to agree with real time would refuse any of it.
 */
import { describe } from 'vitest'
import { testCase, useStore } from '../support/schedule-run.ts'

describe('two numbers of which one is made of the other', () => {
  useStore()

  testCase({
    start: { 1: 1, 2: 1 },
    sessions: ['s1!raise s1c', 's2!follow s2c', 's3r2 s3c'],
    actions: {
      raise: (tx) => tx.set(1, (tx.get(1) ?? 0) + 1),
      follow: (tx) => tx.set(2, (tx.get(1) ?? 0) + 1),
    },
    anomalous: { 'read-committed': 0, 'repeatable-read': 0 },
    needless: { occ: 30 },
  })

  // The reader sees both, and so the raise before the number that was made without it.
  testCase({
    start: { 1: 1, 2: 1 },
    sessions: ['s1!raise s1c', 's2!follow s2c', 's3r1 s3r2 s3c'],
    actions: {
      raise: (tx) => tx.set(1, (tx.get(1) ?? 0) + 1),
      follow: (tx) => tx.set(2, (tx.get(1) ?? 0) + 1),
    },
    anomalous: { 'read-committed': 6, 'repeatable-read': 6 },
    needless: { occ: 62 },
  })
})
