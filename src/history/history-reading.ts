import { type FileHandle, open } from 'node:fs/promises'
import { HistoryFileError } from '../errors/history-errors.ts'
import { HistoryTable } from './check/history-table.ts'
import { FORMAT_NAME, type HistoryHeader } from './history-format.ts'
import { HistoryLines } from './history-lines.ts'

const CHUNK_LENGTH = 1 << 20
const NEWLINE = 10

/** Bytes after which a file that has no end of line yet is taken to be something else. */
const LINE_LENGTH_MAX = 1 << 28

const HEADER_LENGTH_MAX = 1 << 16

/** How every history begins. */
const START = `{"format":"${FORMAT_NAME}"`

/** How to read the files of a history. */
export interface FileReadOptions {
  /** Whether files may end early. */
  readonly partial?: boolean | undefined
  /** Ends the work, between two steps of at most some seconds. */
  readonly signal?: AbortSignal | undefined
  /** Called as the work goes on: what is done now, and of the reading how many bytes are done. */
  readonly onProgress?: ((phase: string, bytesRead: number) => void) | undefined
}

/**
 * Reads the files of one run, streaming, into one table.
 * @returns the table, and the number of bytes that were read.
 * @throws {HistoryFileError} as `checkHistoryFiles`; also the reason of `signal`.
 */
export async function readHistoryFiles(
  files: readonly string[],
  { partial = false, signal, onProgress }: FileReadOptions,
): Promise<{ table: HistoryTable; bytesRead: number }> {
  const table = new HistoryTable()
  const reading = new HistoryReading(table)
  let done = 0
  for (const file of files) {
    for await (const bytesRead of reading.read(file, partial)) {
      done += bytesRead
      onProgress?.('reading', done)
      signal?.throwIfAborted()
    }
  }
  return { table, bytesRead: done }
}

/** Reads files into one table. */
class HistoryReading {
  readonly #table: HistoryTable
  #first: HistoryHeader | undefined

  constructor(table: HistoryTable) {
    this.#table = table
  }

  /** Reads one file; yields the lengths of its chunks as they are done. */
  async *read(path: string, partial: boolean): AsyncGenerator<number> {
    const lines = new HistoryLines(path, this.#table)
    for await (const { texts, length } of chunksOf(path)) {
      for (const text of texts) {
        const isFirst = lines.header === undefined
        lines.take(text)
        if (isFirst) this.#placeInRun(path, lines)
      }
      yield length
    }
    if (lines.complete || (partial && lines.header !== undefined)) return
    const why =
      lines.header === undefined
        ? 'the file ends before its header does'
        : 'the end of the history is missing'
    throw new HistoryFileError({ fault: 'truncated', file: path, why })
  }

  #placeInRun(path: string, lines: HistoryLines): void {
    const header = lines.header as HistoryHeader
    this.#first ??= header
    if (header.run !== this.#first.run) {
      const why = 'it was recorded in another run than the first file'
      throw new HistoryFileError({ fault: 'mismatch', file: path, why })
    }
    lines.shift(Number(BigInt(header.clockNs) - BigInt(this.#first.clockNs)))
  }
}

/** The lines of a file, chunk by chunk. A last line without an end is left out: it was cut off. */
async function* chunksOf(path: string): AsyncGenerator<{ texts: string[]; length: number }> {
  const file = await attempt(path, () => open(path, 'r'))
  try {
    let rest: Buffer = Buffer.alloc(0)
    for (let isHeader = true; ; isHeader = false) {
      const chunk = await attempt(path, () => readChunk(file))
      if (chunk.length === 0) return
      const bytes = rest.length === 0 ? chunk : Buffer.concat([rest, chunk])
      const texts: string[] = []
      let start = 0
      let end = bytes.indexOf(NEWLINE, rest.length)
      for (; end !== -1; end = bytes.indexOf(NEWLINE, start)) {
        texts.push(bytes.toString('utf8', start, end))
        start = end + 1
      }
      rest = bytes.subarray(start)
      // What has no lines is no history: it is handed on to be refused.
      const isForeign = isHeader && texts.length === 0 && !mayBeHeader(rest)
      if (isForeign || rest.length > LINE_LENGTH_MAX) texts.push(rest.toString('latin1', 0, 100))
      yield { texts, length: chunk.length }
    }
  } finally {
    await file.close()
  }
}

/** Whether bytes without an end of line may be the beginning of a header. */
function mayBeHeader(bytes: Buffer): boolean {
  const text = bytes.toString('latin1', 0, START.length)
  return START.startsWith(text) && bytes.length < HEADER_LENGTH_MAX
}

async function readChunk(file: FileHandle): Promise<Buffer> {
  const buffer = Buffer.allocUnsafe(CHUNK_LENGTH)
  const { bytesRead } = await file.read(buffer, 0, CHUNK_LENGTH, null)
  return buffer.subarray(0, bytesRead)
}

async function attempt<R>(file: string, action: () => Promise<R>): Promise<R> {
  try {
    return await action()
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause)
    const why = `the file cannot be read: ${reason}`
    throw new HistoryFileError({ fault: 'unreadable', file, why }, { cause })
  }
}
