/** Parallel software transactional memory for Node.js worker threads. */

export { attach } from './api/attach.ts'
export {
  type JobInput,
  type JobModule,
  type JobResult,
  Khonsu,
  type RunOptions,
} from './api/khonsu.ts'
export type { HorizonHolder, MemoryClass, Stats } from './api/stats.ts'
export { Store } from './api/store.ts'
export type { StoreHandle } from './api/store-handle.ts'
export type { KhonsuOptions, StoreSettings } from './api/store-options.ts'
export type { BatchColumn, ColumnValues } from './arrow/batch-column.ts'
export type { Member } from './arrow/value-set.ts'
export type { CoordinatorReport } from './coordinator/coordinator.ts'
export {
  ArenaCorruptError,
  ArenaFullError,
  LayoutMismatchError,
  PinLimitError,
  PinReleasedError,
  SlotLimitError,
  ThreadLimitError,
} from './errors/arena-errors.ts'
export {
  type ConflictReason,
  SnapshotTooOldError,
  TransactionConflictError,
} from './errors/conflict-errors.ts'
export {
  KeyNotAcceptableError,
  UpdateRefusedError,
  ValueNotAcceptableError,
} from './errors/data-errors.ts'
export { decodeError, type EncodedError, encodeError } from './errors/error-encoding.ts'
export { type HistoryFault, HistoryFileError } from './errors/history-errors.ts'
export { IpcError, type IpcFault } from './errors/ipc-errors.ts'
export { KhonsuError, type KhonsuErrorCode } from './errors/khonsu-error.ts'
export {
  InvalidOptionError,
  StoreClosedError,
  UnsupportedRuntimeError,
  WorkerLostError,
} from './errors/store-errors.ts'
export {
  PromiseReturnedError,
  ReadOnlyTransactionError,
  TransactionAbortedError,
  TransactionEndedError,
  TransactionTooLargeError,
} from './errors/transaction-errors.ts'
export type { CommitResult } from './transaction/commit-result.ts'
export type { ExplicitTransaction } from './transaction/explicit-transaction.ts'
export type { AbortCause } from './transaction/failure.ts'
export type { ConflictMode, IsolationLevel, SerializableMode } from './transaction/isolation.ts'
export type { KeyColumns } from './transaction/key-columns.ts'
export type { Merge } from './transaction/merge-table.ts'
export type { SetOptions } from './transaction/merging.ts'
export type { BatchHandle, PinnedBatch } from './transaction/pinned-batch.ts'
export type { ReadOnlyTransaction } from './transaction/read-only-transaction.ts'
export type { Ref } from './transaction/ref.ts'
export type { RefList } from './transaction/ref-list.ts'
export type {
  AppendOptions,
  DeleteRowsOptions,
  UpsertOptions,
} from './transaction/row-changes.ts'
export type { Body, Synchronous } from './transaction/transact.ts'
export type { Transaction } from './transaction/transaction.ts'
export type {
  DeferrableOptions,
  ReadOnlyOptions,
  TransactionOptions,
  TransactOptions,
} from './transaction/transaction-options.ts'
export type { Tabular } from './values/arrow-codec.ts'
export type { Codec, RecordCodec, RecordView, ValueCodec } from './values/codec.ts'
export type { Key, KeyElement } from './values/key.ts'
export type { KeyRange } from './values/key-range.ts'
export { type RecordOf, record } from './values/record-codec.ts'
export type { DeepReadonly, Json, JsonObject, Storable, Value } from './values/value.ts'
