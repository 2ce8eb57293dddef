/** Long transactions that every update aborts get through, in so many attempts. */
import { expect, it } from 'vitest'
import { openStore } from '../support/store.ts'

const JOB = new URL('./jobs/starving-job.mjs', import.meta.url)
const ATTEMPTS_BEFORE_TICKET = 16
const WORKERS = 2
const SUM_COUNT = 40
const KEY_COUNT = 8

it('sums that abort on any update end within the bound', async () => {
  const khonsu = await openStore({ workers: WORKERS, serializable: 'occ' })
  khonsu.transact((tx) => {
    for (let i = 0; i < KEY_COUNT; i++) tx.set(['key', i], 0)
  })
  const flags = new Int32Array(new SharedArrayBuffer(8))
  const shared = { keyCount: KEY_COUNT, sumCount: SUM_COUNT, flags }
  const all = await khonsu.runAll<typeof import('./jobs/starving-job.mjs')>(JOB, (workerIndex) => ({
    ...shared,
    isSlow: workerIndex === 0,
  }))
  const runs = all.flat()
  const { count, lapsed } = khonsu.stats().turns
  expect(runs).toHaveLength(SUM_COUNT)
  expect(Math.min(...runs)).toBeGreaterThan(ATTEMPTS_BEFORE_TICKET)
  expect(count).toBeGreaterThanOrEqual(SUM_COUNT)
  // Who is put to sleep in its turn for longer than the lease begins anew.
  const runsATurn = ATTEMPTS_BEFORE_TICKET + WORKERS
  const turnsOf = (length: number) => Math.ceil(length / runsATurn)
  expect(runs.reduce((sum, length) => sum + turnsOf(length) - 1, 0)).toBeLessThanOrEqual(lapsed)
  expect(lapsed).toBeLessThan(SUM_COUNT / 2)
})
