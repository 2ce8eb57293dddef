import type { Worker } from 'node:worker_threads'
import {
  ArenaFullError,
  Khonsu,
  KhonsuError,
  StoreClosedError,
  TransactionConflictError,
  ValueNotAcceptableError,
  WorkerLostError,
} from 'khonsu'
import { describe, expect, it, vi } from 'vitest'
import { changingNothing, contents, expectWritable } from '../../support/contents.ts'
import { MIB, openStore } from '../../support/store.ts'
import { rejectionOf } from '../../support/thrown.ts'

const ECHO = new URL('./jobs/echo.mjs', import.meta.url)
const TASKS = new URL('./jobs/tasks.mjs', import.meta.url)
const NO_DEFAULT = new URL('./jobs/no-default.mjs', import.meta.url)
const BROKEN = new URL('./jobs/broken.mjs', import.meta.url)
const LOADED = new URL('./jobs/loaded.mjs', import.meta.url)

type Tasks = typeof import('./jobs/tasks.mjs')

const sleep = (lengthMs: number): Promise<void> =>
  new Promise((resolve) => setTimeout(resolve, lengthMs))

describe('run', () => {
  it('hands input and result over by structured clone', async () => {
    const khonsu = await openStore({ workers: 1 })
    const input = { n: -0, big: 2n ** 70n, map: new Map([[1, new Set(['a'])]]), at: new Date(0) }
    expect(await khonsu.run<typeof import('./jobs/echo.mjs')>(ECHO, input)).toEqual(input)
    expect(await khonsu.run(ECHO, undefined)).toBeUndefined()
    expect(await khonsu.run(ECHO.href, 'by a string')).toBe('by a string')
  })

  it('runs in threads that see what this one committed, and this one sees theirs', async () => {
    const khonsu = await openStore({ workers: 2 })
    khonsu.transact((tx) => tx.set('a', 1))
    await khonsu.run<Tasks>(TASKS, { task: 'set', value: { key: 'b', value: { deep: [1] } } })
    expect(contents(khonsu, ['a', 'b'])).toEqual([1, { deep: [1] }])
    expect(await khonsu.run<Tasks>(TASKS, { task: 'same store' })).toBe(true)
  })

  // Node 20 ends the process when a thread is terminated while it does that.
  it('runs in threads that loaded no module by require()', async () => {
    const khonsu = await openStore({ workers: 1 })
    const required = await khonsu.run<typeof import('./jobs/loaded.mjs')>(LOADED, undefined)
    expect(required).toContainEqual(expect.stringMatching(/pool-entry\.cjs$/))
    expect(required.filter((path) => path.includes('pool-worker'))).toEqual([])
  })

  it('tells a job whose thread finds no room in the arena, and the next one that there is room', async () => {
    const khonsu = await openStore({ workers: 1, memory: 4 * MIB })
    const big = Array.from({ length: 1_000 }, (_, i) => i)
    const fill = (): void => {
      for (const i of big) khonsu.transact((tx) => tx.set(i, 'x'.repeat(60_000)))
    }
    expect(fill).toThrow(ArenaFullError)
    const job = { task: 'set', value: { key: 'b', value: 1 } }
    expect(await rejectionOf(khonsu.run<Tasks>(TASKS, job))).toBeInstanceOf(ArenaFullError)
    for (const i of big.slice(0, 10)) khonsu.transact((tx) => tx.delete(i))
    await khonsu.reclaim()
    await khonsu.run<Tasks>(TASKS, job)
    expect(contents(khonsu, ['b'])).toEqual([1])
  })

  it('keeps class, code and fields of errors of Khonsu', async () => {
    const khonsu = await openStore({ workers: 1 })
    const error = await rejectionOf(khonsu.run<Tasks>(TASKS, { task: 'throw conflict' }))
    expect(error).toBeInstanceOf(TransactionConflictError)
    expect(error).toMatchObject({ reason: 'locked', key: ['a', 1], opponent: 'other' })
    khonsu.transact((tx) => tx.set('a', 'kept'))
    const refused = await changingNothing(khonsu, ['a'], () =>
      rejectionOf(khonsu.run<Tasks>(TASKS, { task: 'throw in body' })),
    )
    expect(refused).toBeInstanceOf(ValueNotAcceptableError)
    expect(refused).toMatchObject({ code: 'KHONSU_VALUE_NOT_ACCEPTABLE', path: '$' })
    expect(contents(khonsu, ['a'])).toEqual(['kept'])
  })

  it('keeps name, message, stack, plain fields and cause of other errors', async () => {
    const khonsu = await openStore({ workers: 1 })
    const error = await rejectionOf(khonsu.run<Tasks>(TASKS, { task: 'throw type error' }))
    expect(error).not.toBeInstanceOf(KhonsuError)
    expect(error).toMatchObject({ name: 'TypeError', message: 'bad type', detail: 5 })
    expect((error as Error).stack).toContain('tasks.mjs')
    expect((error as Error).cause).toMatchObject({ name: 'RangeError', message: 'deep' })
    const text = await rejectionOf(khonsu.run<Tasks>(TASKS, { task: 'throw text' }))
    expect(text).toMatchObject({ message: 'just text' })
  })

  it('tells of a job file without a default export, or one that cannot be loaded', async () => {
    const khonsu = await openStore({ workers: 1 })
    const missing = await rejectionOf(khonsu.run(NO_DEFAULT, 1))
    expect(missing).toMatchObject({ name: 'TypeError' })
    expect((missing as Error).message).toContain('no-default.mjs has no default export')
    expect(await rejectionOf(khonsu.run(BROKEN, 1))).toMatchObject({
      message: 'broken while it was loaded',
    })
    const nowhere = new URL('./jobs/nowhere.mjs', import.meta.url)
    expect(await rejectionOf(khonsu.run(nowhere, 1))).toMatchObject({
      code: 'ERR_MODULE_NOT_FOUND',
    })
    expect(await khonsu.run(ECHO, 1)).toBe(1)
  })

  it('refuses what cannot be cloned, and serves on', async () => {
    const khonsu = await openStore({ workers: 1 })
    const input = await rejectionOf(khonsu.run<Tasks>(TASKS, { task: 'x', value: () => 1 }))
    expect(input).toMatchObject({ name: 'DataCloneError' })
    const result = await rejectionOf(khonsu.run<Tasks>(TASKS, { task: 'return a function' }))
    expect(result).toBeInstanceOf(Error)
    expect(await khonsu.run(ECHO, 1)).toBe(1)
  })
})

describe('runAll', () => {
  it('runs once on every thread, with results in the order of the workers', async () => {
    const khonsu = await openStore({ workers: 3 })
    const threads = await khonsu.runAll<Tasks>(TASKS, { task: 'thread' })
    expect(new Set(threads).size).toBe(3)
    const results = await khonsu.runAll<Tasks>(TASKS, (workerIndex, workerCount) => ({
      task: 'sleep',
      value: (workerCount - workerIndex) * 20,
    }))
    expect(results).toEqual([60, 40, 20])
  })

  it('throws the first error when all have ended', async () => {
    const khonsu = await openStore({ workers: 2 })
    const startedMs = performance.now()
    const error = await rejectionOf(
      khonsu.runAll<Tasks>(TASKS, (index) =>
        index === 0 ? { task: 'throw conflict' } : { task: 'sleep', value: 100 },
      ),
    )
    expect(error).toBeInstanceOf(TransactionConflictError)
    expect(performance.now() - startedMs).toBeGreaterThanOrEqual(99)
  })

  it('ends when the input of one worker cannot be made', async () => {
    const khonsu = await openStore({ workers: 2 })
    const error = await rejectionOf(
      khonsu.runAll<Tasks>(TASKS, (index) => {
        if (index === 1) throw new RangeError('no input')
        return { task: 'thread' }
      }),
    )
    expect(error).toBeInstanceOf(RangeError)
    expect(await khonsu.runAll(ECHO, 1)).toEqual([1, 1])
  })

  it('waits for the runAll before it and for single tasks, and both end', async () => {
    const khonsu = await openStore({ workers: 2 })
    const single = khonsu.run<Tasks>(TASKS, { task: 'sleep', value: 60 })
    const many = [1, 2, 3].map((value) => khonsu.runAll<Tasks>(TASKS, { task: 'sleep', value }))
    expect(await Promise.all(many)).toEqual([
      [1, 1],
      [2, 2],
      [3, 3],
    ])
    expect(await single).toBe(60)
  })
})

describe('a signal', () => {
  it('that was aborted before keeps the task from starting', async () => {
    const khonsu = await openStore({ workers: 1 })
    const reason = new Error('enough')
    const signal = AbortSignal.abort(reason)
    const input = { task: 'set', value: { key: 'a', value: 1 } }
    expect(await rejectionOf(khonsu.run<Tasks>(TASKS, input, { signal }))).toBe(reason)
    expect(await rejectionOf(khonsu.runAll<Tasks>(TASKS, input, { signal }))).toBe(reason)
    expect(contents(khonsu, ['a'])).toEqual([undefined])
  })

  it('ends a busy worker and undoes its open transaction', async () => {
    const khonsu = await openStore({ workers: 1, serializable: 'occ' })
    khonsu.transact((tx) => tx.set('b', 'kept'))
    const reason = new Error('enough')
    const controller = new AbortController()
    const task = rejectionOf(
      khonsu.run<Tasks>(TASKS, { task: 'retry for ever' }, { signal: controller.signal }),
    )
    await sleep(100)
    controller.abort(reason)
    expect(await task).toBe(reason)
    expect(contents(khonsu, ['b'])).toEqual(['kept'])
    expectWritable(khonsu, ['a', 'b'])
    expect(await khonsu.run(ECHO, 1)).toBe(1)
  })

  it('is answered when the worker has ended, and can commit nothing any more', async () => {
    const adopt = vi.spyOn(Khonsu.prototype, 'adopt')
    const khonsu = await openStore({ workers: 1 })
    const thread = adopt.mock.lastCall?.[0] as Worker
    adopt.mockRestore()
    let hasEnded = false
    thread.once('exit', () => {
      hasEnded = true
    })
    const controller = new AbortController()
    const { signal } = controller
    const task = rejectionOf(khonsu.run<Tasks>(TASKS, { task: 'retry for ever' }, { signal }))
    await sleep(50)
    expect(hasEnded).toBe(false)
    controller.abort()
    expect(await task).toMatchObject({ name: 'AbortError' })
    expect(hasEnded).toBe(true)
  })

  it('ends all of a runAll', async () => {
    const khonsu = await openStore({ workers: 2 })
    const controller = new AbortController()
    const { signal } = controller
    const task = rejectionOf(
      khonsu.runAll<Tasks>(TASKS, { task: 'busy', value: 10_000 }, { signal }),
    )
    await sleep(50)
    controller.abort()
    expect(await task).toMatchObject({ name: 'AbortError' })
    expect(await khonsu.runAll(ECHO, 1)).toEqual([1, 1])
  })

  it('lets other tasks be', async () => {
    const khonsu = await openStore({ workers: 2 })
    const controller = new AbortController()
    const { signal } = controller
    const ended = rejectionOf(khonsu.run<Tasks>(TASKS, { task: 'sleep', value: 5_000 }, { signal }))
    const other = khonsu.run<Tasks>(TASKS, { task: 'sleep', value: 100 })
    await sleep(20)
    controller.abort()
    await ended
    expect(await other).toBe(100)
  })
})

describe('back-pressure', () => {
  it('lets tasks wait in order, and runs each of them', async () => {
    const khonsu = await openStore({ workers: 1, queueLimit: 1 })
    const ended: number[] = []
    const tasks = [0, 1, 2, 3, 4, 5].map(async (value) => {
      await khonsu.run<Tasks>(TASKS, { task: 'sleep', value })
      ended.push(value)
    })
    await Promise.all(tasks)
    expect(ended).toEqual([0, 1, 2, 3, 4, 5])
  })

  it('rejects who waits as soon as its signal is aborted, and serves those behind', async () => {
    const khonsu = await openStore({ workers: 1, queueLimit: 1 })
    const running = [1, 2].map(() => khonsu.run<Tasks>(TASKS, { task: 'sleep', value: 200 }))
    const controller = new AbortController()
    const { signal } = controller
    const aborted = [1, 2, 3].map(() => rejectionOf(khonsu.run(ECHO, 1, { signal })))
    const behind = khonsu.run(ECHO, 'behind')
    const startedMs = performance.now()
    controller.abort()
    for (const reason of await Promise.all(aborted))
      expect(reason).toMatchObject({ name: 'AbortError' })
    expect(performance.now() - startedMs).toBeLessThan(150)
    expect(await behind).toBe('behind')
    expect(await Promise.all(running)).toEqual([200, 200])
  })

  it('rejects who waits when the store is closed', async () => {
    const khonsu = await openStore({ workers: 1, queueLimit: 1 })
    const tasks = [1, 2, 3, 4].map(() =>
      rejectionOf(khonsu.run<Tasks>(TASKS, { task: 'sleep', value: 5_000 })),
    )
    await sleep(20)
    await khonsu.close()
    for (const error of await Promise.all(tasks)) expect(error).toBeInstanceOf(StoreClosedError)
  })
})

describe('WorkerLostError', () => {
  it.each(['exit', 'exit later'])(
    'is what a job is rejected with by process.exit (%s)',
    async (task) => {
      const khonsu = await openStore({ workers: 1 })
      khonsu.transact((tx) => tx.set('a', 'kept'))
      const threadId = await khonsu.run<Tasks>(TASKS, { task: 'thread' })
      const error = await rejectionOf(khonsu.run<Tasks>(TASKS, { task, value: 3 }))
      expect(error).toBeInstanceOf(WorkerLostError)
      expect(error).toMatchObject({
        code: 'KHONSU_WORKER_LOST',
        retryable: false,
        exitCode: 3,
        threadId,
      })
      expect(contents(khonsu, ['a'])).toEqual(['kept'])
      expectWritable(khonsu, ['a'])
      expect(await khonsu.run<Tasks>(TASKS, { task: 'thread' })).not.toBe(threadId)
    },
  )

  it('is thrown by runAll when one of the threads was lost', async () => {
    const khonsu = await openStore({ workers: 2 })
    const error = await rejectionOf(
      khonsu.runAll<Tasks>(TASKS, (index) =>
        index === 0 ? { task: 'exit', value: 0 } : { task: 'sleep', value: 50 },
      ),
    )
    expect(error).toBeInstanceOf(WorkerLostError)
    expect(await khonsu.runAll(ECHO, 1)).toEqual([1, 1])
  })
})
