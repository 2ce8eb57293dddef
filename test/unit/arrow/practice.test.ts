import { expect, test } from 'vitest'
import { planPractice } from '../../../src/arrow/practice.ts'

const STEP_COUNT_MIN = 1000

test('practice takes many short steps, and ends', () => {
  const practice = planPractice()
  let stepCount = 1
  while (!practice.step(0)) stepCount++
  expect(stepCount).toBeGreaterThan(STEP_COUNT_MIN)
  expect(practice.step(0)).toBe(true)
})
