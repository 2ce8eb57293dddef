/** A project is given to somebody who is a manager, while that one is made something else. */
import { describe } from 'vitest'
import { testCase, useStore } from '../support/schedule-run.ts'

const MANAGER = 1
const PROJECTS = { from: 5, to: 6, where: (manager: number) => manager === MANAGER }

describe('the manager of a project', () => {
  useStore()

  testCase({
    start: { [MANAGER]: 1 },
    sessions: ['s1!isManager s1!begin s1c', 's2!projects s2!dismiss s2c'],
    actions: {
      isManager: (tx) => tx.scan({ from: MANAGER, to: MANAGER, where: (flag) => flag === 1 }),
      begin: (tx) => tx.found.length === 1 && tx.set(5, MANAGER),
      projects: (tx) => tx.scan(PROJECTS),
      dismiss: (tx) => tx.found.length === 0 && tx.set(MANAGER, 0),
    },
    anomalous: { 'read-committed': 18, 'repeatable-read': 18 },
    needless: { occ: 0 },
    holds: (final) => final[5] === undefined || final[MANAGER] === 1,
  })
})
