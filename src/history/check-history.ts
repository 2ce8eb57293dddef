import { setImmediate } from 'node:timers/promises'
import { type CheckOptions, checkTable, type HistoryReport } from './check/check-table.ts'
import { HistoryTable } from './check/history-table.ts'
import type { HistoryAttempt, HistoryLevel } from './history-format.ts'
import { type FileReadOptions, readHistoryFiles } from './history-reading.ts'

/** How to read and judge the files of a history. */
export interface FileCheckOptions extends CheckOptions, FileReadOptions {}

/**
 * Reads the files of one run, streaming, and says what anomalies they show and which of these the
 * level does not allow. Give the files of all threads: a value whose writer is in none is an anomaly,
 * unless `partial` says that parts may be missing.
 *
 * @throws {HistoryFileError} when a file cannot be read, is damaged, ends early or is of another run.
 * A retry does not help. Also the reason of `signal`.
 * @example
 * const report = await checkHistoryFiles(['history-1.ndjson', 'history-2.ndjson'])
 * if (!report.passed) console.log(report.anomalies)
 */
export async function checkHistoryFiles(
  files: readonly string[],
  options: FileCheckOptions = {},
): Promise<HistoryReport> {
  const { signal, onProgress } = options
  const { table, bytesRead } = await readHistoryFiles(files, options)
  const check = checkTable(table, options)
  for (;;) {
    const { done, value } = check.next()
    if (done) return value
    onProgress?.(value, bytesRead)
    await setImmediate()
    signal?.throwIfAborted()
  }
}

/**
 * Says what anomalies attempts show that a program has in memory. As `checkHistoryFiles`, at once.
 *
 * @param level the level of attempts that name none.
 * @throws {HistoryFileError} when a version was written twice.
 * @example
 * const report = checkHistory(attempts, 'serializable')
 */
export function checkHistory(
  attempts: Iterable<HistoryAttempt>,
  level: HistoryLevel,
  options: CheckOptions = {},
): HistoryReport {
  const table = new HistoryTable()
  for (const attempt of attempts) table.add(attempt, { isolation: level, onConflict: 'fail' })
  const check = checkTable(table, options)
  for (;;) {
    const { done, value } = check.next()
    if (done) return value
  }
}
