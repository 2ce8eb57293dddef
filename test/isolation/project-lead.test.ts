/** A project is given to somebody who may lead one, while that one is made something else. */
import { describe } from 'vitest'
import { testCase, useStore } from '../support/schedule-run.ts'

const LEAD = 1
const PROJECTS = { from: 5, to: 6, where: (lead: number) => lead === LEAD }

describe('the lead of a project', () => {
  useStore()

  testCase({
    start: { [LEAD]: 1 },
    sessions: ['s1!mayLead s1!begin s1c', 's2!projects s2!dismiss s2c'],
    actions: {
      mayLead: (tx) => tx.scan({ from: LEAD, to: LEAD, where: (flag) => flag === 1 }),
      begin: (tx) => tx.found.length === 1 && tx.set(5, LEAD),
      projects: (tx) => tx.scan(PROJECTS),
      dismiss: (tx) => tx.found.length === 0 && tx.set(LEAD, 0),
    },
    anomalous: { 'read-committed': 18, 'repeatable-read': 18 },
    needless: { occ: 0, ssi: 0 },
    holds: (final) => final[5] === undefined || final[LEAD] === 1,
  })
})
