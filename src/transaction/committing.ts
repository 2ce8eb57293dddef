import {
  STATUS_BUSY,
  STATUS_FAILURE_FIRST,
  STATUS_LOCKED,
} from '../../native-layout/status-codes.ts'
import { afterInterruption } from './interruption.ts'
import type { Transaction } from './transaction.ts'
import { backOff } from './waiting.ts'

/** Milliseconds that a commit waits for the locks of others before the attempt ends. */
const LOCK_WAIT_MS_MAX = 100

/**
 * Commits a transaction; how that ends. When a lock is held by somebody who was put to sleep with it,
 * it lets go of its own and tries again: often nothing was changed under that lock.
 *
 * @throws what the thread was thrown out of the commit by; nothing is committed then.
 */
export function commit(tx: Transaction): number {
  const { session, slot, kernel } = tx
  session.startCommit(tx)
  let status: number
  try {
    status = kernel.commit(slot)
    if (status === STATUS_BUSY) status = waitForLocks(tx)
  } catch (error) {
    tx.left = true
    status = afterInterruption(tx, error)
  }
  session.endCommit(tx)
  return status
}

function waitForLocks({ session, slot, kernel }: Transaction): number {
  const startedMs = performance.now()
  for (let waits = 1; performance.now() - startedMs < LOCK_WAIT_MS_MAX; waits++) {
    backOff(session.arena, waits)
    const status = kernel.commit(slot)
    if (status !== STATUS_BUSY) return status
  }
  kernel.abort(slot, STATUS_LOCKED - STATUS_FAILURE_FIRST)
  return STATUS_LOCKED
}
