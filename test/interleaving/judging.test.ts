/** Judged transactions and scans, one shared access of the kernel at a time. */
import { describe, it } from 'vitest'
import { exhaust, FULL_TIMEOUT_MS } from '../support/exploration.ts'
import { judgingScenarios } from './scenarios.mjs'

describe('judging and scanning, in every order with few preemptions', () => {
  it.each(judgingScenarios)('allows nothing else: $name', exhaust, FULL_TIMEOUT_MS)
})
