/** Nobody sees a commit that is just being installed: neither a mixture nor a part (I-1, I-2). */
import { once } from 'node:events'
import { Worker } from 'node:worker_threads'
import type { Khonsu } from 'khonsu'
import { describe, expect, it } from 'vitest'
import { MIB, openStore } from '../support/store.ts'
import { type Setup, watchFlicker, watchPair, watchPairs } from './jobs/flicker.mjs'

const LENGTH_MS = 1_000
const PAIR_COUNT = 300_000
const WORKER = new URL('./jobs/flicker-worker.mjs', import.meta.url)

async function start(khonsu: Khonsu, task: Setup['task']): Promise<Setup> {
  const progress = new Int32Array(new SharedArrayBuffer(4))
  const setup = { task, progress, pairCount: PAIR_COUNT, untilMs: Date.now() + LENGTH_MS }
  const worker = new Worker(WORKER, { workerData: { handle: khonsu.share(), setup } })
  khonsu.adopt(worker)
  await once(worker, 'message')
  return setup
}

describe('two cells that are always written together', () => {
  it('are equal for whoever reads both, also when it loses its core between the reads', async () => {
    const khonsu = await openStore({ memory: 256 * MIB })
    khonsu.transact((tx) => [tx.set('left', 0), tx.set('right', 0)])
    // More threads than cores: whoever reads is interrupted at every place in the end.
    const starts = [1, 2, 3].map(() => start(khonsu, 'pair'))
    const [{ untilMs }] = (await Promise.all(starts)) as [Setup]
    expect(watchPair(khonsu, untilMs)).toEqual([])
  })
})

describe('a commit that is being installed', () => {
  it('shows no value of another kind with the bits of the old one', async () => {
    const khonsu = await openStore({ memory: 256 * MIB })
    khonsu.transact((tx) => tx.set('flicker', null))
    const { untilMs } = await start(khonsu, 'flicker')
    expect(watchFlicker(khonsu, untilMs)).toEqual([])
  })

  it('shows both or none of two first versions', async () => {
    const khonsu = await openStore({ memory: 256 * MIB })
    const setup = await start(khonsu, 'insert')
    expect(watchPairs(khonsu, setup)).toEqual([])
    const last = PAIR_COUNT - 1
    const seen = khonsu.transact((tx) => [tx.get(['a', last]), tx.get(['b', last])])
    expect(seen[0]).toBe(seen[1])
  })
})
