/**
 * The read-only anomaly (Fekete, O'Neil and O'Neil, 2004): a withdrawal and a deposit alone are
 * serializable under snapshot isolation, and become impossible by somebody who only looks.
 */
import { describe, expect, it } from 'vitest'
import { parseSteps } from '../support/schedule.ts'
import {
  ends,
  LEVELS,
  readsOf,
  run,
  tellReads,
  testAllOrders,
  testCase,
  useStore,
} from '../support/schedule-run.ts'
import { SerialOrders } from '../support/serial-orders.ts'

/** Checking and savings; the penalty of 1 depends on both. */
const START = { 1: 0, 2: 0 }
const STEPS = 's2r1 s2r2 s1r2 s1w2=20 s1c s3r1 s3r2 s3c s2w1=-11 s2c'

describe('the read-only anomaly', () => {
  useStore()

  it.each(LEVELS)('is possible below serializable, and there is not (%s)', (level) => {
    const outcome = run(level, START, STEPS)
    expect(readsOf(outcome, 's3')).toEqual([0, 20])
    const isPossible = level !== 'serializable'
    expect(ends(outcome).s2).toBe(isPossible ? 'committed' : 'conflict')
    const order = new SerialOrders(START, parseSteps(STEPS)).orderOf(outcome)
    if (isPossible) expect(order).toBeUndefined()
    else expect(order).toEqual(['s1', 's3'])
  })

  it('needs the reader: without it the same two are serializable', () => {
    const steps = STEPS.replace('s3r1 s3r2 s3c ', '')
    const outcome = run('repeatable-read', START, steps)
    expect(ends(outcome)).toEqual({ s1: 'committed', s2: 'committed' })
    expect(new SerialOrders(START, parseSteps(steps)).orderOf(outcome)).toEqual(['s2', 's1'])
  })

  it.each(LEVELS)('a reader that began before both commits is in nobody’s way (%s)', (level) => {
    const outcome = run(level, START, `s3r1 ${STEPS.replace('s3r1 s3r2 s3c ', '')} s3r2 s3c`)
    expect(ends(outcome).s3).toBe('committed')
    if (level !== 'read-committed') expect(readsOf(outcome, 's3')).toEqual([0, 0])
  })

  testCase({
    start: START,
    sessions: ['s1r2 s1w2=20 s1c', 's2r1 s2r2 s2w1=-11 s2c', 's3!look s3c'],
    actions: { look: (tx) => tx.scan({ from: 1, to: 2 }) },
    anomalous: { 'read-committed': 50, 'repeatable-read': 77 },
    needless: { occ: 588, ssi: 0 },
  })

  testAllOrders(
    START,
    ['s1r2 s1w2=20 s1c', 's2r1 s2r2 s2w1=-11 s2c', 's3r1 s3r2 s3c'],
    ['read-committed', 'repeatable-read'],
    {
      tell: tellReads('s2', 's3'),
      allowed: {
        'read-committed': [
          's2 0 0, s3 -11 0',
          's2 0 0, s3 -11 20',
          's2 0 0, s3 0 0',
          's2 0 0, s3 0 20',
          's2 0 20, s3 -11 20',
          's2 0 20, s3 0 0',
          's2 0 20, s3 0 20',
        ],
        'repeatable-read': [
          's2 0 0, s3 -11 0',
          's2 0 0, s3 -11 20',
          's2 0 0, s3 0 0',
          's2 0 0, s3 0 20',
          's2 0 20, s3 -11 20',
          's2 0 20, s3 0 0',
          's2 0 20, s3 0 20',
        ],
        serializable: [
          's2 0 0, s3 -11 0',
          's2 0 0, s3 -11 20',
          's2 0 0, s3 0 0',
          's2 0 20, s3 -11 20',
          's2 0 20, s3 0 0',
          's2 0 20, s3 0 20',
          's2 aborted, s3 0 0',
          's2 aborted, s3 0 20',
        ],
      },
    },
  )
})
