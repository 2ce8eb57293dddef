/**
 * Explorations of the kernel as tests. `KHONSU_EXPLORE=full` goes through every order with three
 * preemptions, of more than two threads with two; without it through every order with one, and of those
 * with more through as many as fit into a part of a second, in their order and at random.
 */
import { describeExploration, type Exploration, Explorer, type Scenario } from 'khonsu/testing'
import { afterAll, expect } from 'vitest'
import { testSeed } from './random.ts'

/** Whether everything is explored that is promised to be. */
export const IS_FULL = process.env.KHONSU_EXPLORE === 'full'

/** What a test of a full exploration may take, in milliseconds. */
export const FULL_TIMEOUT_MS = 600_000

/** Milliseconds for orders with two preemptions; those with one are all tried in any case. */
const TWO_PREEMPTIONS_MS_MAX = 25

/** Orders that are drawn beside them. */
const SAMPLE_COUNT = 60

const lines: string[] = []
let total = 0

/** Schedules that were run in this file so far. */
export function scheduleCount(): number {
  return total
}

afterAll(() => {
  console.log([...lines, `${total} schedules in all`].join('\n'))
})

/** Counts an exploration, and fails when it has found something. */
export function expectNoFailure(exploration: Exploration, scenario?: Scenario): void {
  total += exploration.scheduleCount
  const text = describeExploration(exploration)
  if (scenario === undefined) lines.push(text)
  if (exploration.failure === undefined) return
  expect.fail(scenario === undefined ? text : `${JSON.stringify(scenario)}\n${text}`)
}

/** Calls back with an explorer of a scenario. */
export async function explore(
  scenario: Scenario,
  how: (explorer: Explorer) => void,
): Promise<void> {
  const explorer = await Explorer.open(scenario)
  try {
    how(explorer)
  } finally {
    explorer[Symbol.dispose]()
  }
}

/** Tries a small scenario in every order with few preemptions. */
export function exhaust(scenario: Scenario): Promise<void> {
  return explore(scenario, IS_FULL ? exhaustFully : exhaustBriefly)

  function exhaustFully(explorer: Explorer): void {
    const hasMany = Object.keys(scenario.threads).length > 2
    const exploration = explorer.exhaust(hasMany ? { preemptions: 2 } : {})
    expectNoFailure(exploration)
    expect(exploration.isComplete).toBe(true)
  }
}

function exhaustBriefly(explorer: Explorer): void {
  const least = explorer.exhaust({ preemptions: 1, preemptionsBeforeDeath: 0 })
  expectNoFailure(least)
  expect(least.isComplete).toBe(true)
  const more = { preemptions: 2, preemptionsBeforeDeath: 0, elapsedMsMax: TWO_PREEMPTIONS_MS_MAX }
  expectNoFailure(explorer.exhaust(more))
  expectNoFailure(explorer.sample({ seed: testSeed(), scheduleCount: SAMPLE_COUNT }))
}
