/** Scans of keys that come and go in several threads, some of which die: what they add up to stays. */
import { TransactionAbortedError } from 'khonsu'
import { describe, expect, it } from 'vitest'
import { ACCESS_COUNT_MAX, runDoomed } from '#dist/bench/doomed-thread.js'
import { treeOf } from '#dist/src/testing/settled-tree.js'
import { beside } from '../support/beside.ts'
import { randomFrom, testSeed } from '../support/random.ts'
import { MIB, openStore } from '../support/store.ts'
import { auditPots, fillPots, type Pots, runPots } from './jobs/pots.mjs'

const WORKERS = 2
const LENGTH_MS = 1_000
const DEATHS = Number(process.env.KHONSU_DEATHS ?? 40)
const TEST_MS = 60_000 + DEATHS * 500
const JOB = new URL('./jobs/pots-job.mjs', import.meta.url)
const DOOMED_WORK = new URL('./jobs/pots.mjs', import.meta.url)

type PotsJob = typeof import('./jobs/pots-job.mjs')

const LEVELS = ['repeatable-read', 'serializable'] as const

describe('scans of keys that come and go', () => {
  it.each(LEVELS)('find the same sum each time, at %s', async (isolation) => {
    const seed = testSeed()
    const khonsu = await openStore({ workers: WORKERS, memory: 64 * MIB, isolation })
    const pots: Pots = { seed, range: 600, total: 100_000, untilMs: Date.now() + LENGTH_MS }
    fillPots(khonsu, pots)
    const working = khonsu.runAll<PotsJob>(JOB, (index) => ({ ...pots, seed: seed + index }))
    const tallies = await beside(working, pots.untilMs, (untilMs, index) => {
      const tally = runPots(khonsu, { ...pots, untilMs, seed: seed + 100 + index })
      if (index % 5 === 0) khonsu.reclaim()
      return tally
    })
    expect(tallies.flatMap(({ faults }) => faults)).toEqual([])
    expect(tallies.reduce((sum, { audits }) => sum + audits, 0)).toBeGreaterThan(10)
    await khonsu.reclaim()
    expect(treeOf(khonsu.share().memory.buffer).fault).toBeUndefined()
  })

  it(`find the same sum while threads die: ${DEATHS} of them`, { timeout: TEST_MS }, async () => {
    const seed = testSeed()
    const random = randomFrom(seed)
    const khonsu = await openStore({ workers: 0, memory: 64 * MIB, timeoutMs: 2_000 })
    const pots: Pots = { seed, range: 200, total: 50_000, untilMs: 0 }
    fillPots(khonsu, pots)
    for (let death = 0; death < DEATHS; death++) {
      const doom = { ending: 'exit', accessCount: 1 + (random() % (4 * ACCESS_COUNT_MAX)) } as const
      const work = { url: DOOMED_WORK.href, input: { ...pots, seed: random() } }
      await runDoomed(khonsu, doom, work, [])
      try {
        expect(auditPots(khonsu, death, pots)).toBeUndefined()
      } catch (error) {
        if (!(error instanceof TransactionAbortedError)) throw error
      }
      if (death % 4 === 0) await khonsu.reclaim()
      expect(treeOf(khonsu.share().memory.buffer).fault).toBeUndefined()
    }
    for (let way = 0; way < 6; way++) expect(auditPots(khonsu, way, pots)).toBeUndefined()
  })
})
