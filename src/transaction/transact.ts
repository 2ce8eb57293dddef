import { MODE_JUDGEABLE } from '../../native-layout/slot-descriptor.ts'
import {
  CAUSE_ERROR,
  CAUSE_REHEARSAL,
  STATUS_ARENA_FULL,
  STATUS_FAILURE_FIRST,
  STATUS_OK,
  STATUS_SNAPSHOT_MOVED,
  STATUS_SNAPSHOT_TOO_OLD,
  STATUS_STALE_READ,
} from '../../native-layout/status-codes.ts'
import {
  type AbortTrigger,
  PromiseReturnedError,
  TransactionAbortedError,
  TransactionEndedError,
} from '../errors/transaction-errors.ts'
import { commitResult } from './commit-result.ts'
import { commit } from './committing.ts'
import { awaitSafeSnapshot } from './deferring.ts'
import { errorOf, isConflict, statusOf } from './failure.ts'
import { closedMode } from './isolation.ts'
import { ATTEMPTS_BEFORE_TICKET, Priority } from './priority.ts'
import { isPromise, silence } from './promises.ts'
import { openTransaction } from './read-only-transaction.ts'
import type { Session } from './session.ts'
import { Transaction } from './transaction.ts'
import type { TransactPlan } from './transaction-options.ts'
import { backOff } from './waiting.ts'

/** What a body may return: anything but a promise. */
export type Synchronous<R> = R extends PromiseLike<unknown> ? never : R

/** A transaction's body. It may run several times; only the writes of the last run count. */
export type Body<R, T = Transaction> = (tx: T) => Synchronous<R>

/** Times that a body which outlived its snapshot is run again: it will be as slow the next time. */
const TOO_OLD_RETRIES_MAX = 2

/** Attempts between two looks at the clock. */
const ATTEMPTS_A_LOOK = 8

/** Runs a body until it commits. See `Store.transact` for the contract. */
export function transact<R>(session: Session, body: Body<R>, plan: TransactPlan | undefined): R {
  if (plan !== undefined || session.isCareful) return new Retrying(session, body, plan).run()
  const tx = new Transaction(session, session.enter())
  try {
    tx.result = body(tx)
  } catch (error) {
    tx.next = session.left
    session.left = tx
    session.attention = true
    return afterFirst(tx, body).continueAfterThrow(tx, error)
  }
  if (tx.plain === null || isPromise(tx.result)) return afterFirst(tx, body).continueAfterBody(tx)
  const status = commit(tx)
  if (status !== STATUS_OK) return afterFirst(tx, body).continueAfterCommit(tx, status)
  tx.end('committed')
  session.leave(tx.slot)
  return tx.result as R
}

function afterFirst<R>(tx: Transaction, body: Body<R>): Retrying<R> {
  return new Retrying(tx.session, body, undefined)
}

/** Runs a body in a transaction that has begun, and again in others until one commits. */
export function transactFrom<R>(tx: Transaction, body: Body<R>, plan: TransactPlan): R {
  return new Retrying(tx.session, body, plan).run(tx)
}

/** The attempts of one transaction after the first one, or all of them when it has options. */
class Retrying<R> {
  readonly #session: Session
  readonly #body: Body<R>
  readonly #plan: TransactPlan | undefined
  readonly #startedMs = performance.now()
  #attempts = 0
  /** A read was no longer current: from now on it keeps its snapshot, and may be judged. */
  #isStale = false
  #reclaimed = false
  #tooOld = 0
  #lastConflict: unknown
  #priority: Priority | undefined

  constructor(session: Session, body: Body<R>, plan: TransactPlan | undefined) {
    this.#session = session
    this.#body = body
    this.#plan = plan
  }

  /** Runs until it commits or gives up; the first time in a transaction that has begun, if any has. */
  run(begun?: Transaction): R {
    try {
      return this.#run(begun)
    } finally {
      this.#priority?.end()
    }
  }

  #run(begun: Transaction | undefined): R {
    for (let first = begun; ; first = undefined) {
      this.#checkLimits()
      this.#wait()
      if (this.#attempts === 0 && this.#session.development) this.#rehearse(this.#begin())
      const tx = first ?? this.#begin()
      try {
        tx.result = this.#body(tx)
      } catch (error) {
        tx.next = this.#session.left
        this.#session.left = tx
        this.#session.attention = true
        this.#afterThrow(tx, error)
        continue
      }
      if (tx.state !== undefined || isPromise(tx.result)) {
        this.#afterBody(tx)
        continue
      }
      const status = commit(tx)
      if (status === STATUS_OK) {
        this.#priority?.end()
        const committed = this.#plan?.onCommit && commitResult(this.#session, tx.slot, this.#plan)
        this.#end(tx, 'committed')
        if (committed !== undefined) this.#plan?.onCommit?.(committed)
        return tx.result as R
      }
      this.#afterCommit(tx, status)
    }
  }

  continueAfterThrow(tx: Transaction, error: unknown): R {
    this.#afterThrow(tx, error)
    return this.run()
  }

  continueAfterBody(tx: Transaction): R {
    this.#afterBody(tx)
    return this.run()
  }

  continueAfterCommit(tx: Transaction, status: number): R {
    this.#afterCommit(tx, status)
    return this.run()
  }

  /** Waits before an attempt: backs off, or, after many, until it is this transaction's turn. */
  #wait(): void {
    const session = this.#session
    if (this.#attempts < ATTEMPTS_BEFORE_TICKET) {
      backOff(session.arena, this.#attempts)
      return
    }
    this.#priority ??= new Priority(session)
    this.#priority.awaitTurn(this.#attempts, this.#startedMs + this.#timeoutMs)
  }

  #begin(): Transaction {
    const session = this.#session
    const slot = session.enter()
    const tx = openTransaction(session, slot, this.#plan)
    const { kernel } = tx
    const mode = this.#mode()
    if (mode !== session.defaultMode) kernel.begin(slot, mode)
    if (this.#plan?.deferrable === true) awaitSafeSnapshot(session, slot, this.#plan)
    if (this.#plan?.appendOn !== undefined) session.nameAppendColumns(slot, this.#plan.appendOn)
    if (this.#plan?.name !== undefined) {
      kernel.nameSlot(slot, session.names.handleOf(this.#plan.name))
    }
    return tx
  }

  #mode(): number {
    const session = this.#session
    if (this.#isStale || session.staleNames.has(this.#plan?.name)) return this.#closedMode()
    return this.#plan?.mode ?? session.defaultMode
  }

  #closedMode(): number {
    const { defaultMode, serializable } = this.#session
    return this.#plan?.closedMode ?? closedMode(defaultMode, serializable)
  }

  #end(tx: Transaction, state: 'committed' | 'aborted'): void {
    const { kernel, slot } = tx
    if (this.#plan?.name !== undefined) kernel.nameSlot(slot, 0)
    kernel.begin(slot, this.#session.defaultMode)
    tx.end(state)
    this.#session.batches.endLoans(slot)
    this.#session.nameAppendColumns(slot, undefined)
    this.#session.unlink(tx)
    this.#session.leave(slot)
  }

  /** In development the body runs once more than needed, so that side effects show. */
  #rehearse(tx: Transaction): void {
    const { kernel } = this.#session
    try {
      this.#body(tx)
    } catch {
      // The run that counts throws it again.
    }
    kernel.abort(tx.slot, CAUSE_REHEARSAL)
    this.#end(tx, 'aborted')
  }

  #afterThrow(tx: Transaction, error: unknown): void {
    const status = statusOf(tx.failure)
    this.#abort(tx, status === undefined ? CAUSE_ERROR : status - STATUS_FAILURE_FIRST)
    if (status === undefined || !this.#mayRetry(status)) throw error
    this.#noteConflict(status, tx.failure)
  }

  #afterBody(tx: Transaction): void {
    if (tx.state === 'poisoned') {
      const { failure } = tx
      this.#afterThrow(tx, new TransactionEndedError({ end: 'poisoned' }, { cause: failure }))
      return
    }
    this.#abort(tx, CAUSE_ERROR)
    if (isPromise(tx.result)) {
      silence(tx.result)
      throw new PromiseReturnedError({ transaction: this.#plan?.name })
    }
    throw new TransactionEndedError({ end: tx.state ?? 'aborted' })
  }

  #afterCommit(tx: Transaction, status: number): void {
    const error = () => errorOf(this.#session, tx.slot, status)
    if (this.#mayRetry(status)) {
      this.#noteConflict(status, error)
      this.#end(tx, 'aborted')
      return
    }
    const failure = error()
    this.#end(tx, 'aborted')
    if (status === STATUS_ARENA_FULL && !this.#reclaimed) {
      this.#reclaimed = true
      if (this.#session.reclaim()) return
    }
    throw failure
  }

  #abort(tx: Transaction, cause: number): void {
    this.#session.kernel.abort(tx.slot, cause)
    this.#end(tx, 'aborted')
  }

  /** Conflicts are retried as long as the limits allow; a snapshot that grew too old a few times. */
  #mayRetry(status: number): boolean {
    if (status !== STATUS_SNAPSHOT_TOO_OLD) return isConflict(status)
    return ++this.#tooOld <= TOO_OLD_RETRIES_MAX
  }

  #noteConflict(status: number, conflict: unknown): void {
    this.#attempts++
    const helps = status === STATUS_STALE_READ && (this.#closedMode() & MODE_JUDGEABLE) !== 0
    if (helps || status === STATUS_SNAPSHOT_MOVED) {
      this.#isStale = true
      this.#session.staleNames.add(this.#plan?.name)
    }
    if (this.#attempts >= (this.#plan?.maxAttempts ?? Number.POSITIVE_INFINITY)) {
      this.#lastConflict = typeof conflict === 'function' ? conflict() : conflict
    }
  }

  get #timeoutMs(): number {
    return this.#plan?.timeoutMs ?? this.#session.timeoutMs
  }

  #checkLimits(): void {
    const plan = this.#plan
    if (plan?.signal?.aborted) throw this.#givenUp('signal', plan.signal.reason)
    if (this.#attempts >= (plan?.maxAttempts ?? Number.POSITIVE_INFINITY)) {
      throw this.#givenUp('attempts', this.#lastConflict)
    }
    const due = plan?.timeoutMs !== undefined || this.#attempts % ATTEMPTS_A_LOOK === 0
    if (!due || this.#attempts === 0) return
    if (performance.now() - this.#startedMs > this.#timeoutMs)
      throw this.#givenUp('timeout', undefined)
  }

  #givenUp(trigger: AbortTrigger, cause: unknown): TransactionAbortedError {
    return new TransactionAbortedError({ trigger, attempts: this.#attempts }, { cause })
  }
}
