import {
  STATUS_BUSY,
  STATUS_FAILURE_FIRST,
  STATUS_LOCKED,
} from '../../native-layout/status-codes.ts'
import type { Session } from './session.ts'
import { backOff } from './waiting.ts'

/** Milliseconds that a commit waits for the locks of others before the attempt ends. */
const LOCK_WAIT_MS_MAX = 100

/**
 * Commits the transaction in a slot; how that ends. When a lock is held by somebody who was put to
 * sleep with it, it lets go of its own and tries again: often nothing was changed under that lock.
 */
export function commitSlot(session: Session, slot: number): number {
  return settleCommit(session, slot, session.kernel.commit(slot))
}

/** Goes on with a commit that found a lock; how it ends. */
export function settleCommit(session: Session, slot: number, status: number): number {
  if (status !== STATUS_BUSY) return status
  const { kernel, arena } = session
  const startedMs = performance.now()
  for (let waits = 1; performance.now() - startedMs < LOCK_WAIT_MS_MAX; waits++) {
    backOff(arena, waits)
    const again = kernel.commit(slot)
    if (again !== STATUS_BUSY) return again
  }
  kernel.abort(slot, STATUS_LOCKED - STATUS_FAILURE_FIRST)
  return STATUS_LOCKED
}
