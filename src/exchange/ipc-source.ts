import { type FileHandle, open } from 'node:fs/promises'
import { Readable } from 'node:stream'
import { IpcError } from '../errors/ipc-errors.ts'
import { InvalidOptionError } from '../errors/store-errors.ts'
import { ByteReader } from './byte-reader.ts'

/** Where Arrow IPC comes from: a path, bytes, or whatever gives bytes piece by piece. */
export type IpcSource = string | URL | Uint8Array | Readable | AsyncIterable<Uint8Array>

/** Bytes any of which can be read at once. */
export interface RandomBytes {
  readonly length: number
  /** Fewer bytes only where there are no more. */
  read(offset: number, length: number): Promise<Uint8Array>
}

/** A source that was opened. */
export interface OpenSource {
  /** What messages call it. */
  readonly place: string
  /** The bytes from the beginning on, one after the other. */
  readonly reader: ByteReader
  /** The same bytes, where any of them can be read. */
  readonly random: RandomBytes | undefined
  close(): Promise<void>
}

const PIECE_LENGTH = 256 * 1024

/**
 * Opens a source.
 * @throws {IpcError} when the file cannot be opened.
 * @throws {InvalidOptionError} when it is none.
 */
export async function openSource(source: IpcSource, signal?: AbortSignal): Promise<OpenSource> {
  if (typeof source === 'string' || source instanceof URL) return openFile(source, signal)
  if (source instanceof Uint8Array) {
    const random = randomBytesOf(source)
    const reader = new ByteReader(piecesOf(random), signal)
    return { place: 'the bytes', reader, random, close: async () => reader.close() }
  }
  if (typeof source !== 'object' || source === null || !(Symbol.asyncIterator in source)) {
    const accepted = 'a path, a URL of a file, a Uint8Array, a Readable or an AsyncIterable'
    throw new InvalidOptionError({ option: 'source', given: source, accepted })
  }
  const place = 'the stream'
  const reader = new ByteReader(readable(source, place), signal)
  const close = async (): Promise<void> => {
    reader.close()
    // One that is waited for would not hear of it.
    if (source instanceof Readable) source.destroy()
  }
  return { place, reader, random: undefined, close }
}

/** Bytes in memory as such of which any can be read. */
export function randomBytesOf(bytes: Uint8Array): RandomBytes {
  return {
    length: bytes.length,
    read: async (offset, length) => bytes.subarray(offset, offset + length),
  }
}

async function openFile(path: string | URL, signal: AbortSignal | undefined): Promise<OpenSource> {
  const place = String(path)
  const file = await attempt(place, () => open(path, 'r'))
  try {
    const stats = await attempt(place, () => file.stat())
    const bytes = { length: stats.isFile() ? stats.size : Number.POSITIVE_INFINITY }
    const read = (offset: number, length: number): Promise<Uint8Array> => {
      return attempt(place, () => readAt(file, stats.isFile() ? offset : undefined, length))
    }
    const reader = new ByteReader(piecesOf({ ...bytes, read }), signal)
    const random = stats.isFile() ? { ...bytes, read } : undefined
    const close = async (): Promise<void> => {
      reader.close()
      await file.close()
    }
    return { place, reader, random, close }
  } catch (error) {
    await file.close()
    throw error
  }
}

/** Fewer bytes only at the end. From where the file stands when no offset is given, as of a pipe. */
async function readAt(
  file: FileHandle,
  offset: number | undefined,
  length: number,
): Promise<Uint8Array> {
  const buffer = Buffer.allocUnsafeSlow(length)
  let done = 0
  while (done < length) {
    const position = offset === undefined ? null : offset + done
    const { bytesRead } = await file.read(buffer, done, length - done, position)
    if (bytesRead === 0) break
    done += bytesRead
    if (offset === undefined) break
  }
  return buffer.subarray(0, done)
}

async function* piecesOf(bytes: RandomBytes): AsyncGenerator<Uint8Array> {
  for (let offset = 0; offset < bytes.length; ) {
    const piece = await bytes.read(offset, PIECE_LENGTH)
    if (piece.length === 0) return
    yield piece
    offset += piece.length
  }
}

async function* readable(
  source: AsyncIterable<Uint8Array>,
  place: string,
): AsyncGenerator<Uint8Array> {
  try {
    yield* source
  } catch (cause) {
    throw unreadable(place, cause)
  }
}

async function attempt<R>(place: string, action: () => Promise<R>): Promise<R> {
  try {
    return await action()
  } catch (cause) {
    throw unreadable(place, cause)
  }
}

function unreadable(place: string, cause: unknown): IpcError {
  const reason = cause instanceof Error ? cause.message : String(cause)
  const why = `it cannot be read: ${reason}`
  return new IpcError({ fault: 'unreadable', place, why }, { cause })
}
