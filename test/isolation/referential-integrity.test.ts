/** A child is made for a parent that is looked up, while somebody who finds no child removes that. */
import { describe } from 'vitest'
import { testCase, useStore } from '../support/schedule-run.ts'

const PARENT = 1
const CHILD = 5

describe('a reference that the program keeps', () => {
  useStore()

  testCase({
    start: { [PARENT]: 1 },
    sessions: ['s1!parent s1!makeChild s1c', `s2r${PARENT} s2!children s2!removeParent s2c`],
    actions: {
      parent: (tx) => tx.scan({ from: PARENT, to: PARENT }),
      makeChild: (tx) => tx.found.length > 0 && tx.set(CHILD, PARENT),
      children: (tx) => tx.scan({ from: CHILD, to: 7, where: (parent) => parent === PARENT }),
      removeParent: (tx) => tx.found.length === 0 && tx.delete(PARENT),
    },
    anomalous: { 'read-committed': 30, 'repeatable-read': 33 },
    needless: { occ: 0, ssi: 0 },
    holds: (final) => final[CHILD] === undefined || final[PARENT] !== undefined,
  })
})
