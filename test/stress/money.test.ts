/** Money is conserved at every level, and every snapshot sees all of it. */
import type { IsolationLevel, Khonsu } from 'khonsu'
import { describe, expect, it } from 'vitest'
import { beside } from '../support/beside.ts'
import { expectWritable } from '../support/contents.ts'
import { testSeed } from '../support/random.ts'
import { MIB, openStore } from '../support/store.ts'
import { type Bank, count, endow, keysOf, move, sumOf, type Tally } from './jobs/accounts.mjs'

const LENGTH_MS = 350
const WORKERS = 3

const LEVELS: readonly IsolationLevel[] = ['read-committed', 'repeatable-read', 'serializable']
const JOB = new URL('./jobs/bank-job.mjs', import.meta.url)

/** Workers 0 and 1 move, worker 2 counts, the main thread does both in turn. */
function run(khonsu: Khonsu, bank: Bank): Promise<Tally[]> {
  const others = khonsu.runAll<typeof import('./jobs/bank-job.mjs')>(JOB, (index) => ({
    role: index === WORKERS - 1 ? 'count' : 'move',
    bank: { ...bank, seed: bank.seed + index },
  }))
  return beside(others, bank.untilMs, (untilMs, index) => {
    const part: Bank = { ...bank, untilMs, seed: bank.seed + index * 7919 }
    return index % 2 === 0 ? move(khonsu, part) : count(khonsu, part)
  })
}

describe.each(LEVELS)('at %s', (isolation) => {
  it.each([
    { count: 4, form: 'refs' },
    { count: 4, form: 'keys' },
    { count: 1_000, form: 'refs' },
    { count: 1_000, form: 'keys' },
    { count: 4, form: 'records' },
    { count: 1_000, form: 'records' },
  ] as const)(
    'the sum of $count $form stays the same for all who count',
    async ({ count, form }) => {
      const seed = testSeed()
      const khonsu = await openStore({ workers: WORKERS, memory: 128 * MIB })
      const untilMs = Date.now() + LENGTH_MS
      const bank: Bank = { seed, count, form, isolation, total: count * 1_000, untilMs }
      endow(khonsu, bank)
      const tallies = await run(khonsu, bank)
      expect(tallies.flatMap(({ faults }) => faults)).toEqual([])
      expect(sumOf(khonsu, bank)).toBe(bank.total)
      expect(tallies.slice(0, WORKERS).every(({ commits }) => commits > 0)).toBe(true)
      if (form !== 'records') expectWritable(khonsu, keysOf(bank))
    },
  )
})
