import { InvalidOptionError } from '../errors/store-errors.ts'
import type { Arena } from '../memory/arena.ts'
import { ExplicitTransaction } from '../transaction/explicit-transaction.ts'
import type { AnyMerge, Merge } from '../transaction/merge-table.ts'
import { type BatchHandle, openHandle, type PinnedBatch } from '../transaction/pinned-batch.ts'
import type { ReadOnlyTransaction } from '../transaction/read-only-transaction.ts'
import type { Ref } from '../transaction/ref.ts'
import { RefList } from '../transaction/ref-list.ts'
import type { Session } from '../transaction/session.ts'
import { type Body, transact } from '../transaction/transact.ts'
import { transactDeferrable } from '../transaction/transact-deferrable.ts'
import {
  type DeferrableOptions,
  planExplicit,
  planTransaction,
  type ReadOnlyOptions,
  type TransactionOptions,
  type TransactOptions,
} from '../transaction/transaction-options.ts'
import type { Codec } from '../values/codec.ts'
import type { Key } from '../values/key.ts'
import type { Value } from '../values/value.ts'
import { collectStats, type Stats } from './stats.ts'
import type { StoreSettings } from './store-options.ts'
import { sessionOf } from './store-session.ts'

/**
 * A store as one thread sees it. The same synchronous calls on the main thread and in workers.
 * Made by `Khonsu.open` in one thread and by `attach` in the others.
 */
export class Store implements Disposable {
  /** @internal */
  readonly session: Session
  /** @internal */
  readonly settings: StoreSettings

  /** @internal */
  constructor(arena: Arena, settings: StoreSettings) {
    this.settings = settings
    this.session = sessionOf(arena, settings)
  }

  /**
   * Runs `body` as one transaction and returns what it returns. Everything the body reads is
   * consistent, everything it writes becomes visible at once or not at all. When another transaction
   * gets in between, the body runs again: it must have no side effects but through `tx`. Blocks this
   * thread for as long as that takes. A body may open further transactions; they are independent.
   *
   * One that was aborted 16 times gets a turn: the others hold back before they commit, for at most 20 ms.
   * Each other thread can abort it once more at most, if its body is so quick that all these runs fit
   * into that time. ARCHITECTURE.md, "Fairness", says when that does not hold: most of all beside
   * transactions that put new keys into a range that it scans.
   *
   * @throws what the body throws; nothing is committed then.
   * @throws {TransactionAbortedError} by `maxAttempts`, `timeoutMs` or `signal`.
   * @throws {PromiseReturnedError} when the body returns a promise: bodies are synchronous.
   * @throws {ArenaFullError} {@link StoreClosedError}
   * @example
   * const left = store.transact((tx) => {
   *   const balance = tx.update('alice', (old) => Number(old ?? 0) - 10)
   *   tx.update('bob', (old) => Number(old ?? 0) + 10)
   *   return balance
   * })
   */
  transact<R>(body: Body<R, ReadOnlyTransaction>, options: ReadOnlyOptions): R
  transact<R>(body: Body<R>, options?: TransactOptions): R
  transact<R>(body: Body<R, never>, options?: TransactOptions): R {
    const plan = options === undefined ? undefined : planTransaction(options, this.settings)
    return transact(this.session, body as Body<R>, plan)
  }

  /**
   * Runs `body`, which reads only, as one serializable transaction on a safe snapshot: one that no
   * transaction that is still open can turn out to belong before. Then it never conflicts, disturbs
   * nobody, and its body runs once. Waits for such a snapshot, at most `deferMs`, while this
   * thread goes on with other things; the body itself is synchronous. After `deferMs` it runs like any
   * other with `readOnly`, and `onCommit` gets a result that is not `safe`.
   *
   * @throws what `transact` throws, and {@link ReadOnlyTransactionError} on a write.
   * @example
   * const total = await store.transactDeferrable((tx) => Number(tx.get('alice')) + Number(tx.get('bob')))
   */
  async transactDeferrable<R>(
    body: Body<R, ReadOnlyTransaction>,
    options: DeferrableOptions = {},
  ): Promise<R> {
    const plan = planTransaction({ ...options, deferrable: true }, this.settings)
    return transactDeferrable(this.session, body as Body<R>, plan)
  }

  /**
   * Opens a transaction that the caller ends. Use `transact` where one function can hold the steps.
   *
   * @throws {StoreClosedError} {@link SlotLimitError} {@link ArenaFullError}
   * @example
   * using transaction = store.startTransaction({ isolation: 'repeatable-read' })
   * transaction.write('greeting', 'hello')
   * const { timestamp } = transaction.commit()
   */
  startTransaction(options: TransactionOptions = {}): ExplicitTransaction {
    return new ExplicitTransaction(this.session, planExplicit(options, this.settings))
  }

  /**
   * Returns a typed handle of a key for this thread, which saves the look-up at each access. Without
   * a codec it holds plain values; `record()` makes codecs for fixed sets of numbers. With
   * `initial`, reads give that while the key has no value.
   *
   * @throws {KeyNotAcceptableError} {@link ArenaFullError} {@link StoreClosedError}
   * @example
   * const visits = store.ref<number>('visits')
   * store.transact((tx) => tx.update(visits, (count = 0) => count + 1))
   */
  ref<T = Value>(key: Key, codec?: Codec<T>, initial?: T): Ref<T> {
    if (codec !== undefined && (typeof codec !== 'object' || codec === null)) {
      throw new InvalidOptionError({
        option: 'codec',
        given: codec,
        accepted: 'undefined, a codec made by record(), or an object with encode and decode',
      })
    }
    return this.session.ref(key, codec, initial)
  }

  /**
   * Returns one handle for many keys, addressed by their index in `tx.getAt` and `tx.setAt`: for
   * thousands of keys with plain values. Errors as in `ref`.
   *
   * @example
   * const cells = store.refs(['a', 'b', 'c'])
   * store.transact((tx) => tx.setAt(cells, 2, 1))
   */
  refs(keys: readonly Key[]): RefList {
    this.session.assertOpen()
    return new RefList(this.session, keys)
  }

  /**
   * Names a merge in this thread: `tx.set(key, value, { merge: name })` then has a write that meets what
   * another transaction has committed since be merged with it, instead of a conflict. Functions cannot
   * be shared: each thread whose transactions name it defines it, the modules of jobs where they begin.
   *
   * At the commit, and with nothing locked, it gets `base`, the value before the write was made, `theirs`,
   * which is committed now, and `mine`; what it returns is written if nobody comes in between again, for 16
   * rounds at most. Then it is an ordinary conflict. What it throws ends the transaction. A key that the
   * transaction has read at `serializable` conflicts all the same. docs/conflicts.md says what that means
   * for serializability: the function is trusted.
   *
   * @throws {InvalidOptionError} when this thread has given the name to another function.
   * @example
   * type Profile = { readonly mail: string; readonly phone: string }
   * store.defineMerge<Profile>('fields', (base, theirs, mine) => ({
   *   mail: (mine?.mail === base?.mail ? theirs?.mail : mine?.mail) ?? '',
   *   phone: (mine?.phone === base?.phone ? theirs?.phone : mine?.phone) ?? '',
   * }))
   * store.transact((tx) => tx.set('ada', { mail: 'ada@example.org', phone: '1' }, { merge: 'fields' }))
   */
  defineMerge<T = Value>(name: string, merge: Merge<T>): void {
    this.session.merges.define(name, merge as AnyMerge)
  }

  /**
   * Pins the batch that a handle names, in this thread; undefined when that version is gone: nobody had it
   * pinned, and its key has another value by now.
   *
   * @throws {InvalidOptionError} when it is no handle, or one of another store. A retry does not help.
   * @throws {PinLimitError} A retry helps after pins were released. {@link StoreClosedError}
   * @example
   * parentPort?.on('message', (handle: BatchHandle) => {
   *   using pinned = store.openBatch(handle)
   *   console.log(pinned?.batch.numRows)
   * })
   */
  openBatch(handle: BatchHandle): PinnedBatch | undefined {
    return openHandle(this.session, handle)
  }

  /**
   * Counters of all threads since the store was opened, memory by class, chain lengths, and who
   * holds the horizon. Counters of running threads may be a few transactions late.
   */
  stats(): Stats {
    this.session.assertOpen()
    return collectStats(this.session)
  }

  /** Ends this thread's use of the store. Calls after it throw {@link StoreClosedError}. */
  close(): void | Promise<void> {
    this.session.close()
  }

  [Symbol.dispose](): void {
    this.close()
  }
}
