import { SLOT_OPPONENT_OFFSET } from '../../native-layout/slot-descriptor.ts'
import {
  STATUS_BUSY,
  STATUS_FAILURE_FIRST,
  STATUS_LOCKED,
} from '../../native-layout/status-codes.ts'
import { afterInterruption } from './interruption.ts'
import { holdBack } from './priority.ts'
import type { Transaction } from './transaction.ts'
import { isAnyTurn } from './turns.ts'
import { backOff } from './waiting.ts'

/** Milliseconds that a commit waits for the locks of others before the attempt ends. */
const LOCK_WAIT_MS_MAX = 100

/**
 * Commits a transaction; how that ends. When another one has its turn, it holds back first. When a lock
 * is held by somebody who was put to sleep with it, it lets go of its own and tries again: often nothing
 * was changed under that lock.
 *
 * @throws what the thread was thrown out of the commit by; nothing is committed then.
 */
export function commit(tx: Transaction): number {
  try {
    if (isAnyTurn(tx.session.arena)) holdBack(tx)
    const status = tx.kernel.commit(tx.slot)
    return status === STATUS_BUSY ? waitForLocks(tx) : status
  } catch (error) {
    return afterInterruption(tx, error)
  }
}

function waitForLocks({ session, slot, kernel }: Transaction): number {
  const startedMs = performance.now()
  session.settleOwnLock(session.arena.u32[(slot + SLOT_OPPONENT_OFFSET) >>> 2] as number)
  for (let waits = 1; performance.now() - startedMs < LOCK_WAIT_MS_MAX; waits++) {
    backOff(session.arena, waits)
    const status = kernel.commit(slot)
    if (status !== STATUS_BUSY) return status
  }
  kernel.abort(slot, STATUS_LOCKED - STATUS_FAILURE_FIRST)
  return STATUS_LOCKED
}
