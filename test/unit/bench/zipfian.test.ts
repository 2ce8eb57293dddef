import { describe, expect, test } from 'vitest'
import { scatter } from '#dist/bench/scatter.js'
import { Xorshift32 } from '#dist/bench/xorshift32.js'
import { ZIPFIAN_THETA, Zipfian, zeta } from '#dist/bench/zipfian.js'

const DRAW_COUNT = 400_000

function drawnShares(count: number): Float64Array {
  const zipfian = new Zipfian(new Xorshift32(7), count)
  const shares = new Float64Array(count)
  for (let draw = 0; draw < DRAW_COUNT; draw++) {
    const rank = zipfian.next()
    shares[rank] = (shares[rank] as number) + 1 / DRAW_COUNT
  }
  return shares
}

function exactShares(count: number): Float64Array {
  const sum = zeta(count, ZIPFIAN_THETA)
  return Float64Array.from({ length: count }, (_, rank) => 1 / (rank + 1) ** ZIPFIAN_THETA / sum)
}

describe('Zipfian', () => {
  test.each([2, 3, 10, 1_000, 100_000])('of %i ranks draws all of them and no other', (count) => {
    const shares = drawnShares(count)
    expect(shares.length).toBe(count)
    expect(shares.reduce((sum, share) => sum + share, 0)).toBeCloseTo(1, 6)
    expect(shares.subarray(0, 100).every((share) => share > 0)).toBe(true)
  })

  test.each([10, 1_000, 100_000])(
    'of %i ranks draws the first two as often as it must',
    (count) => {
      const shares = drawnShares(count)
      for (const [rank, exact] of exactShares(count).subarray(0, 2).entries()) {
        const deviation = Math.sqrt((exact * (1 - exact)) / DRAW_COUNT)
        expect(Math.abs((shares[rank] as number) - exact)).toBeLessThan(5 * deviation)
      }
    },
  )

  test.each([10, 1_000, 100_000])('of %i ranks stays near the exact distribution', (count) => {
    const shares = drawnShares(count)
    const exactly = exactShares(count)
    let drawn = 0
    let exact = 0
    let distance = 0
    for (const [rank, share] of shares.entries()) {
      drawn += share
      exact += exactly[rank] as number
      distance = Math.max(distance, Math.abs(drawn - exact))
    }
    expect(exact).toBeCloseTo(1, 6)
    // The approximation of Gray et al. is off by this much; a uniform draw would be by 0.3 and more.
    expect(distance).toBeLessThan(0.03)
  })

  test('of one rank has no choice', () => {
    expect(drawnShares(1)[0]).toBeCloseTo(1, 6)
  })

  test('adds up its sum as the definition says', () => {
    expect(zeta(3, 0.5)).toBeCloseTo(1 + 1 / Math.SQRT2 + 1 / Math.sqrt(3), 12)
  })
})

test.each([1, 2, 3, 16, 997, 1_024, 100_000])('scatter is a permutation of %i ranks', (count) => {
  const indexes = Array.from({ length: count }, (_, rank) => scatter(rank, count, 1 / count))
  expect(indexes.every((index) => Number.isInteger(index) && index >= 0 && index < count)).toBe(
    true,
  )
  expect(new Set(indexes).size).toBe(count)
})

test('scatter reaches the ends of the largest range', () => {
  const count = 16_000_000
  for (const rank of [0, 1, 2, count - 2, count - 1]) {
    const exact = Number((BigInt(rank) * 16_777_259n) % BigInt(count))
    expect(scatter(rank, count, 1 / count)).toBe(exact)
  }
})
