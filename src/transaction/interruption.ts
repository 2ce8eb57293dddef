/**
 * Transactions that this thread was thrown out of: by a stack overflow in the kernel, by a trap, or
 * by a timeout of `vm`, which runs neither `catch` nor `finally`. What they left is settled at once
 * where that is possible; else when the thread enters the store again, when it meets a lock that is
 * its own, or when its turn of the event loop ends.
 */
import { STATUS_OK } from '../../native-layout/status-codes.ts'
import type { Transaction } from './transaction.ts'

/** What a commit that an error has ended comes to: STATUS_OK when it is committed. @throws the error. */
export function afterInterruption(tx: Transaction, error: unknown): number {
  const { session } = tx
  tx.next = session.left
  session.left = tx
  session.attention = true
  let committed = false
  try {
    committed = session.recoverSlot(tx.slot)
    session.unlink(tx)
    if (!committed) session.discard(tx)
  } catch {
    // There may be as little stack as before; the session knows what is left to do.
    throw error
  }
  if (committed) return STATUS_OK
  throw error
}
