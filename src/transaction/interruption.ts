/**
 * Transactions that this thread was thrown out of: by a stack overflow in the kernel, by a trap, or
 * by a timeout of `vm`, which runs neither `catch` nor `finally`. What they left is settled at once
 * where that is possible; else when the thread enters the store again, or when its turn of the event
 * loop ends.
 */
import { STATUS_OK } from '../../native-layout/status-codes.ts'
import type { Session } from './session.ts'
import type { Transaction } from './transaction.ts'

/** What a commit that an error has ended comes to: STATUS_OK when it is committed. @throws the error. */
export function afterInterruption(tx: Transaction, error: unknown): number {
  let committed = false
  try {
    committed = recover(tx)
    if (!committed) release(tx, 'aborted')
  } catch {
    // There may be as little stack as before; the session remembers what is left to do.
    throw error
  }
  if (committed) return STATUS_OK
  throw error
}

/** Finishes or undoes the commit of a transaction that the thread was thrown out of, and ends it. */
export function settle(tx: Transaction): void {
  release(tx, recover(tx) ? 'committed' : 'aborted')
}

/** Settles everything that is open and on no stack any more, when nothing is on the stack at all. */
export function settleOrphans(session: Session): void {
  session.clearAway()
  while (session.innermost !== null) settle(session.innermost)
}

/** Finishes or undoes what is left in the slot, which is then as it was acquired; whether it committed. */
function recover(tx: Transaction): boolean {
  const { session, slot, kernel } = tx
  const committed = kernel.recoverSlot(slot) !== 0
  session.endCommit(tx)
  kernel.nameSlot(slot, 0)
  kernel.begin(slot, session.defaultMode)
  return committed
}

function release(tx: Transaction, end: 'committed' | 'aborted'): void {
  tx.end(end)
  if (tx.outer === undefined) tx.session.releaseSlot(tx.slot)
  else tx.session.leave(tx)
}
