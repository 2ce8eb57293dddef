import { describe, expect, it } from 'vitest'
import { ClockHistory } from '#dist/src/coordinator/clock-history.js'

describe('ClockHistory', () => {
  it('says what the clock was at least so long ago, and not much longer', () => {
    const history = new ClockHistory(800)
    for (let ms = 0; ms <= 5_000; ms += 10) {
      history.note(ms, BigInt(ms))
      const before = Number(history.before(ms))
      if (ms <= 800) expect(before).toBe(0)
      else expect(ms - before).toBeGreaterThan(800)
      expect(ms - before).toBeLessThanOrEqual(ms < 1_000 ? ms : 1_000)
    }
  })

  it('knows nothing in the beginning', () => {
    const history = new ClockHistory(100)
    expect(history.before(0)).toBe(0n)
    history.note(0, 7n)
    expect(history.before(50)).toBe(0n)
    expect(history.before(101)).toBe(7n)
  })
})
