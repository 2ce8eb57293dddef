/** Values that are replaced and deleted while others read them are read whole or not at all. */
import type { Khonsu } from 'khonsu'
import { describe, expect, it } from 'vitest'
import { beside } from '../support/beside.ts'
import { testSeed } from '../support/random.ts'
import { MIB, openStore } from '../support/store.ts'
import { churn, type Plan, type Tally } from './jobs/churn.mjs'

const WORKERS = 2
const LENGTH_MS = 1_000
const JOB = new URL('./jobs/churn-job.mjs', import.meta.url)

/** The workers do as `roles` says; the main thread does both in turn. */
function run(khonsu: Khonsu, seed: number, roles: readonly Plan['role'][]): Promise<Tally[]> {
  const untilMs = Date.now() + LENGTH_MS
  const others = khonsu.runAll<typeof import('./jobs/churn-job.mjs')>(JOB, (index) => ({
    seed: seed + index,
    role: roles[index] as Plan['role'],
    untilMs,
  }))
  return beside(others, untilMs, (end, index) => {
    const role = index % 2 === 0 ? 'read' : 'write'
    return churn(khonsu, { seed: seed + 100 + index, role, untilMs: end })
  })
}

describe('values of every kind', () => {
  it('are whole for readers at every level while two threads write', async () => {
    const seed = testSeed()
    const khonsu = await openStore({ workers: WORKERS, memory: 256 * MIB })
    const tallies = await run(khonsu, seed, ['write', 'read'])
    expect(tallies.flatMap(({ faults }) => faults)).toEqual([])
    expect(tallies.slice(0, WORKERS).every(({ commits }) => commits > 0)).toBe(true)
  })

  it('give their blocks back: as many are in use after as before', async () => {
    const seed = testSeed()
    const khonsu = await openStore({ workers: WORKERS, memory: 256 * MIB })
    await run(khonsu, seed, ['write', 'read'])
    await khonsu.reclaim()
    const before = khonsu.stats().memory
    await run(khonsu, seed + 1, ['write', 'write'])
    await khonsu.reclaim()
    const after = khonsu.stats().memory
    const blocks = (memory: typeof after): number =>
      memory.byClass.reduce((sum, { blocksUsed }) => sum + blocksUsed, 0)
    // 48 cells have at most a value and a key block each, and few versions are left.
    expect(blocks(after)).toBeLessThan(blocks(before) + 1_000)
  })
})
