import { EdnTransactions } from './edn/edn-transactions.ts'
import { type FileReadOptions, readHistoryFiles } from './history-reading.ts'

const CHUNK_LENGTH = 1 << 16

/**
 * The history of one run as EDN, which Elle reads: as `elle.list-append` when it is one of lists, else
 * as `elle.rw-register`. Every attempt is invoked when it began, and is `:ok` or `:fail` when it ended;
 * what was read and nobody wrote is invoked at the start, and ends as `:info`. Pieces of some ten KiB,
 * to be joined; the next one is made when it is asked for.
 *
 * @throws {HistoryFileError} as `checkHistoryFiles`, and when the history has deletions, or lists beside
 * single values, which Elle does not know. A retry does not help. Also the reason of `signal`.
 * @example
 * await writeFile('history.edn', historyAsEdn(['history-1.ndjson', 'history-2.ndjson']))
 */
export async function* historyAsEdn(
  files: readonly string[],
  options: FileReadOptions = {},
): AsyncGenerator<string> {
  const { table } = await readHistoryFiles(files, options)
  let chunk = ''
  for (const line of new EdnTransactions(table).lines()) {
    chunk += line
    if (chunk.length < CHUNK_LENGTH) continue
    yield chunk
    options.signal?.throwIfAborted()
    chunk = ''
  }
  yield chunk
}
