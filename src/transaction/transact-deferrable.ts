import { setTimeout as sleep } from 'node:timers/promises'
import { CAUSE_ROLLBACK } from '../../native-layout/status-codes.ts'
import { DEFER_MS } from './deferring.ts'
import { openTransaction } from './read-only-transaction.ts'
import type { Session } from './session.ts'
import { type Body, transact, transactFrom } from './transact.ts'
import type { TransactPlan } from './transaction-options.ts'

/** Milliseconds between two looks at whether a snapshot has become safe. */
const LOOK_INTERVAL_MS = 1

/**
 * Runs the body of a deferrable transaction when its snapshot is safe; this thread goes on with other
 * things meanwhile. See `Store.transactDeferrable` for the contract.
 */
export async function transactDeferrable<R>(
  session: Session,
  body: Body<R>,
  plan: TransactPlan,
): Promise<R> {
  const { kernel } = session
  const slot = session.acquireSlot()
  kernel.begin(slot, plan.mode)
  if (plan.name !== undefined) kernel.nameSlot(slot, session.names.handleOf(plan.name))
  // What is left to wait for was waited for here.
  const rest = { ...plan, deferMs: 0 }
  const endMs = performance.now() + (plan.deferMs ?? DEFER_MS)
  while (kernel.settleSnapshot(slot) === 0 && performance.now() < endMs) {
    await sleep(LOOK_INTERVAL_MS)
    if (session.isOpen && plan.signal?.aborted !== true) continue
    kernel.abort(slot, CAUSE_ROLLBACK)
    kernel.nameSlot(slot, 0)
    kernel.begin(slot, session.defaultMode)
    session.releaseSlot(slot)
    return transact(session, body, rest)
  }
  session.stopKeeping(slot)
  return transactFrom(openTransaction(session, slot, plan), body, rest)
}
