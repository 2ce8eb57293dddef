/** Keys that come and go under load: money that changes its name with every move. */
import { describe, expect, it } from 'vitest'
import { beside } from '../support/beside.ts'
import { testSeed } from '../support/random.ts'
import { MIB, openStore } from '../support/store.ts'
import { audit, endow, type Purses, rename } from './jobs/purses.mjs'

const LENGTH_MS = 1_000
const WORKERS = 3
const JOB = new URL('./jobs/purse-job.mjs', import.meta.url)

describe('keys that come and go', () => {
  it.each([4, 300])('lose nothing of %i purses, and take no memory', async (count) => {
    const seed = testSeed()
    const khonsu = await openStore({ workers: WORKERS, memory: 16 * MIB })
    const purses: Purses = { seed, count, untilMs: Date.now() + LENGTH_MS }
    endow(khonsu, purses)
    const others = khonsu.runAll<typeof import('./jobs/purse-job.mjs')>(JOB, (index) => ({
      role: index === 0 ? 'audit' : 'rename',
      purses: { ...purses, seed: seed + index },
    }))
    // The main thread sweeps as often as it can; the coordinator does, too.
    const tallies = await beside(others, purses.untilMs, (untilMs, index) => {
      khonsu.session.reclaim()
      const part = { ...purses, untilMs, seed: seed + 7919 * (index + 1) }
      return index % 2 === 0 ? rename(khonsu, part) : audit(khonsu, part)
    })
    expect(tallies.flatMap(({ faults }) => faults)).toEqual([])
    expect(audit(khonsu, { ...purses, untilMs: 0 }).faults).toEqual([])
    expect(tallies.slice(0, WORKERS).every(({ commits }) => commits > 0)).toBe(true)
    await khonsu.reclaim()
    await khonsu.reclaim()
    const cells = khonsu.stats().memory.byClass.find(({ name }) => name === 'cells')
    expect(cells?.blocksUsed).toBeLessThanOrEqual(2 * count + 100)
  })
})
