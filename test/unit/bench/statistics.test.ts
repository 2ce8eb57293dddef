import { createHistogram } from 'node:perf_hooks'
import { describe, expect, test } from 'vitest'
import { latencyOf, median, pairedRatio, spread } from '#dist/bench/statistics.js'

describe('median', () => {
  test('is the middle of an odd number of values, in any order', () => {
    expect(median([9, 1, 5])).toBe(5)
  })

  test('is the mean of the middle two of an even number of values', () => {
    expect(median([4, 1, 3, 100])).toBe(3.5)
  })

  test('compares numbers, not texts', () => {
    expect(median([10, 9, 100])).toBe(10)
  })

  test('leaves its argument as it was', () => {
    const values = [3, 1, 2]
    median(values)
    expect(values).toEqual([3, 1, 2])
  })

  test('refuses an empty list', () => {
    expect(() => median([])).toThrow(RangeError)
  })
})

test('spread is median, least and greatest', () => {
  expect(spread([3, 1, 2])).toEqual({ median: 2, min: 1, max: 3 })
})

describe('pairedRatio', () => {
  test('divides round by round, so that a slow round does not show', () => {
    expect(pairedRatio([100, 10, 50], [200, 20, 100])).toEqual({ median: 0.5, min: 0.5, max: 0.5 })
  })

  test('refuses lists that are not pairs', () => {
    expect(() => pairedRatio([1, 2], [1])).toThrow(RangeError)
  })
})

describe('latencyOf', () => {
  test('takes its percentiles over all histograms together', () => {
    const fast = createHistogram()
    const slow = createHistogram()
    for (let i = 0; i < 990; i++) fast.record(100)
    for (let i = 0; i < 10; i++) slow.record(900)
    expect(latencyOf([fast, slow])).toEqual({ p50: 100, p99: 100, p999: 900 })
  })

  test('is null when nothing was recorded', () => {
    expect(latencyOf([createHistogram()])).toBeNull()
    expect(latencyOf([])).toBeNull()
  })
})
