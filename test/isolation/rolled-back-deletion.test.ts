/** A deletion that is rolled back beside one that commits, and somebody who counts what is there. */
import { describe } from 'vitest'
import { testCase, useStore } from '../support/schedule-run.ts'

const COUNT = 5

describe('a count of keys', () => {
  useStore()

  testCase({
    start: { 1: 10, 2: 20 },
    sessions: ['s1d1 s1a', 's2!search s2!count s2c', 's3d2 s3c'],
    actions: {
      search: (tx) => tx.scan({ from: 1, to: 3 }),
      count: (tx) => tx.set(COUNT, tx.found.length),
    },
    anomalous: { 'read-committed': 0, 'repeatable-read': 0 },
    needless: { occ: 105, ssi: 0 },
    holds: (final) => final[COUNT] === 1 || final[COUNT] === 2 || final[COUNT] === undefined,
  })
})
