import { describeOutcome, matches } from 'khonsu/testing'
import { describe, expect, it } from 'vitest'
import { ABORTED, ABSENT, COMMITTED, NOT_DONE } from '#dist/src/testing/outcome.js'

const OUTCOME = { A: COMMITTED, B: ABORTED, a: 0, b: NOT_DONE, x: 11, k: ABSENT }

describe('an outcome', () => {
  it('is written with words for what is no number', () => {
    expect(describeOutcome(OUTCOME)).toBe('A=ok B=aborted a=0 b=none x=11 k=absent')
  })

  it.each(['A=ok x=11', 'B=aborted b=none k=absent', 'a=0|1 x=10|11', ''])(
    'matches "%s"',
    (text) => {
      expect(matches(OUTCOME, text)).toBe(true)
    },
  )

  it.each(['A=aborted', 'x=12', 'a=1|2 x=11', 'k=0'])('does not match "%s"', (text) => {
    expect(matches(OUTCOME, text)).toBe(false)
  })

  it('is not compared with what nobody observes', () => {
    expect(() => matches(OUTCOME, 'y=1')).toThrow('y is nothing that is observed')
  })
})
