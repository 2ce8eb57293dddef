import type { Session } from './session.ts'
import { backOff, EAGER_ATTEMPTS } from './waiting.ts'

/** Milliseconds that a deferrable transaction waits when its options do not say. */
export const DEFER_MS = 1000

/** What is said of waiting for a safe snapshot. */
interface Deferring {
  readonly deferMs?: number
}

/**
 * Waits, with this thread blocked, until the closed snapshot that a slot has begun with is safe, or
 * for as long as the options say.
 */
export function awaitSafeSnapshot(session: Session, slot: number, options: Deferring): void {
  const endMs = performance.now() + (options.deferMs ?? DEFER_MS)
  for (let looks = EAGER_ATTEMPTS; session.kernel.settleSnapshot(slot) === 0; looks++) {
    if (performance.now() >= endMs) return
    backOff(session.arena, looks)
  }
}
