/** The kernel itself, one shared access at a time. */
import { describe, expect, it } from 'vitest'
import {
  exhaust,
  expectNoFailure,
  explore,
  FULL_TIMEOUT_MS,
  IS_FULL,
  scheduleCount,
} from '../support/exploration.ts'
import { randomFrom, testSeed } from '../support/random.ts'
import { randomScenario } from '../support/random-scenario.ts'
import { largeScenarios, protocolScenarios } from './scenarios.mjs'

const FULL_SCHEDULE_COUNT = 1_000_000
const SAMPLE_COUNT = IS_FULL ? 100_000 : 1_500
const PROGRAM_COUNT = IS_FULL ? 500 : 15
const PROGRAM_SAMPLE_COUNT = IS_FULL ? 2_000 : 300

describe('the kernel, in every order with few preemptions', () => {
  it.each(protocolScenarios)('allows nothing else: $name', exhaust, FULL_TIMEOUT_MS)
})

describe('the kernel, in random orders', () => {
  it.each(largeScenarios)(
    'allows nothing else: $name',
    (scenario) => {
      const seed = testSeed()
      return explore(scenario, (explorer) => {
        expectNoFailure(explorer.sample({ seed, scheduleCount: SAMPLE_COUNT }))
      })
    },
    FULL_TIMEOUT_MS,
  )

  it.each([
    ['none of which is judged, as some serial order would that agrees with real time', false],
    ['some of which may be judged, as some serial order would', true],
  ])(
    'runs random programs, %s',
    async (_, judges) => {
      const seed = testSeed()
      const random = randomFrom(seed)
      for (let number = 0; number < PROGRAM_COUNT; number++) {
        const scenario = randomScenario(random, number, judges)
        await explore(scenario, (explorer) => {
          const exploration = explorer.sample({ seed, scheduleCount: PROGRAM_SAMPLE_COUNT })
          expectNoFailure(exploration, scenario)
        })
      }
    },
    FULL_TIMEOUT_MS,
  )
})

describe.runIf(IS_FULL)('a full exploration', () => {
  it('has a million schedules', () => {
    expect(scheduleCount()).toBeGreaterThan(FULL_SCHEDULE_COUNT)
  })
})
