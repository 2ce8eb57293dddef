/**
 * A number that is raised, one that is made of it, and somebody who reads the second one: whoever
 * reads before the second write comes before both, whatever has happened in the meantime. Only an
 * order that has to agree with real time would refuse any of it.
 */
import { describe, expect, it } from 'vitest'
import type { Actions } from '../support/schedule.ts'
import { ends, LEVELS, levelOfLastRun, run, testCase, useStore } from '../support/schedule-run.ts'

const START = { 1: 1, 2: 1 }
const actions: Actions = {
  raise: (tx) => tx.set(1, (tx.get(1) ?? 0) + 1),
  follow: (tx) => tx.set(2, (tx.get(1) ?? 0) + 1),
}

describe('two numbers of which one is made of the other', () => {
  useStore()

  it.each(LEVELS)('are serializable, and no more, when a reader is late (%s)', (level) => {
    // The raise had ended before the reader began, which comes before it.
    const outcome = run(level, START, 's2!follow s1!raise s1c s3r2 s3c s2c', actions)
    const isStrict = level === 'serializable'
    expect(ends(outcome).s2).toBe(isStrict ? 'conflict' : 'committed')
    expect(levelOfLastRun()).toBe(isStrict ? 'strict-serializable' : 'serializable')
  })

  testCase({
    start: START,
    sessions: ['s1!raise s1c', 's2!follow s2c', 's3r2 s3c'],
    actions,
    anomalous: { 'read-committed': 0, 'repeatable-read': 0 },
    needless: { occ: 30, ssi: 2 },
  })

  // The reader has begun before it reads: its snapshot may be older than what it is beside.
  testCase({
    start: START,
    sessions: ['s1!raise s1c', 's2!follow s2c', 's3r9 s3r2 s3c'],
    actions,
    anomalous: { 'read-committed': 0, 'repeatable-read': 0 },
    needless: { occ: 70, ssi: 2 },
  })

  // It writes something that is nobody's business.
  testCase({
    start: START,
    sessions: ['s1!raise s1c', 's2!follow s2c', 's3r9 s3r2 s3w3=1 s3c'],
    actions,
    anomalous: { 'read-committed': 0, 'repeatable-read': 0 },
    needless: { occ: 324, ssi: 60 },
  })

  // The reader sees both, and so the raise before the number that was made without it.
  testCase({
    start: START,
    sessions: ['s1!raise s1c', 's2!follow s2c', 's3r1 s3r2 s3c'],
    actions,
    anomalous: { 'read-committed': 6, 'repeatable-read': 6 },
    needless: { occ: 62, ssi: 0 },
  })
})
