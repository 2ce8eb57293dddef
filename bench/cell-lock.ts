/**
 * Locks of the hand-locked controls: one word in shared memory, 0 free, 1 taken. Values under a lock
 * are touched between `lock` and `unlock` only, or by an atomic access.
 */

const FREE = 0
const TAKEN = 1

/** Attempts before a waiter gives its core away: its holder may have lost its own. */
const SPIN_COUNT_MAX = 4096
const PARK_MS = 1

/** Returns once this thread holds the lock. */
export function lock(words: Int32Array, at: number): void {
  if (Atomics.compareExchange(words, at, FREE, TAKEN) !== FREE) wait(words, at)
}

/** Gives the lock back; a release operation that `lock` synchronizes with. */
export function unlock(words: Int32Array, at: number): void {
  Atomics.store(words, at, FREE)
}

/** The park is timed: releasing does not notify. */
function wait(words: Int32Array, at: number): void {
  let attempt = 0
  while (Atomics.compareExchange(words, at, FREE, TAKEN) !== FREE) {
    if (++attempt < SPIN_COUNT_MAX) continue
    Atomics.wait(words, at, TAKEN, PARK_MS)
    attempt = 0
  }
}
