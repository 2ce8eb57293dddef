/** Money is conserved at every level, and every snapshot sees all of it. */
import type { IsolationLevel, Khonsu } from 'khonsu'
import { describe, expect, it } from 'vitest'
import { expectWritable } from '../support/contents.ts'
import { testSeed } from '../support/random.ts'
import { openStore } from '../support/store.ts'
import { type Bank, count, keysOf, move, type Tally } from './jobs/accounts.mjs'

const LENGTH_MS = 900
const WORKERS = 3
/** Slices of work that the main thread does between two looks at its events. */
const SLICE_MS = 50

const LEVELS: readonly IsolationLevel[] = ['read-committed', 'repeatable-read', 'serializable']
const JOB = new URL('./jobs/bank-job.mjs', import.meta.url)

function balances(khonsu: Khonsu, bank: Bank): number {
  return khonsu.transact((tx) => keysOf(bank).reduce((sum, key) => sum + Number(tx.get(key)), 0))
}

/** Workers 0 and 1 move, worker 2 counts, the main thread does both in turn. */
async function run(khonsu: Khonsu, bank: Bank) {
  const results = khonsu.runAll<typeof import('./jobs/bank-job.mjs')>(JOB, (index) => ({
    role: index === WORKERS - 1 ? 'count' : 'move',
    bank: { ...bank, seed: bank.seed + index },
  }))
  const own: Tally[] = []
  while (Date.now() < bank.untilMs) {
    const untilMs = Math.min(bank.untilMs, Date.now() + SLICE_MS)
    const part: Bank = { ...bank, untilMs, seed: bank.seed + own.length * 7919 }
    own.push(own.length % 2 === 0 ? move(khonsu, part) : count(khonsu, part))
    await new Promise((resolve) => setImmediate(resolve))
  }
  return [...(await results), ...own]
}

describe.each(LEVELS)('at %s', (isolation) => {
  it.each([
    { count: 4, form: 'refs' },
    { count: 4, form: 'keys' },
    { count: 1_000, form: 'refs' },
    { count: 1_000, form: 'keys' },
  ] as const)('the sum of $count $form stays the same for all who count', async ({ count, form }) => {
    const seed = testSeed()
    const khonsu = await openStore({ workers: WORKERS })
    const untilMs = Date.now() + LENGTH_MS
    const bank: Bank = { seed, count, form, isolation, total: count * 1_000, untilMs }
    khonsu.transact((tx) => {
      for (const key of keysOf(bank)) tx.set(key, 1_000)
    })
    const tallies = await run(khonsu, bank)
    expect(tallies.flatMap(({ faults }) => faults)).toEqual([])
    expect(balances(khonsu, bank)).toBe(bank.total)
    expect(tallies.every(({ commits }) => commits > 0)).toBe(true)
    expectWritable(khonsu, keysOf(bank))
  })
})
