/** A thread that works in a store until it ends in a way that was decided when it was started. */

import { once } from 'node:events'
import { setTimeout } from 'node:timers/promises'
import { Worker } from 'node:worker_threads'
import type { Khonsu, Ref, Store, StoreHandle } from '../src/index.ts'
import { findRemains, type Remains } from './remains.ts'
import { nowNs } from './slice.ts'

/**
 * How a thread ends. One that is terminated has worked for so many milliseconds. The others run on
 * the hooked kernel and do so many accesses to shared memory: before the last one they exit, or throw
 * what nobody catches; after it, when their work allows it, they close the store and leave.
 */
export type Doom =
  | { readonly ending: 'exit' | 'throw' | 'leave'; readonly accessCount: number }
  | { readonly ending: 'terminate'; readonly lifeMs: number }

/** Accesses of a life, where they are drawn: some dozens of transactions at most. */
export const ACCESS_COUNT_MAX = 4_000

/** A module whose default export is a `PrepareWork`, and what that is given. */
export interface DoomedWork {
  readonly url: string
  readonly input: unknown
}

/** Returns a function that a doomed thread calls again and again. */
export type PrepareWork = (store: Store, input: never) => () => void

/** What a doomed thread is started with. */
export interface DoomedSetup {
  readonly handle: StoreHandle
  readonly doom: Doom
  readonly work: DoomedWork
  /** One number: when it ended, as `nowNs` says. Whoever ends it writes it. */
  readonly endedNs: Float64Array<SharedArrayBuffer>
}

/** What is known of a thread that has ended and was recovered. */
export interface Death {
  readonly remains: Remains
  /** When it was ended, as `nowNs` says. */
  readonly endedNs: number
  /** From the moment at which its `exit` was seen. */
  readonly recoveryNs: number
}

/** What `exit` exits with. */
export const DOOMED_EXIT_CODE = 9
/** The message of what `throw` throws. */
export const DOOMED_MESSAGE = 'a doomed thread has come to its end'

const EXIT_CODES = { exit: DOOMED_EXIT_CODE, throw: 1, terminate: 1, leave: 0 } as const
const DOOMED_WORKER_URL = new URL('./doomed-worker.js', import.meta.url)

/**
 * Starts a thread and resolves when it has ended and was recovered; `refs` are the cells that are
 * looked at in between.
 * @throws what the thread throws before its time; Error when it ends in another way than it should.
 */
export async function runDoomed(
  khonsu: Khonsu,
  doom: Doom,
  work: DoomedWork,
  refs: readonly Ref<unknown>[],
): Promise<Death> {
  const endedNs = new Float64Array(new SharedArrayBuffer(Float64Array.BYTES_PER_ELEMENT))
  const setup: DoomedSetup = { handle: khonsu.share(), doom, work, endedNs }
  const worker = new Worker(DOOMED_WORKER_URL, { workerData: setup })
  const ended = watch(khonsu, worker, doom, refs)
  if (doom.ending === 'terminate') {
    await Promise.race([once(worker, 'message'), ended])
    await setTimeout(doom.lifeMs)
    endedNs[0] = nowNs()
    await worker.terminate()
  }
  return { ...(await ended), endedNs: endedNs[0] as number }
}

/** Listeners are called in the order in which they came: the store's own is the second one. */
function watch(
  khonsu: Khonsu,
  worker: Worker,
  { ending }: Doom,
  refs: readonly Ref<unknown>[],
): Promise<Omit<Death, 'endedNs'>> {
  const { threadId } = worker
  let remains: Remains = { locked: [], isCommitting: false }
  let seenNs = 0
  worker.once('exit', () => {
    remains = findRemains(khonsu, threadId, refs)
    seenNs = nowNs()
  })
  khonsu.adopt(worker)
  return new Promise((resolve, reject) => {
    worker.once('error', (error) => {
      if (ending !== 'throw' || error.message !== DOOMED_MESSAGE) reject(error)
    })
    worker.once('exit', (code) => {
      const recoveryNs = nowNs() - seenNs
      if (code === EXIT_CODES[ending]) resolve({ remains, recoveryNs })
      else reject(new Error(`a thread that was to ${ending} ended with exit code ${code}`))
    })
  })
}
