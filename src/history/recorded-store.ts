import { randomUUID } from 'node:crypto'
import { threadId } from 'node:worker_threads'
import type { Store } from '../api/store.ts'
import { InvalidOptionError } from '../errors/store-errors.ts'
import type { Ref } from '../transaction/ref.ts'
import type { RefList } from '../transaction/ref-list.ts'
import type { Synchronous } from '../transaction/transact.ts'
import type { TransactionOptions, TransactOptions } from '../transaction/transaction-options.ts'
import type { Codec } from '../values/codec.ts'
import type { Key } from '../values/key.ts'
import type { Value } from '../values/value.ts'
import { HistoryFile } from './history-file.ts'
import {
  FORMAT_NAME,
  FORMAT_VERSION,
  type HistoryHeader,
  type HistorySink,
} from './history-format.ts'
import { promisedLevel } from './promised-level.ts'
import { RecordedExplicitTransaction } from './recorded-explicit-transaction.ts'
import { RecordedRun } from './recorded-run.ts'
import type { RecordedTransaction } from './recorded-transaction.ts'
import { Recorder } from './recorder.ts'
import { sealedCodec } from './sealed-codec.ts'
import { JSON_ENVELOPE, type ValueEnvelope } from './value-envelope.ts'

/** Where a recorder writes, and how values carry their versions. */
export interface RecordOptions {
  /** Path of a file, which is made or replaced. Each recorder needs one of its own. */
  readonly file?: string
  /** Takes the attempts instead of a file. */
  readonly sink?: HistorySink
  /** Default: each value is kept as JSON beside its version. All recorders of a store use one. */
  readonly envelope?: ValueEnvelope
}

/** Key under which the recorders of a store agree on the name of their run. */
const RUN_KEY: Key = ['khonsu', 'history', 'run']

/**
 * Records what the transactions of this thread on a store read and write. Use the result in place of
 * the store, and close it before the thread ends. Every thread records for itself: the files of one
 * run are checked together, by `checkHistoryFiles` or `khonsu check`.
 *
 * Transactions behave as without it, but each value is stored with the id of its version, so read
 * recorded keys through a recorder only. The store gets one key of the recorder's own.
 *
 * @throws {HistoryFileError} when the file cannot be made.
 * @throws {InvalidOptionError} unless there is either `file` or `sink`.
 * @example
 * const recorded = recordHistory(attach(), { file: `history-${threadId}.ndjson` })
 * recorded.transact((tx) => tx.update('visits', (old) => Number(old ?? 0) + 1))
 * recorded.close()
 */
export function recordHistory(store: Store, options: RecordOptions): RecordedStore {
  const { file, sink, envelope = JSON_ENVELOPE } = options
  if ((file === undefined) === (sink === undefined)) {
    const accepted = 'either the path of a file, or sink'
    throw new InvalidOptionError({ option: 'file', given: file, accepted })
  }
  const clockNs = process.hrtime.bigint()
  const { settings } = store
  if (sink !== undefined) {
    return new RecordedStore(store, new Recorder(settings, sink, envelope, clockNs))
  }
  const header: HistoryHeader = {
    format: FORMAT_NAME,
    version: FORMAT_VERSION,
    run: runOf(store),
    thread: threadId,
    isolation: promisedLevel(settings.isolation, settings),
    onConflict: settings.onConflict,
    clockNs: String(clockNs),
  }
  const written = new HistoryFile(file as string, header)
  return new RecordedStore(store, new Recorder(settings, written, envelope, clockNs))
}

function runOf(store: Store): string {
  return store.transact((tx) => {
    const known = tx.get(RUN_KEY)
    if (typeof known === 'string') return known
    const run = randomUUID()
    tx.set(RUN_KEY, run)
    return run
  })
}

/** A store whose transactions are written down. Made by `recordHistory`. */
export class RecordedStore implements Disposable {
  readonly store: Store
  readonly #recorder: Recorder
  readonly #open = new Set<RecordedExplicitTransaction>()
  #closed = false

  /** @internal */
  constructor(store: Store, recorder: Recorder) {
    this.store = store
    this.#recorder = recorder
  }

  /** As `Store.transact`; every attempt is recorded. */
  transact<R>(body: (tx: RecordedTransaction) => Synchronous<R>, options?: TransactOptions): R {
    this.#recorder.sink.prepare()
    return new RecordedRun(this.store, this.#recorder, options).run(body)
  }

  /** As `Store.startTransaction`. One that is still open when the recorder closes is rolled back. */
  startTransaction(options: TransactionOptions = {}): RecordedExplicitTransaction {
    const recorder = this.#recorder
    recorder.sink.prepare()
    const log = recorder.begin(options, recorder.now())
    const plain = this.store.startTransaction(options)
    const transaction = new RecordedExplicitTransaction(recorder, plain, log, () =>
      this.#open.delete(transaction),
    )
    this.#open.add(transaction)
    return transaction
  }

  /** As `Store.ref`. A record gets two fields more, for its version. */
  ref<T = Value>(key: Key, codec?: Codec<T>, initial?: T): Ref<T> {
    return this.store.ref<T>(key, sealedCodec(this.#recorder, key, codec), initial)
  }

  /** As `Store.refs`. */
  refs(keys: readonly Key[]): RefList {
    return this.store.refs(keys)
  }

  /**
   * Ends the recording: without this the file lacks its end. The store stays open.
   * @throws {HistoryFileError} when the file could not be written to its end.
   */
  close(): void {
    if (this.#closed) return
    this.#closed = true
    for (const transaction of [...this.#open]) transaction.rollback()
    this.#recorder.sink.close()
  }

  [Symbol.dispose](): void {
    this.close()
  }
}
