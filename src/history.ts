/** Recording what transactions do, and checking that their isolation level allows it. */

export type { AnomalyClass } from './history/check/anomaly-classes.ts'
export type { Anomaly, CheckOptions, HistoryReport } from './history/check/check-table.ts'
export type { Example, ExampleEdge, ExampleTransaction } from './history/check/explanation.ts'
export { checkHistory, checkHistoryFiles, type FileCheckOptions } from './history/check-history.ts'
export { historyAsEdn } from './history/history-edn.ts'
export type {
  HistoryAttempt,
  HistoryLevel,
  HistoryOperation,
  HistorySink,
} from './history/history-format.ts'
export type { FileReadOptions } from './history/history-reading.ts'
export type { RecordedExplicitTransaction } from './history/recorded-explicit-transaction.ts'
export { type RecordedStore, type RecordOptions, recordHistory } from './history/recorded-store.ts'
export type { RecordedTransaction } from './history/recorded-transaction.ts'
export type { Sealed, ValueEnvelope } from './history/value-envelope.ts'
