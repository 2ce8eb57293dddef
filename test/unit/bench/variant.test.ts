import { expect, test } from 'vitest'
import { orderOfRound, ratiosOf, variantName, variantsOf } from '#dist/bench/variant.js'

test('the sides of one pair are neighbours', () => {
  expect(variantsOf([1, 2]).map(variantName)).toEqual([
    'engine@1',
    'control@1',
    'engine@2',
    'control@2',
  ])
})

test('odd rounds run backwards', () => {
  expect(orderOfRound(['a', 'b'], 0)).toEqual(['a', 'b'])
  expect(orderOfRound(['a', 'b'], 1)).toEqual(['b', 'a'])
})

test('ratios compare the sides, and each number of workers with one worker', () => {
  const throughputs = new Map([
    ['engine@1', [10, 20]],
    ['control@1', [20, 40]],
    ['engine@2', [15, 30]],
    ['control@2', [30, 40]],
  ])
  const ratios = ratiosOf([1, 2], throughputs)
  expect(ratios['engine/control@1']).toEqual({ median: 0.5, min: 0.5, max: 0.5 })
  expect(ratios['engine/control@2']).toEqual({ median: 0.625, min: 0.5, max: 0.75 })
  expect(ratios['engine@2/engine@1']).toEqual({ median: 1.5, min: 1.5, max: 1.5 })
  expect(ratios['control@2/control@1']).toEqual({ median: 1.25, min: 1, max: 1.5 })
})

test('without a run of one worker there is nothing to scale from', () => {
  const throughputs = new Map([
    ['engine@2', [1]],
    ['control@2', [2]],
  ])
  expect(Object.keys(ratiosOf([2], throughputs))).toEqual(['engine/control@2'])
})
