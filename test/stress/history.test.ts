/** What real threads did is what the level allows: no cycle of dependencies, in real time. */
import { describe, expect, it } from 'vitest'
import { findAnomalies } from '../support/history.ts'
import { testSeed } from '../support/random.ts'
import { MIB, openStore } from '../support/store.ts'
import { makeHistory, type Plan } from './jobs/history.mjs'

const LENGTH_MS = 800
const WORKERS = 3
const JOB = new URL('./jobs/history-job.mjs', import.meta.url)

describe.each(['read-committed', 'repeatable-read', 'serializable'] as const)('at %s', (level) => {
  it.each([
    ['4 cells', { cellCount: 4, freshEvery: 0 }],
    ['40 cells', { cellCount: 40, freshEvery: 0 }],
    ['cells that are always new', { cellCount: 6, freshEvery: 100 }],
  ])('a history on %s shows no anomaly', async (_, size) => {
    const seed = testSeed()
    const khonsu = await openStore({ workers: WORKERS, memory: 256 * MIB })
    const plan = (workerIndex: number): Plan => ({
      seed: seed + workerIndex,
      workerIndex,
      ...size,
      isolation: level,
      untilMs: Date.now() + LENGTH_MS,
      clock,
    })
    const clock = new Int32Array(new SharedArrayBuffer(4))
    const others = khonsu.runAll<typeof import('./jobs/history-job.mjs')>(JOB, plan)
    // The workers need the events of this thread until they have passed the gate.
    await new Promise((resolve) => setTimeout(resolve, 50))
    const own = makeHistory(khonsu, plan(WORKERS))
    const parts = [...(await others), own]
    expect(parts.flatMap(({ faults }) => faults)).toEqual([])
    const attempts = parts.flatMap((part) => part.attempts)
    expect(attempts.filter(({ committed }) => committed).length).toBeGreaterThan(1_000)
    expect(findAnomalies(attempts, level)).toEqual([])
  })
})
