/**
 * A room that is never taken twice: keys are half hours at which it is taken, values for how many. One
 * session takes it, the other one moves what somebody has taken before.
 */
import { describe } from 'vitest'
import type { Actions, Predicate, State } from '../support/schedule.ts'
import { testCase, useStore } from '../support/schedule-run.ts'

const LENGTH = 2
const START = { 1: LENGTH }

const takenAt = (time: number): Predicate => ({
  from: 0,
  to: 9,
  where: (length, begin) => begin < time + LENGTH && begin + length > time,
})

const isTakenOnce = (final: State): boolean =>
  Object.entries(final).every(([begin, length]) => {
    const others = Object.keys(final).filter((other) => other !== begin)
    return others.every(
      (other) => Number(other) < Number(begin) || Number(other) >= Number(begin) + length,
    )
  })

/** Takes the room at one time, and moves it to another. */
const actionsAt = (taken: number, moved: number): Actions => ({
  isTaken: (tx) => tx.scan(takenAt(taken)),
  take: (tx) => tx.found.length === 0 && tx.set(taken, LENGTH),
  isMoveTaken: (tx) => tx.scan(takenAt(moved)),
  move: (tx) => {
    if (tx.found.length > 0) return
    tx.delete(1)
    tx.set(moved, LENGTH)
  },
})

const SESSIONS = ['s1!isTaken s1!take s1c', 's2!isMoveTaken s2!move s2c']

describe('a room', () => {
  useStore()

  describe('at times that overlap', () => {
    testCase({
      start: START,
      sessions: SESSIONS,
      actions: actionsAt(5, 6),
      anomalous: { 'read-committed': 18, 'repeatable-read': 18 },
      needless: { occ: 0, ssi: 0 },
      holds: isTakenOnce,
    })
  })

  // A search of the whole day makes them conflict nevertheless.
  describe('at times that do not touch', () => {
    testCase({
      start: START,
      sessions: SESSIONS,
      actions: actionsAt(4, 7),
      anomalous: { 'read-committed': 0, 'repeatable-read': 0 },
      needless: { occ: 18, ssi: 18 },
      holds: isTakenOnce,
    })
  })
})
