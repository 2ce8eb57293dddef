import { SLOT_OPPONENT_OFFSET } from '../../native-layout/slot-descriptor.ts'
import {
  STATUS_ARENA_FULL,
  STATUS_BUSY,
  STATUS_FAILURE_FIRST,
  STATUS_LOCKED,
  STATUS_OK,
  STATUS_UNMERGED,
  STATUS_WRITE_CONFLICT,
} from '../../native-layout/status-codes.ts'
import { afterInterruption } from './interruption.ts'
import { mergeWrites } from './merging.ts'
import { holdBack } from './priority.ts'
import type { Transaction } from './transaction.ts'
import { isAnyTurn } from './turns.ts'
import { backOff } from './waiting.ts'

/** Milliseconds that a commit waits for the locks of others before the attempt ends. */
const LOCK_WAIT_MS_MAX = 100

/** Times that a commit merges its writes with what others have committed. */
const MERGE_ROUNDS_MAX = 16

/**
 * Commits a transaction; how that ends. When another one has its turn, it holds back first. When a lock
 * is held by somebody who was put to sleep with it, it lets go of its own and tries again: often nothing
 * was changed under that lock. When writes are to be merged, it merges them and tries again. When there is
 * no room for the versions that it replaces, it reclaims memory and tries again.
 *
 * @throws what the thread was thrown out of the commit by, or what a merge has thrown; nothing is
 * committed then.
 */
export function commit(tx: Transaction): number {
  try {
    if (isAnyTurn(tx.session.arena)) holdBack(tx)
    const status = tx.kernel.commit(tx.slot)
    return status === STATUS_OK ? status : goOn(tx, status)
  } catch (error) {
    return afterInterruption(tx, error)
  }
}

/** Commits again while the transaction is open. */
function goOn(tx: Transaction, first: number): number {
  const { session, slot, kernel } = tx
  let status = first
  let rounds = 0
  let reclaimed = false
  while (true) {
    if (status === STATUS_BUSY) {
      status = waitForLocks(tx)
    } else if (status === STATUS_ARENA_FULL) {
      if (reclaimed || !session.reclaim()) return abort(tx, status)
      reclaimed = true
      status = kernel.commit(slot)
    } else if (status === STATUS_UNMERGED) {
      const merged = rounds++ === MERGE_ROUNDS_MAX ? STATUS_WRITE_CONFLICT : mergeWrites(tx)
      if (merged !== STATUS_OK) return abort(tx, merged)
      if (isAnyTurn(session.arena)) holdBack(tx)
      status = kernel.commit(slot)
    } else {
      return status
    }
  }
}

function abort({ slot, kernel }: Transaction, status: number): number {
  kernel.abort(slot, status - STATUS_FAILURE_FIRST)
  return status
}

function waitForLocks(tx: Transaction): number {
  const { session, slot, kernel } = tx
  const startedMs = performance.now()
  session.settleOwnLock(session.arena.u32[(slot + SLOT_OPPONENT_OFFSET) >>> 2] as number)
  for (let waits = 1; performance.now() - startedMs < LOCK_WAIT_MS_MAX; waits++) {
    backOff(session.arena, waits)
    const status = kernel.commit(slot)
    if (status !== STATUS_BUSY) return status
  }
  return abort(tx, STATUS_LOCKED)
}
