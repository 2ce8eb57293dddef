import { Khonsu, type KhonsuOptions } from 'khonsu'
import { onTestFinished } from 'vitest'

/** One mebibyte in bytes. */
export const MIB: number = 1024 * 1024

/** Opens a small store without a pool, and closes it when the test has ended. */
export async function openStore(options: KhonsuOptions = {}): Promise<Khonsu> {
  const khonsu = await Khonsu.open({ workers: 0, memory: 32 * MIB, ...options })
  onTestFinished(() => khonsu.close())
  return khonsu
}

/** Waits until the condition holds. @throws when it does not hold in time. */
export async function until(
  condition: () => boolean | Promise<boolean>,
  limitMs = 5_000,
): Promise<void> {
  const startedMs = performance.now()
  while (!(await condition())) {
    if (performance.now() - startedMs > limitMs) throw new Error(`not within ${limitMs} ms`)
    await new Promise((resolve) => setTimeout(resolve, 5))
  }
}

/** Keeps this thread busy: no event of the loop is served meanwhile. */
export function blockFor(lengthMs: number): void {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, lengthMs)
}
