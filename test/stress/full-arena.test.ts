/** Threads that run out of memory all the time lose nothing, and go on when there is room again. */
import { describe, expect, it } from 'vitest'
import { beside } from '../support/beside.ts'
import { expectWritable } from '../support/contents.ts'
import { testSeed } from '../support/random.ts'
import { MIB, openStore } from '../support/store.ts'
import {
  ACCOUNT_COUNT,
  amountOf,
  BALANCE,
  BLOB_COUNT,
  balanceText,
  crowd,
} from './jobs/crowded.mjs'

const WORKERS = 2
const LENGTH_MS = 3_000
const JOB = new URL('./jobs/crowded-job.mjs', import.meta.url)

describe('a full arena', () => {
  it('fails transactions as a whole, in three threads at once', async () => {
    const seed = testSeed()
    const khonsu = await openStore({ workers: WORKERS, memory: 8 * MIB })
    const accounts = Array.from({ length: ACCOUNT_COUNT }, (_, i) => ['account', i])
    khonsu.transact((tx) => {
      for (const key of accounts) tx.set(key, balanceText(BALANCE))
    })
    // Threads attach when they are first used, and each needs a page of its own.
    await khonsu.runAll<typeof import('./jobs/crowded-job.mjs')>(JOB, { seed, untilMs: 0 })
    const untilMs = Date.now() + LENGTH_MS
    const others = khonsu.runAll<typeof import('./jobs/crowded-job.mjs')>(JOB, (index) => ({
      seed: seed + index,
      untilMs,
    }))
    const tallies = await beside(others, untilMs, (end, index) =>
      crowd(khonsu, { seed: seed + 100 + index, untilMs: end }),
    )
    expect(tallies.flatMap(({ faults }) => faults)).toEqual([])
    expect(tallies.reduce((sum, { full }) => sum + full, 0)).toBeGreaterThan(10)

    const blobs = Array.from({ length: BLOB_COUNT }, (_, i) => i)
    for (const i of blobs) {
      khonsu.transact((tx) => [tx.delete(['blob', i]), tx.delete(['copy', i])])
    }
    await khonsu.reclaim()
    expectWritable(khonsu, accounts)
    const sum = khonsu.transact((tx) =>
      accounts.reduce((total, key) => total + amountOf(tx.get(key)), 0),
    )
    expect(sum).toBe(ACCOUNT_COUNT * BALANCE)
  })
})
