/** A coordinator that dies is replaced. */
import type { Worker } from 'node:worker_threads'
import { SnapshotTooOldError } from 'khonsu'
import { describe, expect, it, onTestFinished } from 'vitest'
import { openStore } from '../../support/store.ts'
import { thrownBy } from '../../support/thrown.ts'

/** The threads that are started while a test runs. */
function watchWorkers(): Worker[] {
  const workers: Worker[] = []
  const note = (worker: Worker): unknown => workers.push(worker)
  process.on('worker', note)
  onTestFinished(() => void process.off('worker', note))
  return workers
}

async function untilWorkers(workers: readonly Worker[], count: number): Promise<void> {
  while (workers.length < count) await new Promise((resolve) => setTimeout(resolve, 5))
}

describe('a coordinator that dies', () => {
  it('is replaced, and the ages of snapshots are watched again', async () => {
    const workers = watchWorkers()
    const khonsu = await openStore({ maxSnapshotAgeMs: 50 })
    for (let died = 1; died <= 3; died++) {
      await workers[died - 1]?.terminate()
      await untilWorkers(workers, died + 1)
    }
    const late = khonsu.startTransaction()
    while (khonsu.stats().horizon.holder !== undefined) {
      await new Promise((resolve) => setTimeout(resolve, 5))
    }
    expect(thrownBy(() => late.commit())).toBeInstanceOf(SnapshotTooOldError)
    expect((await khonsu.coordinatorReport())?.snapshotsRevoked).toBe(1)
  })

  it('is not replaced when the store is closed', async () => {
    const workers = watchWorkers()
    const khonsu = await openStore()
    await khonsu.close()
    await new Promise((resolve) => setTimeout(resolve, 150))
    expect(workers).toHaveLength(1)
  })

  it('does not keep the store from closing while it is replaced', async () => {
    const workers = watchWorkers()
    const khonsu = await openStore()
    await workers[0]?.terminate()
    await khonsu.close()
    await Promise.all(workers.map((worker) => worker.terminate()))
  })
})
