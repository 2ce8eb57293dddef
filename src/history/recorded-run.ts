import type { Store } from '../api/store.ts'
import { type CommitResult, commitResult } from '../transaction/commit-result.ts'
import type { Synchronous } from '../transaction/transact.ts'
import type { Transaction } from '../transaction/transaction.ts'
import type { TransactOptions } from '../transaction/transaction-options.ts'
import type { AttemptLog } from './attempt-log.ts'
import { RecordedAccess, RecordedTransaction } from './recorded-transaction.ts'
import type { Recorder } from './recorder.ts'

/** The attempts of one `transact`. */
export class RecordedRun {
  readonly #store: Store
  readonly #recorder: Recorder
  readonly #options: TransactOptions | undefined
  #log: AttemptLog | undefined
  #slot = 0
  #result: CommitResult | undefined
  #committed = false
  /** Before the attempt that comes next takes its snapshot; after what the last one read. */
  #beganNs: number
  #readNs = 0

  constructor(store: Store, recorder: Recorder, options: TransactOptions | undefined) {
    this.#store = store
    this.#recorder = recorder
    this.#options = options
    this.#beganNs = recorder.now()
  }

  run<R>(body: (tx: RecordedTransaction) => Synchronous<R>): R {
    try {
      const result = this.#store.transact<R>((tx) => this.#attempt(tx, body), this.#watched())
      this.#committed = true
      return result
    } finally {
      this.#end()
    }
  }

  #attempt<R>(tx: Transaction, body: (tx: RecordedTransaction) => Synchronous<R>): Synchronous<R> {
    this.#endAborted()
    const log = this.#recorder.begin(this.#options ?? {}, this.#beganNs)
    this.#log = log
    this.#slot = tx.slot
    try {
      return body(new RecordedTransaction(tx, new RecordedAccess(this.#recorder, tx, log)))
    } finally {
      this.#readNs = this.#recorder.now()
      this.#beganNs = this.#readNs
    }
  }

  /**
   * The options with an ear for the commit. No options stay none: they would cost the quick way
   * through `transact`, which recorded transactions should take as others do.
   */
  #watched(): TransactOptions | undefined {
    const options = this.#options
    const onConflict = options?.onConflict ?? this.#store.settings.onConflict
    if (options === undefined && onConflict !== 'ignore') return undefined
    const onCommit = (result: CommitResult): void => {
      this.#committed = true
      this.#result = result
      options?.onCommit?.(result)
    }
    return { ...options, onCommit }
  }

  #end(): void {
    const log = this.#log
    if (!this.#committed || log === undefined) {
      this.#endAborted()
      return
    }
    this.#log = undefined
    const endedNs = this.#recorder.now()
    // The slot keeps the timestamp until this thread begins another transaction.
    const result = this.#result ?? commitResult(this.#store.session, this.#slot, {})
    const ignored = this.#result?.ignored ?? []
    this.#recorder.sink.append(log.committed(endedNs, result.timestamp, ignored))
  }

  #endAborted(): void {
    if (this.#log === undefined) return
    this.#recorder.sink.append(this.#log.aborted(this.#readNs))
    this.#log = undefined
  }
}
