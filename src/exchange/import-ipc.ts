import { setImmediate as nextTurn } from 'node:timers/promises'
import { type RecordBatch, Table } from 'apache-arrow'
import type { Store } from '../api/store.ts'
import { IpcError } from '../errors/ipc-errors.ts'
import type { Key } from '../values/key.ts'
import { checkOptions, type ExchangeOptions, type IpcProgress } from './exchange-options.ts'
import { type DecodedBatch, decodeBatches } from './ipc-decoding.ts'
import { isFileStart, messagesOfFile, messagesOfStream } from './ipc-message.ts'
import { type IpcSource, type OpenSource, openSource, randomBytesOf } from './ipc-source.ts'

/** What `importIpc` takes. */
export interface ImportOptions extends ExchangeOptions {
  /**
   * Whether what comes takes the place of the value, all of it in one commit at the end. It is kept in
   * memory of this thread until then. Default: false, each batch is added to the value in a commit.
   */
  readonly replace?: boolean | undefined
  /** As in `tx.append`: for rows that are added. Default: false. */
  readonly widen?: boolean | undefined
  /**
   * Whether a stream may end without its end mark. The format allows that, but one that was cut off between
   * two batches looks the same. Default: false.
   */
  readonly openEnd?: boolean | undefined
}

const NAMES: readonly string[] = [
  'format',
  'signal',
  'onProgress',
  'replace',
  'widen',
  'openEnd',
] satisfies (keyof ImportOptions)[]

/** Where batches go. */
interface Sink {
  take(batch: RecordBatch): void
  finish(): void
}

/**
 * Reads Arrow IPC into the batch of a key. Batch by batch, each in a transaction of its own, as
 * `tx.append`: others see the rows come in, and this thread never holds more than one message. With `replace`
 * others see the old value until they see all of the new one. Stream or file is told by the first bytes;
 * of a file that comes as a stream all bytes are kept, since its end says how to read it.
 *
 * The source is read only as fast as batches are committed, and closed at the end. What follows the end mark
 * of a stream is not read. Waits for the source without blocking; each commit blocks as transactions do.
 *
 * @param source a path, a URL of a file, bytes, a Readable, or anything that gives Uint8Arrays.
 * @throws {IpcError} when it is no sound Arrow IPC, or cannot be read. Rows that were added before stay, and
 * `rows` of the error counts them; nothing changes with `replace`. A retry does not help.
 * @throws {ValueNotAcceptableError} when its schema is another one than that of the batch, or values of it
 * are not sound; {@link ArenaFullError}. Rows before stay, as `onProgress` has told.
 * @throws {InvalidOptionError} and the reason of `signal`.
 * @example
 * const { rows } = await importIpc(store, 'flights', 'flights.arrow', { replace: true })
 */
export async function importIpc(
  store: Store,
  key: Key,
  source: IpcSource,
  options: ImportOptions = {},
): Promise<IpcProgress> {
  checkOptions(options, NAMES)
  const { replace = false, widen = false, signal } = options
  signal?.throwIfAborted()
  const opened = await openSource(source, signal)
  let progress: IpcProgress = { rows: 0, batches: 0, bytes: 0 }
  try {
    const sink = replace ? replacing(store, key) : adding(store, key, widen)
    for await (const decoded of batchesOf(opened, options)) {
      signal?.throwIfAborted()
      sink.take(decoded.batch)
      progress = advanced(progress, decoded)
      options.onProgress?.(progress)
      // Bytes that are there already would keep the loop of events from turning.
      await nextTurn()
    }
    signal?.throwIfAborted()
    sink.finish()
    return progress
  } catch (error) {
    const { rows } = progress
    if (error instanceof IpcError && !replace && rows > 0) {
      throw new IpcError({ ...error, rows }, { cause: error.cause })
    }
    throw error
  } finally {
    await opened.close()
  }
}

async function* batchesOf(
  opened: OpenSource,
  { format, openEnd = false }: ImportOptions,
): AsyncGenerator<DecodedBatch> {
  const { place, reader, random } = opened
  const isFile = isFileStart(await reader.peek(8))
  if (format !== undefined && isFile !== (format === 'file')) {
    const why = isFile ? 'it is a file, not a stream' : 'it does not begin as a file does'
    throw new IpcError({ fault: 'foreign', place, offset: 0, why })
  }
  if (!isFile) return yield* decodeBatches(place, messagesOfStream(opened, openEnd))
  const bytes = random ?? randomBytesOf(await reader.rest())
  yield* decodeBatches(place, messagesOfFile(place, bytes))
}

function advanced(progress: IpcProgress, { batch, bytesRead }: DecodedBatch): IpcProgress {
  const { rows, batches } = progress
  return { rows: rows + batch.numRows, batches: batches + 1, bytes: bytesRead }
}

function adding(store: Store, key: Key, widen: boolean): Sink {
  let isFirst = true
  const take = (batch: RecordBatch): void => {
    // The first one says what the schema is, even if it has no rows.
    if (isFirst || batch.numRows > 0) store.transact((tx) => tx.append(key, batch, { widen }))
    isFirst = false
  }
  return { take, finish: () => undefined }
}

function replacing(store: Store, key: Key): Sink {
  const batches: RecordBatch[] = []
  const take = (batch: RecordBatch): void => {
    batches.push(batch)
  }
  return { take, finish: () => store.transact((tx) => tx.set(key, new Table(batches))) }
}
