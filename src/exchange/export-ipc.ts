import { pipeline } from 'node:stream/promises'
import { setImmediate as nextTurn } from 'node:timers/promises'
import type { RecordBatch } from 'apache-arrow'
import type { Store } from '../api/store.ts'
import { IpcError } from '../errors/ipc-errors.ts'
import { InvalidOptionError } from '../errors/store-errors.ts'
import type { PinnedBatch } from '../transaction/pinned-batch.ts'
import type { Key } from '../values/key.ts'
import {
  checkOptions,
  type ExchangeOptions,
  type IpcFormat,
  type IpcProgress,
} from './exchange-options.ts'
import { isOfSystem, replaceIpcFile, unwritable } from './file-replacement.ts'
import { IpcEncoder, slicesOf } from './ipc-encoding.ts'

/** Where Arrow IPC goes: a path, a URL of a file, or a stream, such as a Writable or a response of HTTP. */
export type IpcTarget = string | URL | NodeJS.WritableStream

/** What `exportIpc` takes. */
export interface ExportOptions extends ExchangeOptions {
  /** Rows of each batch that is written. Default: as many as have about 8 MiB. */
  readonly rowsPerBatch?: number | undefined
  /** Whether a stream is ended when all is written. Default: true. */
  readonly end?: boolean | undefined
}

/** What `ipcBytes` takes. */
export interface BytesOptions {
  /** Default: `stream`. */
  readonly format?: IpcFormat | undefined
}

const NAMES: readonly string[] = [
  'format',
  'signal',
  'onProgress',
  'rowsPerBatch',
  'end',
] satisfies (keyof ExportOptions)[]

/**
 * Writes the batch of a key as Arrow IPC: one version of it, whatever becomes of the key meanwhile. It is
 * pinned, so transactions of others go on, and this thread is blocked only for one part of it at a time.
 *
 * A file is written completely or not at all: beside its place first, synchronised, and then renamed. A
 * stream gets as much as it takes at a time; it is ended, or destroyed when the export fails.
 *
 * @param target a path, a URL of a file, or a stream. Without a `format`, paths become files of Arrow IPC,
 * unless they end in `.arrows`, and streams get streams.
 * @throws {IpcError} when the key has no value, apache-arrow cannot write it, or the target refuses. A file that was there is as it was.
 * @throws {ValueNotAcceptableError} when the key holds something else than a batch.
 * @throws {PinReleasedError} when it takes longer than `maxSnapshotAgeMs`: then export from `tx.copy`.
 * @throws {PinLimitError} {@link InvalidOptionError} and the reason of `signal`.
 * @example
 * await exportIpc(store, 'flights', 'flights.arrow')
 */
export async function exportIpc(
  store: Store,
  key: Key,
  target: IpcTarget,
  options: ExportOptions = {},
): Promise<IpcProgress> {
  checkOptions(options, NAMES)
  const { signal, end = true, rowsPerBatch, onProgress } = options
  const format = options.format ?? usualFormat(target)
  signal?.throwIfAborted()
  const pinned = store.transact((tx) => tx.pin(key), { readOnly: true }) ?? missing(key)
  let progress: IpcProgress = { rows: 0, batches: 0, bytes: 0 }
  const advance = (rows: number, batches: number, bytes: number): void => {
    progress = {
      rows: progress.rows + rows,
      batches: progress.batches + batches,
      bytes: progress.bytes + bytes,
    }
    onProgress?.(progress)
  }
  try {
    const pieces = piecesOf(pinned, { format, rowsPerBatch, signal, advance })
    if (isStream(target)) await writeStream(target, pieces, signal, end)
    else await replaceIpcFile(target, pieces)
    return progress
  } finally {
    pinned.release()
  }
}

/**
 * The batch of a key as bytes of Arrow IPC, all at once: of one version, in memory of this thread. Blocks for
 * as long as that takes; can be called in any thread.
 *
 * @throws {IpcError} when the key has no value, or apache-arrow cannot write it.
 * @throws {ValueNotAcceptableError} when it holds something else. {@link InvalidOptionError}
 * @example
 * response.end(ipcBytes(store, 'flights'))
 */
export function ipcBytes(store: Store, key: Key, options: BytesOptions = {}): Uint8Array {
  checkOptions(options, ['format'])
  const { format = 'stream' } = options
  return store.transact(
    (tx) => {
      const [batch, ...others] = tx.table(key)?.batches ?? missing(key)
      // Chunks of one value may have dictionaries of their own, which files cannot have.
      const whole = (others.length === 0 ? batch : tx.copy(key)) as RecordBatch
      const encoder = new IpcEncoder(format, whole.schema)
      return Buffer.concat([encoder.encode(whole), encoder.finish()])
    },
    { readOnly: true },
  )
}

interface Cutting {
  readonly format: IpcFormat
  readonly rowsPerBatch: number | undefined
  readonly signal: AbortSignal | undefined
  /** Called when so many more rows, batches and bytes were taken. */
  readonly advance: (rows: number, batches: number, bytes: number) => void
}

async function* piecesOf(
  pinned: PinnedBatch,
  { format, rowsPerBatch, signal, advance }: Cutting,
): AsyncGenerator<Uint8Array> {
  const { batch } = pinned
  const encoder = new IpcEncoder(format, batch.schema)
  for (const slice of slicesOf(batch, rowsPerBatch)) {
    const bytes = whileHeld(pinned, () => encoder.encode(slice))
    yield bytes
    advance(slice.numRows, 1, bytes.length)
    await nextTurn()
    signal?.throwIfAborted()
  }
  const end = encoder.finish()
  yield end
  advance(0, 0, end.length)
}

/** What is read after a pin was lost may be anything. */
function whileHeld<R>(pinned: PinnedBatch, action: () => R): R {
  try {
    return action()
  } finally {
    // Asking for the batch throws when it is gone.
    void pinned.batch
  }
}

async function writeStream(
  stream: NodeJS.WritableStream,
  pieces: AsyncIterable<Uint8Array>,
  signal: AbortSignal | undefined,
  end: boolean,
): Promise<void> {
  try {
    await pipeline(pieces, stream, { end, ...(signal && { signal }) })
  } catch (cause) {
    signal?.throwIfAborted()
    throw isOfSystem(cause) ? unwritable('the stream', cause) : cause
  }
}

function isStream(target: unknown): target is NodeJS.WritableStream {
  if (typeof target !== 'object' || target === null) return false
  return 'write' in target && 'end' in target && 'on' in target
}

function usualFormat(target: unknown): IpcFormat {
  if (isStream(target)) return 'stream'
  if (typeof target === 'string' || target instanceof URL) {
    return String(target).endsWith('.arrows') ? 'stream' : 'file'
  }
  const accepted = 'a path, a URL of a file, or a stream to write to'
  throw new InvalidOptionError({ option: 'target', given: target, accepted })
}

function missing(key: Key): never {
  throw new IpcError({
    fault: 'missing',
    place: `key ${JSON.stringify(key)}`,
    why: 'it has no value',
  })
}
