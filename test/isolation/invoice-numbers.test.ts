/** Invoices that get the number after the highest one, each under a key of its own: none is given twice. */
import { describe } from 'vitest'
import { testCase, useStore } from '../support/schedule-run.ts'

const INVOICES = { from: 1, to: 6 }

describe('invoices', () => {
  useStore()

  testCase({
    start: { 1: 1, 2: 2 },
    sessions: ['s1!search s1!number3 s1c', 's2!search s2!number4 s2c'],
    actions: {
      search: (tx) => tx.scan(INVOICES),
      number3: (tx) => tx.set(3, Math.max(...tx.found.map(([, number]) => number)) + 1),
      number4: (tx) => tx.set(4, Math.max(...tx.found.map(([, number]) => number)) + 1),
    },
    anomalous: { 'read-committed': 18, 'repeatable-read': 18 },
    needless: { occ: 0, ssi: 0 },
    holds: (final) => final[3] !== final[4],
  })
})
