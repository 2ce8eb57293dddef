/** Transactions that are aborted again and again: their turn, and that it ends. */
import { type Khonsu, TransactionAbortedError, WorkerLostError } from 'khonsu'
import { describe, expect, it } from 'vitest'
import { openStore, until } from '../../support/store.ts'
import { thrownBy } from '../../support/thrown.ts'

const JOB = new URL('./jobs/turn-job.mjs', import.meta.url)
const ATTEMPTS_BEFORE_TICKET = 16

type Task = 'tell' | 'wait' | 'exit'

/** Runs a body that is aborted by its own thread so many times; how often it ran. */
function runAborted(
  khonsu: Khonsu,
  aborts: number,
  maxAttempts = Number.POSITIVE_INFINITY,
): number {
  let runs = 0
  khonsu.transact(
    (tx) => {
      runs++
      tx.set('key', runs)
      if (runs <= aborts) khonsu.transact((other) => other.set('key', -1))
    },
    { maxAttempts },
  )
  return runs
}

/** A worker's transaction that has its turn now. */
async function startTurn(task: Task) {
  const khonsu = await openStore({ workers: 1 })
  const flags = new Int32Array(new SharedArrayBuffer(8))
  const job = khonsu.run<typeof import('./jobs/turn-job.mjs')>(JOB, { flags, task })
  job.catch(() => {})
  await until(() => Atomics.load(flags, 0) === 1)
  return { khonsu, flags, job }
}

describe('a transaction that is aborted many times', () => {
  it('gets its turn, once', async () => {
    const khonsu = await openStore()
    expect(runAborted(khonsu, ATTEMPTS_BEFORE_TICKET)).toBe(ATTEMPTS_BEFORE_TICKET + 1)
    expect(khonsu.stats().turns).toEqual({ count: 1, lapsed: 0 })
    expect(khonsu.transact((tx) => tx.get('key'))).toBe(ATTEMPTS_BEFORE_TICKET + 1)
  })

  it('gets none before', async () => {
    const khonsu = await openStore()
    runAborted(khonsu, ATTEMPTS_BEFORE_TICKET - 1)
    expect(khonsu.stats().turns).toEqual({ count: 0, lapsed: 0 })
  })

  it('keeps its turn for all further attempts, and is not held back by it', async () => {
    const khonsu = await openStore()
    runAborted(khonsu, ATTEMPTS_BEFORE_TICKET + 10)
    expect(khonsu.stats().turns).toEqual({ count: 1, lapsed: 0 })
  })

  it('gives its turn back when its attempts are used up', async () => {
    const khonsu = await openStore()
    const error = thrownBy(() => runAborted(khonsu, 100, ATTEMPTS_BEFORE_TICKET + 2))
    expect(error).toBeInstanceOf(TransactionAbortedError)
    khonsu.transact((tx) => tx.set('other', 1))
    expect(khonsu.stats().turns).toEqual({ count: 1, lapsed: 0 })
  })
})

describe('the others', () => {
  it('hold back until the turn is over', async () => {
    const { khonsu, flags, job } = await startTurn('tell')
    khonsu.transact((tx) => tx.set('other', 1))
    const wasOver = Atomics.load(flags, 1) === 1
    expect(await job).toBe(ATTEMPTS_BEFORE_TICKET + 1)
    // If the worker was put to sleep for longer than the lease, the turn has lapsed.
    expect(khonsu.stats().turns).toEqual({ count: 1, lapsed: wasOver ? 0 : 1 })
  })

  it('read meanwhile', async () => {
    const { khonsu, flags, job } = await startTurn('wait')
    expect(khonsu.transact((tx) => tx.get('key'))).toBe(-ATTEMPTS_BEFORE_TICKET)
    expect(khonsu.stats().turns).toEqual({ count: 1, lapsed: 0 })
    Atomics.store(flags, 1, 1)
    Atomics.notify(flags, 1)
    await job
  })

  it('go on when a turn outlives its lease, and so does who had it', async () => {
    const { khonsu, flags, job } = await startTurn('wait')
    khonsu.transact((tx) => tx.set('other', 1))
    expect(khonsu.stats().turns).toEqual({ count: 1, lapsed: 1 })
    Atomics.store(flags, 1, 1)
    Atomics.notify(flags, 1)
    expect(await job).toBe(ATTEMPTS_BEFORE_TICKET + 1)
  })

  it('go on when who had it is gone', async () => {
    const { khonsu, job } = await startTurn('exit')
    expect(await job.catch((error: unknown) => error)).toBeInstanceOf(WorkerLostError)
    khonsu.transact((tx) => tx.set('key', 1))
    khonsu.transact((tx) => tx.set('key', 2))
    expect(khonsu.stats().turns).toEqual({ count: 1, lapsed: 1 })
  })
})
