import { availableParallelism } from 'node:os'
import { Worker } from 'node:worker_threads'
import { describe, expect, it } from 'vitest'
import { CoreWait } from '../../../src/coordinator/core-wait.ts'

const SPIN = 'const until = Date.now() + 10_000; while (Date.now() < until);'

describe.runIf(process.platform === 'linux')('the time without a core', () => {
  it('rises while other threads have all of them', async () => {
    const wait = new CoreWait()
    const others = Array.from(
      { length: 2 * availableParallelism() },
      () => new Worker(SPIN, { eval: true }),
    )
    try {
      await Promise.all(others.map((one) => new Promise((resolve) => one.once('online', resolve))))
      const startedMs = performance.now()
      const before = wait.ms
      while (wait.ms === before && performance.now() - startedMs < 5_000);
      const waitedMs = wait.ms - before
      expect(waitedMs).toBeGreaterThan(0)
      expect(waitedMs).toBeLessThan(performance.now() - startedMs)
    } finally {
      await Promise.all(others.map((one) => one.terminate()))
    }
  })
})
