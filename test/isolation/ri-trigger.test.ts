/**
 * The same reference, kept in one step: who makes a child looks for the parent in the same breath, who
 * removes the parent for children. One of them has read something else before, so that its snapshot
 * may be older than that step.
 */
import { describe } from 'vitest'
import { testCase, useStore } from '../support/schedule-run.ts'

const PARENT = 1
const CHILD = 5

describe('a reference that each write checks', () => {
  useStore()

  testCase({
    start: { [PARENT]: 1 },
    sessions: ['s1!makeChild s1c', 's2r9 s2!removeParent s2c'],
    actions: {
      makeChild: (tx) => tx.get(PARENT) !== undefined && tx.set(CHILD, PARENT),
      removeParent: (tx) => {
        const children = tx.scan({ from: CHILD, to: 7, where: (parent) => parent === PARENT })
        if (children.length === 0) tx.delete(PARENT)
      },
    },
    anomalous: { 'read-committed': 6, 'repeatable-read': 8 },
    needless: { occ: 0, ssi: 0 },
    holds: (final) => final[CHILD] === undefined || final[PARENT] !== undefined,
  })
})
