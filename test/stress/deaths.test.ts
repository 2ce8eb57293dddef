/** Threads that end before any access to shared memory, most of them in the middle of a commit (I-8). */
import { fileURLToPath } from 'node:url'
import { Worker } from 'node:worker_threads'
import { type Khonsu, type Ref, TransactionAbortedError } from 'khonsu'
import { describe, expect, it } from 'vitest'
import { SLOT_TABLE_ADDRESS } from '../../native-layout/arena-header-descriptor.ts'
import { CELL_SHIFT, CELL_WORD_OFFSET } from '../../native-layout/cell-descriptor.ts'
import {
  SLOT_THREAD_OFFSET,
  STATE_ABORTING,
  STATE_INSTALLING,
  STATE_STAMPED,
} from '../../native-layout/slot-descriptor.ts'
import { OWNER_MASK, STATE_MASK } from '../../native-layout/word-descriptor.ts'
import { expectWritable } from '../support/contents.ts'
import { randomFrom, testSeed } from '../support/random.ts'
import { MIB, openStore } from '../support/store.ts'
import { type Bank, endow, keysOf, sumOf } from './jobs/accounts.mjs'
import { bannerKeys, bannerText, readBanner } from './jobs/banner.mjs'

/** All of them: `KHONSU_DEATHS=1000`. */
const DEATHS = Number(process.env.KHONSU_DEATHS ?? 60)
/** Accesses of a life: some dozens of transactions at most. */
const ACCESS_COUNT_MAX = 4_000
/** Milliseconds after which a transaction gives up: a part of them waits for locks of the dead. */
const TIMEOUT_MS = 2_000
const TEST_MS = 60_000 + DEATHS * 500

const WORKER = new URL('./jobs/doomed-at-access.mjs', import.meta.url)
const BANK_JOB = new URL('./jobs/bank-job.mjs', import.meta.url)
const KERNEL = fileURLToPath(
  new URL('../../dist/native-layout/kernel-hooked.wasm', import.meta.url),
)
const COMMITTING: readonly number[] = [STATE_STAMPED, STATE_INSTALLING, STATE_ABORTING]

type BankJob = typeof import('./jobs/bank-job.mjs')

/** What one death left behind, before it is recovered. */
interface Remains {
  readonly locks: number
  readonly isCommitting: boolean
}

/** Looks at the slots of a thread and at who has locked the cells. */
function inspect(khonsu: Khonsu, threadId: number, refs: readonly Ref<unknown>[]): Remains {
  const { kernel, u32, i64 } = khonsu.session.arena
  const index = kernel.findThread(threadId)
  const ids: number[] = []
  let isCommitting = false
  for (let id = 1; id <= kernel.slotCount(); id++) {
    const slot = u32[(SLOT_TABLE_ADDRESS >>> 2) + id] as number
    if (slot === 0 || u32[(slot + SLOT_THREAD_OFFSET) >>> 2] !== index) continue
    ids.push(id)
    const state = Number(kernel.slotPhase(id) & BigInt(STATE_MASK))
    if (COMMITTING.includes(state)) isCommitting = true
  }
  const locks = refs.filter(({ cell }) => {
    const word = Atomics.load(i64, (cell * 2 ** CELL_SHIFT + CELL_WORD_OFFSET) / 8)
    return ids.includes(Number(word & BigInt(OWNER_MASK)))
  }).length
  return { locks, isCommitting }
}

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

function blocksUsed(khonsu: Khonsu): number {
  return khonsu.stats().memory.byClass.reduce((sum, { blocksUsed }) => sum + blocksUsed, 0)
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
    khonsu.transact((tx) => {
      for (const key of bannerKeys()) tx.set(key, bannerText(1))
    })
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
      const workerData = {
        handle: khonsu.share(),
        kernel: KERNEL,
        bank: { ...bank, seed: random() },
        accessCount: 1 + (random() % ACCESS_COUNT_MAX),
      }
      const worker = new Worker(WORKER, { workerData })
      const { threadId } = worker
      const exit = new Promise<number>((resolve, reject) => {
        worker.once('error', reject)
        worker.once('exit', (code) => {
          found.push(inspect(khonsu, threadId, refs))
          resolve(code)
        })
      })
      khonsu.adopt(worker)
      expect(await exit).toBe(9)
      expect(await eventually(() => sumOf(khonsu, bank))).toBe(bank.total)
      const reading = { explicit: false, isolation: 'serializable' } as const
      expect(await eventually(() => readBanner(khonsu, reading))).toEqual([])
    }
    try {
      while (found.length < DEATHS) {
        await die()
        if (found.length === Math.ceil(DEATHS / 4)) before = blocksUsed(khonsu)
      }
    } finally {
      end.abort()
      await load
    }

    const holding = found.filter(({ locks, isCommitting }) => locks > 0 || isCommitting).length
    console.log(`${found.length} deaths, ${holding} of them with locks or in a commit`)
    expect(found.length).toBe(DEATHS)
    expect(holding).toBeGreaterThanOrEqual(DEATHS / 5)
    expectWritable(khonsu, keys)
    expect(khonsu.stats().horizon.holder).toBeUndefined()
    await khonsu.reclaim()
    // A death loses a few blocks at most; what dead threads had retired waits for those who follow.
    expect(blocksUsed(khonsu) - before).toBeLessThanOrEqual(DEATHS + 3 * 256)
  })
})
