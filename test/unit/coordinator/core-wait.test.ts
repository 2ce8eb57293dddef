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
      const before = wait.ms
      const startedMs = performance.now()
      while (wait.ms === before && performance.now() - startedMs < 5_000);
      const elapsedMs = performance.now() - startedMs
      expect(wait.ms - before).toBeGreaterThan(0)
      expect(wait.ms - before).toBeLessThan(elapsedMs)
    } finally {
      await Promise.all(others.map((one) => one.terminate()))
    }
  })
})
