import { describeExploration, Explorer, type Scenario } from 'khonsu/testing'
import { afterEach, describe, expect, it } from 'vitest'

const INCREMENTS: Scenario = {
  name: 'two increments',
  keys: { x: 0 },
  threads: {
    A: 'begin; read x -> a; write x a+1; commit',
    B: 'begin; read x -> b; write x b+10; commit',
  },
  allowed: 'serial',
}

const open: Explorer[] = []

async function openExplorer(scenario: Scenario): Promise<Explorer> {
  const explorer = await Explorer.open(scenario)
  open.push(explorer)
  return explorer
}

afterEach(() => {
  for (const explorer of open.splice(0)) explorer[Symbol.dispose]()
})

describe('an explorer', () => {
  it('runs every schedule once, and more of them with more preemptions', async () => {
    const explorer = await openExplorer(INCREMENTS)
    const counts = [0, 1, 2].map((preemptions) => {
      const exploration = explorer.exhaust({ preemptions })
      expect(exploration).toMatchObject({ isComplete: true, deathCount: 0 })
      expect(exploration.failure).toBeUndefined()
      return exploration.scheduleCount
    })
    expect(counts[0]).toBe(2)
    expect(counts[1]).toBeGreaterThan(10)
    expect(counts[2]).toBeGreaterThan(10 * (counts[1] as number))
    expect(explorer.exhaust({ preemptions: 2 }).scheduleCount).toBe(counts[2])
  })

  it('meets every outcome that orders can lead to', async () => {
    const explorer = await openExplorer(INCREMENTS)
    const { outcomes } = explorer.exhaust({ preemptions: 1 })
    expect([...outcomes.keys()].sort()).toEqual([
      'A=aborted B=ok a=0 b=0 x=10',
      'A=ok B=aborted a=0 b=0 x=1',
      'A=ok B=ok a=0 b=1 x=11',
      'A=ok B=ok a=10 b=0 x=11',
    ])
  })

  it('prints a schedule that leads to what is not allowed, and runs it again', async () => {
    const allowed = ['A=ok B=ok x=11']
    const explorer = await openExplorer({ ...INCREMENTS, allowed })
    const exploration = explorer.exhaust()
    const { failure } = exploration
    expect(failure).toBeDefined()
    expect(exploration.isComplete).toBe(false)
    expect(describeExploration(exploration)).toContain(`schedule  ${failure?.schedule}`)
    for (let time = 0; time < 3; time++) {
      const replay = explorer.replay(failure?.schedule ?? '')
      expect(replay).toEqual({ outcome: failure?.outcome, fault: failure?.reason })
    }
    expect(explorer.replay('A')).toEqual({ outcome: 'A=ok B=ok a=0 b=1 x=11', fault: undefined })
  })

  it('draws the same schedules from the same seed', async () => {
    const draw = async (seed: number): Promise<ReadonlyMap<string, number>> => {
      const explorer = await openExplorer(INCREMENTS)
      return explorer.sample({ seed, scheduleCount: 200 }).outcomes
    }
    expect(await draw(7)).toEqual(await draw(7))
    expect(await draw(7)).not.toEqual(await draw(8))
  })

  it('ends a thread before each of its accesses, and wants its transaction whole or absent', async () => {
    const explorer = await openExplorer({
      name: 'a death',
      keys: { x: 0, y: 0 },
      threads: { A: 'begin; write x 1; write y 1; commit', B: 'recover A' },
      dying: ['A'],
      allowed: ['A=ok x=1 y=1', 'A=none x=0 y=0', 'A=none x=1 y=1'],
    })
    const exploration = explorer.exhaust({ preemptions: 0, preemptionsBeforeDeath: 0 })
    expect(exploration.failure).toBeUndefined()
    expect(exploration.deathCount).toBeGreaterThan(20)
    expect(exploration.outcomes.size).toBe(3)
  })

  it('goes on while a thread waits for a lock of one that is not running', async () => {
    const explorer = await openExplorer({
      name: 'a writer between two readers',
      keys: { x: 0, y: 0 },
      threads: {
        A: 'begin; write x 1; write y 1; commit',
        B: 'begin closed; read x -> a; read y -> b; commit',
      },
      allowed: 'serial',
    })
    // A holds its locks, with a timestamp, when B comes: B has to wait.
    const { outcomes } = explorer.exhaust({ preemptions: 1 })
    expect([...outcomes.keys()].filter((text) => text.includes('aborted'))).toEqual([])
  })

  it.each([
    ['no thread', { ...INCREMENTS, threads: {} }],
    ['a name that stands for two things', { ...INCREMENTS, threads: { x: 'begin; commit' } }],
    ['a text that makes no sense', { ...INCREMENTS, threads: { A: 'begin; fly x' } }],
  ])('refuses %s', async (_, scenario) => {
    await expect(Explorer.open(scenario)).rejects.toThrow()
  })
})
