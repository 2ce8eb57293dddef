import type { RecordBatch, Table } from 'apache-arrow'
import { CAUSE_ROLLBACK, STATUS_OK } from '../../native-layout/status-codes.ts'
import type { BatchColumn } from '../arrow/batch-column.ts'
import type { Member } from '../arrow/value-set.ts'
import type { Tabular } from '../values/arrow-codec.ts'
import type { Key } from '../values/key.ts'
import type { KeyRange } from '../values/key-range.ts'
import type { DeepReadonly, Storable, Value } from '../values/value.ts'
import { type CommitResult, commitResult } from './commit-result.ts'
import { commit } from './committing.ts'
import { awaitSafeSnapshot } from './deferring.ts'
import { errorOf } from './failure.ts'
import type { SetOptions } from './merging.ts'
import type { PinnedBatch } from './pinned-batch.ts'
import { openTransaction } from './read-only-transaction.ts'
import type { Ref } from './ref.ts'
import type { AppendOptions, DeleteRowsOptions, UpsertOptions } from './row-changes.ts'
import type { Session } from './session.ts'
import type { Transaction } from './transaction.ts'
import type { TransactPlan } from './transaction-options.ts'

/**
 * A transaction that its owner ends by hand. Use `transact` unless the steps are spread over code
 * that one function cannot hold: this one is not retried. It keeps its snapshot, and with it old
 * versions in memory, until `commit`, `rollback` or the end of its `using` block.
 */
export class ExplicitTransaction implements Disposable {
  readonly #tx: Transaction
  readonly #plan: TransactPlan

  /** @internal */
  constructor(session: Session, plan: TransactPlan) {
    const slot = session.acquireSlot()
    const { kernel } = session.arena
    kernel.begin(slot, plan.mode)
    if (plan.deferrable === true) awaitSafeSnapshot(session, slot, plan)
    this.#plan = plan
    if (plan.name !== undefined) kernel.nameSlot(slot, session.names.handleOf(plan.name))
    session.nameAppendColumns(slot, plan.appendOn)
    this.#tx = openTransaction(session, slot, plan)
    this.id = kernel.nextTransactionId()
  }

  /** Number of this transaction in its store; a fresh store begins with 0. */
  readonly id: number

  /** Whether it can still be used. */
  get isOpen(): boolean {
    return this.#tx.state === undefined
  }

  /** As {@link Transaction.get}. */
  read(key: Key): Value | undefined
  read<T>(ref: Ref<T>): DeepReadonly<T> | undefined
  read<T>(target: Key | Ref<T>): unknown {
    return this.#tx.get(target as Ref<T>)
  }

  /** As {@link Transaction.set}. */
  write(key: Key, value: Storable, options?: SetOptions): void
  write<T>(ref: Ref<T>, value: T | DeepReadonly<T>, options?: SetOptions): void
  write<T>(target: Key | Ref<T>, value: unknown, options?: SetOptions): void {
    this.#tx.set(target as Ref<T>, value as T, options)
  }

  /** As {@link Transaction.add}. */
  add(key: Key, amount: number | bigint): void
  add(ref: Ref<number>, amount: number): void
  add(ref: Ref<bigint>, amount: bigint): void
  add(target: Key | Ref<number> | Ref<bigint>, amount: number | bigint): void {
    this.#tx.add(target as Key, amount)
  }

  /** As {@link Transaction.max}. */
  max(key: Key, value: number | bigint): void
  max(ref: Ref<number>, value: number): void
  max(ref: Ref<bigint>, value: bigint): void
  max(target: Key | Ref<number> | Ref<bigint>, value: number | bigint): void {
    this.#tx.max(target as Key, value)
  }

  /** As {@link Transaction.min}. */
  min(key: Key, value: number | bigint): void
  min(ref: Ref<number>, value: number): void
  min(ref: Ref<bigint>, value: bigint): void
  min(target: Key | Ref<number> | Ref<bigint>, value: number | bigint): void {
    this.#tx.min(target as Key, value)
  }

  /** As {@link Transaction.delete}. */
  delete(target: Key | Ref<unknown>): boolean {
    return this.#tx.delete(target)
  }

  /** As {@link Transaction.append}. */
  append(target: Key | Ref<RecordBatch>, rows: Tabular, options?: AppendOptions): void {
    this.#tx.append(target, rows, options)
  }

  /** As {@link Transaction.upsert}. */
  upsert(target: Key | Ref<RecordBatch>, rows: Tabular, options?: UpsertOptions): void {
    this.#tx.upsert(target, rows, options)
  }

  /** As {@link Transaction.union}. */
  union(target: Key | Ref<RecordBatch>, members: Iterable<Member>): void {
    this.#tx.union(target, members)
  }

  /** As {@link Transaction.members}. */
  members(target: Key | Ref<RecordBatch>): Set<Member> | undefined {
    return this.#tx.members(target)
  }

  /** As {@link Transaction.deleteRows}. */
  deleteRows(
    target: Key | Ref<RecordBatch>,
    keys: Tabular | readonly unknown[],
    options?: DeleteRowsOptions,
  ): void {
    this.#tx.deleteRows(target, keys, options)
  }

  /** As {@link Transaction.pin}. */
  pin(target: Key | Ref<RecordBatch>): PinnedBatch | undefined {
    return this.#tx.pin(target)
  }

  /** As {@link Transaction.table}. */
  table(target: Key | Ref<RecordBatch>): Table | undefined {
    return this.#tx.table(target)
  }

  /** As {@link Transaction.column}. */
  column(target: Key | Ref<RecordBatch>, name: string): BatchColumn | undefined {
    return this.#tx.column(target, name)
  }

  /** As {@link Transaction.scan}. */
  scan(range?: KeyRange): IterableIterator<[Key, Value]> {
    return this.#tx.scan(range)
  }

  /** As {@link Transaction.keys}. */
  keys(range?: KeyRange): IterableIterator<Key> {
    return this.#tx.keys(range)
  }

  /** As {@link Transaction.count}. */
  count(range?: KeyRange): number {
    return this.#tx.count(range)
  }

  /** As {@link Transaction.scanInto}. */
  scanInto(range: KeyRange | undefined, values: Float64Array, keys?: Key[]): number {
    return this.#tx.scanInto(range, values, keys)
  }

  /**
   * Makes the writes visible, all at once.
   *
   * @throws {TransactionConflictError} when another transaction got in between. Nothing was
   * committed; a new transaction may succeed.
   * @throws {TransactionEndedError} when it has ended, or an error of it was caught (poisoned).
   */
  commit(): CommitResult {
    const tx = this.#tx
    if (tx.state === 'poisoned') this.#abandon()
    tx.assertOpen()
    const { session, slot } = tx
    const status = commit(tx)
    const outcome =
      status === STATUS_OK
        ? commitResult(session, slot, this.#plan)
        : errorOf(session, slot, status)
    tx.end(status === STATUS_OK ? 'committed' : 'aborted')
    this.#release()
    if (outcome instanceof Error) throw outcome
    return outcome
  }

  /** Ends the transaction without its writes. Does nothing when it has ended already. */
  rollback(): void {
    const { session } = this.#tx
    if (session.left === this.#tx) session.settleLeft()
    if (this.#tx.state === 'poisoned') this.#abandon()
    if (this.#tx.state !== undefined) return
    this.#tx.end('rolled-back')
    this.#tx.session.arena.kernel.abort(this.#tx.slot, CAUSE_ROLLBACK)
    this.#release()
  }

  /** Rolls back unless it was committed. */
  [Symbol.dispose](): void {
    this.rollback()
  }

  #abandoned = false

  /** Gives back what a poisoned transaction holds, once; it stays poisoned. */
  #abandon(): void {
    if (this.#abandoned) return
    this.#abandoned = true
    this.#tx.session.arena.kernel.abort(this.#tx.slot, CAUSE_ROLLBACK)
    this.#release()
  }

  #release(): void {
    const { session, slot } = this.#tx
    if (this.#plan.name !== undefined) session.arena.kernel.nameSlot(slot, 0)
    session.arena.kernel.begin(slot, session.defaultMode)
    session.batches.endLoans(slot)
    session.nameAppendColumns(slot, undefined)
    session.releaseSlot(slot)
  }
}
