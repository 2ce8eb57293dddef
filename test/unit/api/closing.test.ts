import { execFile } from 'node:child_process'
import { createRequire } from 'node:module'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import * as khonsuModule from 'khonsu'
import { Khonsu, StoreClosedError } from 'khonsu'
import { describe, expect, it } from 'vitest'
import { MIB, openStore } from '../../support/store.ts'
import { rejectionOf, thrownBy } from '../../support/thrown.ts'

const PROGRAM = fileURLToPath(new URL('./workers/open-and-close.mjs', import.meta.url))
const execute = promisify(execFile)
const ECHO = new URL('../pool/jobs/echo.mjs', import.meta.url)
const TASKS = new URL('../pool/jobs/tasks.mjs', import.meta.url)

describe('close', () => {
  it('may be called twice; the second call waits for the first', async () => {
    const khonsu = await openStore({ workers: 2 })
    const first = khonsu.close()
    expect(khonsu.close()).toBe(first)
    await first
    await khonsu.close()
  })

  it('makes every call throw StoreClosedError', async () => {
    const khonsu = await openStore({ workers: 1 })
    const ref = khonsu.ref('a')
    await khonsu.close()
    for (const call of [
      () => khonsu.transact((tx) => tx.get('a')),
      () => khonsu.transact((tx) => tx.get(ref), { maxAttempts: 1 }),
      () => khonsu.startTransaction(),
      () => khonsu.ref('b'),
      () => khonsu.refs(['b']),
      () => khonsu.stats(),
      () => khonsu.share(),
    ]) {
      const error = thrownBy(call)
      expect(error).toBeInstanceOf(StoreClosedError)
      expect(error).toMatchObject({ code: 'KHONSU_STORE_CLOSED', retryable: false })
    }
    for (const promise of [
      khonsu.run(ECHO, 1),
      khonsu.runAll(ECHO, 1),
      khonsu.reclaim(),
      khonsu.coordinatorReport(),
    ]) {
      expect(await rejectionOf(promise)).toBeInstanceOf(StoreClosedError)
    }
  })

  it('rejects calls that wait for the coordinator', async () => {
    const khonsu = await openStore({ workers: 1 })
    const calls = [khonsu.reclaim(), khonsu.coordinatorReport()].map((call) =>
      call.then(
        () => undefined,
        (error: unknown) => error,
      ),
    )
    await khonsu.close()
    for (const error of await Promise.all(calls)) {
      if (error !== undefined) expect(error).toBeInstanceOf(StoreClosedError)
    }
  })

  it('rejects tasks that run', async () => {
    const khonsu = await openStore({ workers: 2 })
    const tasks = [
      khonsu.run(TASKS, { task: 'sleep', value: 10_000 }),
      khonsu.run(TASKS, { task: 'busy', value: 10_000 }),
    ].map(rejectionOf)
    await new Promise((resolve) => setTimeout(resolve, 100))
    const startedMs = performance.now()
    await khonsu.close()
    for (const error of await Promise.all(tasks)) expect(error).toBeInstanceOf(StoreClosedError)
    expect(performance.now() - startedMs).toBeLessThan(5_000)
  })

  it('lets transactions that are open in this thread end', async () => {
    const khonsu = await openStore()
    const transaction = khonsu.startTransaction()
    transaction.write('a', 1)
    await khonsu.close()
    expect(thrownBy(() => khonsu.startTransaction())).toBeInstanceOf(StoreClosedError)
    transaction.rollback()
    expect(transaction.isOpen).toBe(false)
  })

  it('happens at the end of an await using block', async () => {
    let kept: Khonsu | undefined
    {
      await using khonsu = await Khonsu.open({ workers: 1, memory: 16 * MIB })
      expect(await khonsu.run(ECHO, 1)).toBe(1)
      kept = khonsu
    }
    expect(thrownBy(() => kept?.stats())).toBeInstanceOf(StoreClosedError)
  })

  it('lets the process end', async () => {
    const { stdout } = await execute(process.execPath, [PROGRAM], { timeout: 10_000 })
    expect(stdout).toBe('closed\n')
  })
})

describe('the package', () => {
  it('can be required from CommonJS, and is the same one', async () => {
    const require = createRequire(import.meta.url)
    const required: typeof khonsuModule = require('khonsu')
    expect(required.Khonsu).toBe(khonsuModule.Khonsu)
    const khonsu = await required.Khonsu.open({ workers: 0, memory: 16 * MIB })
    expect(khonsu.transact((tx) => tx.update('a', () => 1))).toBe(1)
    await khonsu.close()
  })
})
