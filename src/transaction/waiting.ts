import { isMainThread } from 'node:worker_threads'
import { THREAD_WAIT_OFFSET } from '../../native-layout/thread-descriptor.ts'
import type { Arena } from '../memory/arena.ts'

/** Attempts that follow one another without a pause. */
export const EAGER_ATTEMPTS = 2

/** Attempts from which on a worker sleeps instead of spinning. */
const SPINNING_ATTEMPTS = 9

const SPINS_MIN = 16
const SLEEP_MS_MIN = 0.05
const SLEEP_MS_MAX = 2

/**
 * Waits between two attempts: not at all, then spinning, then asleep, each time up to twice as long
 * and by a random part of it, so that two that met do not meet again. The main thread only spins.
 */
export function backOff(arena: Arena, attempt: number): void {
  if (attempt <= EAGER_ATTEMPTS) return
  const step = attempt - EAGER_ATTEMPTS
  if (isMainThread || attempt <= SPINNING_ATTEMPTS) {
    const doublings = Math.min(step, SPINNING_ATTEMPTS)
    spin(arena, Math.random() * SPINS_MIN * 2 ** doublings)
    return
  }
  const longest = Math.min(SLEEP_MS_MAX, SLEEP_MS_MIN * 2 ** (attempt - SPINNING_ATTEMPTS))
  const word = (arena.kernel.threadRecord(arena.threadIndex) + THREAD_WAIT_OFFSET) >>> 2
  Atomics.wait(arena.i32, word, 0, Math.random() * longest)
}

function spin(arena: Arena, count: number): void {
  for (let i = 0; i < count; i++) Atomics.load(arena.i32, 0)
}
