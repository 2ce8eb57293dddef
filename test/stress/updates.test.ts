/** Many threads that add to the same keys: nothing is lost, and nobody who looks sees half of it. */
import { describe, expect, it } from 'vitest'
import { beside } from '../support/beside.ts'
import { testSeed } from '../support/random.ts'
import { MIB, openStore } from '../support/store.ts'
import { lookAt, type Tallied, type Tallying, tally } from './jobs/tallies.mjs'

const WORKERS = 3
const LENGTH_MS = 1_000
const POT_COUNT = 4
const JOB = new URL('./jobs/tally-job.mjs', import.meta.url)
const LEVELS = ['repeatable-read', 'serializable'] as const

describe.each(LEVELS)('at %s', (isolation) => {
  it.each(['move', 'collect'] as const)(
    'sums stay what they are while workers %s',
    async (role) => {
      const seed = testSeed()
      const khonsu = await openStore({ workers: WORKERS, memory: 256 * MIB })
      const untilMs = Date.now() + LENGTH_MS
      const common = { potCount: POT_COUNT, isolation }
      const workers = khonsu.runAll<typeof import('./jobs/tally-job.mjs')>(
        JOB,
        (index): Tallying => ({
          ...common,
          role: index === 0 ? 'look' : role,
          seed: seed + index,
          untilMs,
        }),
      )
      const tallies: Tallied[] = await beside(workers, untilMs, (sliceUntilMs, index) =>
        tally(khonsu, { ...common, role, seed: seed + 100 + index, untilMs: sliceUntilMs }),
      )
      expect(tallies.flatMap(({ faults }) => faults)).toEqual([])
      const moves = tallies.reduce((sum, each) => sum + each.moves, 0)
      const largest = Math.max(...tallies.map((each) => each.largest))
      const end = khonsu.transact((tx) => lookAt(tx, POT_COUNT))
      expect(end).toEqual({ sum: 0, moves, largest, smallest: -largest })
      expect(moves).toBeGreaterThan(100)
      if (role === 'move') expect(khonsu.stats().aborts.byCause['write-conflict'] ?? 0).toBe(0)
    },
  )
})
