/** Threads that end in the middle of anything leave a store that is whole (I-8). */
import { Worker } from 'node:worker_threads'
import { type Khonsu, WorkerLostError } from 'khonsu'
import { describe, expect, it } from 'vitest'
import { bannerKeys, raiseBanner, readBanner } from '#dist/bench/banner.js'
import { expectWritable } from '../support/contents.ts'
import { type Random, randomFrom, testSeed } from '../support/random.ts'
import { MIB, openStore } from '../support/store.ts'
import { type Bank, keysOf } from './jobs/accounts.mjs'

const KILLS = 12
const LIFE_MS_MAX = 60
const WORKER = new URL('./jobs/doomed-worker.mjs', import.meta.url)
const GIANT_WORKER = new URL('./jobs/giant-worker.mjs', import.meta.url)
const JOB = new URL('./jobs/doomed-job.mjs', import.meta.url)

type DoomedJob = typeof import('./jobs/doomed-job.mjs')

async function openBank(seed: number, workers: number) {
  const khonsu = await openStore({ workers, memory: 256 * MIB })
  const count = 50
  const bank: Bank = {
    seed,
    count,
    form: 'refs',
    isolation: 'serializable',
    total: count * 1_000,
    untilMs: 0,
  }
  khonsu.transact((tx) => {
    for (const key of keysOf(bank)) tx.set(key, 1_000)
  })
  raiseBanner(khonsu)
  return { khonsu, bank }
}

/** The money is there, the banner is whole, no cell is locked, nobody dead holds the horizon. */
function expectWhole(khonsu: Khonsu, bank: Bank): void {
  const sum = khonsu.transact((tx) =>
    keysOf(bank).reduce((total, key) => total + Number(tx.get(key)), 0),
  )
  expect(sum).toBe(bank.total)
  expect(readBanner(khonsu, { explicit: false, isolation: 'serializable' })).toEqual([])
  expect(readBanner(khonsu, { explicit: true, isolation: 'repeatable-read' })).toEqual([])
}

function lifeMs(random: Random): number {
  return random() % LIFE_MS_MAX
}

const sleep = (lengthMs: number): Promise<void> =>
  new Promise((resolve) => setTimeout(resolve, lengthMs))

describe('threads that attached by a handle', () => {
  it('may be terminated at any time', async () => {
    const seed = testSeed()
    const random = randomFrom(seed)
    const { khonsu, bank } = await openBank(seed, 0)
    const start = async (): Promise<Worker> => {
      const workerData = { handle: khonsu.share(), bank: { ...bank, seed: random() } }
      const worker = new Worker(WORKER, { workerData })
      khonsu.adopt(worker)
      await new Promise((resolve, reject) => worker.once('message', resolve).once('error', reject))
      return worker
    }
    const survivor = await start()
    for (let i = 0; i < KILLS; i++) {
      const worker = await start()
      await sleep(lifeMs(random))
      await worker.terminate()
      expectWhole(khonsu, bank)
    }
    await survivor.terminate()
    expectWhole(khonsu, bank)
    expectWritable(khonsu, [...keysOf(bank), ...bannerKeys()])
    expect(khonsu.stats().horizon.holder).toBeUndefined()
    expectNoThreadsLeft(khonsu)
  })
})

describe('threads that commit many cells', () => {
  const count = 20_000
  const kills = 12

  it.each([
    ['numbers', false],
    ['texts', true],
  ])('may be terminated in the middle of a commit of %s', async (_, texts) => {
    const random = randomFrom(testSeed())
    const khonsu = await openStore({ memory: 512 * MIB })
    const list = khonsu.refs(Array.from({ length: count }, (_, i) => ['giant', i]))
    let killedInCommit = 0
    for (let i = 0; i < kills; i++) {
      const progress = new Int32Array(new SharedArrayBuffer(8))
      const workerData = { handle: khonsu.share(), count, texts, progress }
      const worker = new Worker(GIANT_WORKER, { workerData })
      khonsu.adopt(worker)
      await new Promise((resolve, reject) => worker.once('message', resolve).once('error', reject))
      // Nothing but a look at the word is quick enough; the worker does not need this thread.
      while (Atomics.load(progress, 1) < 2 || Atomics.load(progress, 0) === 0) {}
      for (let spins = random() % 200_000; spins > 0; spins--) Atomics.load(progress, 0)
      await worker.terminate()
      killedInCommit += Atomics.load(progress, 0)
      const values = khonsu.transact((tx) => {
        const seen = new Set<unknown>()
        for (let at = 0; at < count; at++) seen.add(tx.getAt(list, at))
        return [...seen]
      })
      expect(values).toHaveLength(1)
      khonsu.transact(
        (tx) => {
          for (let at = 0; at < count; at++) tx.setAt(list, at, values[0] as string)
        },
        { timeoutMs: 3_000 },
      )
    }
    expect(killedInCommit).toBeGreaterThan(0)
  })
})

/** Records and slots of dead threads serve others: two workers at a time, and their successors, need few. */
function expectNoThreadsLeft(khonsu: Khonsu): void {
  const { byClass } = khonsu.stats().memory
  const pages = byClass.find(({ name }) => name === 'threads and slots')?.blocksUsed
  expect(pages).toBeLessThanOrEqual(2 * 6)
}

describe('threads of the pool', () => {
  it('may exit in a job, inside and outside of transactions', async () => {
    const seed = testSeed()
    const random = randomFrom(seed)
    const { khonsu, bank } = await openBank(seed, 2)
    const job = (end: Parameters<DoomedJob['default']>[0]['end']): Promise<string> =>
      khonsu.run<DoomedJob>(JOB, {
        bank: { ...bank, seed: random(), untilMs: Date.now() + lifeMs(random) },
        end,
      })
    for (let i = 0; i < KILLS; i++) {
      const other = job('never')
      const lost = await job(i % 2 === 0 ? 'in a body' : 'after a body').catch((error) => error)
      expect(lost).toBeInstanceOf(WorkerLostError)
      expect(lost).toMatchObject({ exitCode: 7 })
      expectWhole(khonsu, bank)
      expect(await other).toBe('survived')
    }
    expectWritable(khonsu, [...keysOf(bank), ...bannerKeys()])
    expect(await Promise.all(Array.from({ length: 4 }, () => job('never')))).toHaveLength(4)
    expect(khonsu.stats().horizon.holder).toBeUndefined()
    expectNoThreadsLeft(khonsu)
  })

  it('may be ended by a signal', async () => {
    const seed = testSeed()
    const random = randomFrom(seed)
    const { khonsu, bank } = await openBank(seed, 2)
    const reason = new Error('enough')
    for (let i = 0; i < KILLS; i++) {
      const controller = new AbortController()
      const input = { bank: { ...bank, seed: random(), untilMs: Date.now() + 5_000 } }
      const tasks = [1, 2].map(() =>
        khonsu.run<DoomedJob>(JOB, { ...input, end: 'never' }, { signal: controller.signal }),
      )
      const outcomes = Promise.allSettled(tasks)
      await sleep(20 + lifeMs(random))
      controller.abort(reason)
      for (const outcome of await outcomes) expect(outcome).toMatchObject({ reason })
      const survivors = await khonsu.runAll<DoomedJob>(JOB, { bank, end: 'never' })
      expect(survivors).toEqual(['survived', 'survived'])
      expectWhole(khonsu, bank)
    }
    expectWritable(khonsu, [...keysOf(bank), ...bannerKeys()])
    expectNoThreadsLeft(khonsu)
  })
})
