/**
 * The kernel itself, one shared access at a time. `KHONSU_EXPLORE=full` goes through every order with
 * three preemptions, a million schedules and more; without it, of those only as many as fit.
 */
import {
  describeExploration,
  type ExhaustOptions,
  type Exploration,
  Explorer,
  type Scenario,
} from 'khonsu/testing'
import { afterAll, describe, expect, it } from 'vitest'
import { randomFrom, testSeed } from '../support/random.ts'
import { randomScenario } from '../support/random-scenario.ts'
import { largeScenarios, scenarios } from './scenarios.mjs'

const IS_FULL = process.env.KHONSU_EXPLORE === 'full'
const FULL_TIMEOUT_MS = 600_000
const FULL_SCHEDULE_COUNT = 1_000_000

/** What every scenario goes through to the end; with no limits named it is three preemptions. */
function leastOf({ threads }: Scenario): ExhaustOptions {
  if (!IS_FULL) return { preemptions: 2, preemptionsBeforeDeath: 0 }
  return Object.keys(threads).length > 2 ? { preemptions: 2 } : {}
}
/** What is tried beside it, as far as it gets. */
const MORE_MS_MAX = 50
const SAMPLE_COUNT = IS_FULL ? 100_000 : 3_000
const PROGRAM_COUNT = IS_FULL ? 500 : 20
const PROGRAM_SAMPLE_COUNT = IS_FULL ? 2_000 : 300

const lines: string[] = []
let scheduleCount = 0

function expectNoFailure(exploration: Exploration): void {
  scheduleCount += exploration.scheduleCount
  lines.push(describeExploration(exploration))
  if (exploration.failure !== undefined) expect.fail(describeExploration(exploration))
}

async function explore(scenario: Scenario, how: (explorer: Explorer) => void): Promise<void> {
  const explorer = await Explorer.open(scenario)
  try {
    how(explorer)
  } finally {
    explorer[Symbol.dispose]()
  }
}

afterAll(() => {
  console.log([...lines, `${scheduleCount} schedules in all`].join('\n'))
})

describe('the kernel, in every order with few preemptions', () => {
  it.each(scenarios)(
    'allows nothing else: $name',
    (scenario) =>
      explore(scenario, (explorer) => {
        const least = explorer.exhaust(leastOf(scenario))
        expectNoFailure(least)
        expect(least.isComplete).toBe(true)
        if (!IS_FULL) expectNoFailure(explorer.exhaust({ elapsedMsMax: MORE_MS_MAX }))
      }),
    FULL_TIMEOUT_MS,
  )
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
          scheduleCount += exploration.scheduleCount
          if (exploration.failure === undefined) return
          expect.fail(`${JSON.stringify(scenario)}\n${describeExploration(exploration)}`)
        })
      }
    },
    FULL_TIMEOUT_MS,
  )
})

describe.runIf(IS_FULL)('a full exploration', () => {
  it('has a million schedules', () => {
    expect(scheduleCount).toBeGreaterThan(FULL_SCHEDULE_COUNT)
  })
})
