import { describe, expect, it } from 'vitest'
import { describeSchedule, parseSchedule } from '#dist/src/testing/schedule.js'

const THREADS = ['A', 'B']

describe('a schedule', () => {
  it.each(['A', 'B 12>A 30>B', 'A 3>B A!17', 'B A!3 B!40'])(
    'is read as it was written: %s',
    (text) => {
      expect(describeSchedule(parseSchedule(text, THREADS), THREADS)).toBe(text)
    },
  )

  it('names who begins, who goes on where, and who ends', () => {
    expect(parseSchedule('A 12>B B!7', THREADS)).toEqual({
      first: 0,
      switches: [{ step: 12, thread: 1 }],
      deaths: [{ thread: 1, access: 7 }],
    })
  })

  it.each(['C', 'A 3>C', 'A 3', ''])('is refused: "%s"', (text) => {
    expect(() => parseSchedule(text, THREADS)).toThrow()
  })
})
