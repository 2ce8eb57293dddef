/** Threads that end before any access to shared memory, most of them in the middle of a commit (I-8). */
import { TransactionAbortedError } from 'khonsu'
import { describe, expect, it } from 'vitest'
import { bannerKeys, raiseBanner, readBanner } from '#dist/bench/banner.js'
import { ACCESS_COUNT_MAX, runDoomed } from '#dist/bench/doomed-thread.js'
import {
  countBlocksUsed,
  isHoldingLocks,
  lostBlocksMax,
  type Remains,
} from '#dist/bench/remains.js'
import { expectWritable } from '../support/contents.ts'
import { randomFrom, testSeed } from '../support/random.ts'
import { MIB, openStore } from '../support/store.ts'
import { type Bank, endow, keysOf, sumOf } from './jobs/accounts.mjs'

/** All of them: `KHONSU_DEATHS=1000`. */
const DEATHS = Number(process.env.KHONSU_DEATHS ?? 50)
/** Milliseconds after which a transaction gives up: a part of them waits for locks of the dead. */
const TIMEOUT_MS = 2_000
const TEST_MS = 60_000 + DEATHS * 500

const DOOMED_WORK = new URL('./jobs/doomed-work.mjs', import.meta.url)
const BANK_JOB = new URL('./jobs/bank-job.mjs', import.meta.url)

type BankJob = typeof import('./jobs/bank-job.mjs')

/**
 * Does something that transactions are needed for. While this thread waits for a dead one's lock, it
 * is not told of the death: it gives up and comes again.
 */
async function eventually<R>(action: () => R | Promise<R>): Promise<R> {
  for (;;) {
    try {
      return await action()
    } catch (error) {
      if (!(error instanceof TransactionAbortedError)) throw error
      await new Promise((resolve) => setTimeout(resolve, 1))
    }
  }
}

describe('threads that end before an access to shared memory', () => {
  it(`leave a store that is whole: ${DEATHS} of them`, { timeout: TEST_MS }, async () => {
    const seed = testSeed()
    const random = randomFrom(seed)
    const khonsu = await openStore({ workers: 1, memory: 128 * MIB, timeoutMs: TIMEOUT_MS })
    const count = 30
    const bank: Bank = {
      seed,
      count,
      form: 'refs',
      isolation: 'serializable',
      total: count * 1_000,
      untilMs: 0,
    }
    endow(khonsu, bank)
    raiseBanner(khonsu)
    const keys = [...keysOf(bank), ...bannerKeys()]
    const refs = keys.map((key) => khonsu.ref(key))
    const end = new AbortController()
    const load = (async (): Promise<void> => {
      while (!end.signal.aborted) {
        const untilMs = Date.now() + 200
        const input = { role: 'move' as const, bank: { ...bank, untilMs } }
        const { faults } = await eventually(() => khonsu.run<BankJob>(BANK_JOB, input))
        expect(faults).toEqual([])
      }
    })()

    let before = 0
    const found: Remains[] = []
    const die = async (): Promise<void> => {
      const doom = { ending: 'exit', accessCount: 1 + (random() % ACCESS_COUNT_MAX) } as const
      const work = { url: DOOMED_WORK.href, input: { ...bank, seed: random() } }
      const { remains } = await runDoomed(khonsu, doom, work, refs)
      found.push(remains)
      expect(await eventually(() => sumOf(khonsu, bank))).toBe(bank.total)
      const reading = { explicit: false, isolation: 'serializable' } as const
      expect(await eventually(() => readBanner(khonsu, reading))).toEqual([])
    }
    try {
      while (found.length < DEATHS) {
        await die()
        if (found.length === Math.ceil(DEATHS / 4)) before = countBlocksUsed(khonsu)
      }
    } finally {
      end.abort()
      await load
    }

    const holding = found.filter(isHoldingLocks).length
    console.log(`${found.length} deaths, ${holding} of them with locks or in a commit`)
    expect(found.length).toBe(DEATHS)
    // Among few deaths the share varies.
    expect(holding).toBeGreaterThanOrEqual(DEATHS < 500 ? 1 : DEATHS / 5)
    expectWritable(khonsu, keys)
    expect(khonsu.stats().horizon.holder).toBeUndefined()
    await khonsu.reclaim()
    expect(countBlocksUsed(khonsu) - before).toBeLessThanOrEqual(lostBlocksMax(DEATHS))
  })
})
