import {
  AsyncByteQueue,
  DataType,
  type RecordBatch,
  RecordBatchFileWriter,
  RecordBatchStreamWriter,
  type Schema,
} from 'apache-arrow'
import { finishJob, planConcatenation } from '../arrow/merge-job.ts'
import { IpcError } from '../errors/ipc-errors.ts'
import type { IpcFormat } from './exchange-options.ts'

/** Bytes of a batch that are written at once, about. */
const BATCH_LENGTH = 8 * 1024 * 1024

/** Keeps what a writer writes, until it is taken. */
class Pieces extends AsyncByteQueue {
  #pieces: Uint8Array[] = []

  override write(piece: Uint8Array): void {
    this.#pieces.push(piece)
  }

  /** A copy of what was written since the last time. */
  take(): Uint8Array {
    const bytes = Buffer.concat(this.#pieces)
    this.#pieces = []
    return bytes
  }
}

/** Turns batches of one schema into Arrow IPC. What it gives is memory of its own. */
export class IpcEncoder {
  readonly #pieces = new Pieces()
  readonly #writer: RecordBatchStreamWriter | RecordBatchFileWriter
  readonly #hasViews: boolean

  /** @throws {IpcError} when apache-arrow cannot write batches of this schema. */
  constructor(format: IpcFormat, { fields }: Schema) {
    for (const { name, type } of fields) assertWritable(name, type)
    this.#hasViews = fields.some(({ type }) => contains(type, isView))
    this.#writer = format === 'file' ? new RecordBatchFileWriter() : new RecordBatchStreamWriter()
    this.#writer.reset(this.#pieces)
  }

  /** The bytes of a batch, with those that come before it. */
  encode(batch: RecordBatch): Uint8Array {
    this.#writer.write(this.#hasViews ? compacted(batch) : batch)
    return this.#pieces.take()
  }

  /** What comes behind the last batch. */
  finish(): Uint8Array {
    this.#writer.close()
    return this.#pieces.take()
  }
}

/** Parts of a batch, as views of it, that are not too large to be encoded at once; at least one. */
export function* slicesOf(batch: RecordBatch, rowsPerBatch?: number): Generator<RecordBatch> {
  const { numRows, data } = batch
  const length = rowsPerBatch ?? Math.ceil(numRows / Math.max(1, data.byteLength / BATCH_LENGTH))
  if (numRows <= length) {
    yield batch
    return
  }
  for (let row = 0; row < numRows; row += length) {
    yield batch.slice(row, Math.min(row + length, numRows))
  }
}

/** A copy in which nothing is a part of something larger: apache-arrow writes wrong views of parts. */
function compacted(batch: RecordBatch): RecordBatch {
  return finishJob(planConcatenation([batch, batch.slice(0, 0)]))
}

function assertWritable(name: string, type: DataType): void {
  if (!contains(type, isNestedDictionary)) return
  const why = 'it has a dictionary of dictionaries, which apache-arrow cannot write'
  throw new IpcError({ fault: 'unsupported', place: `column ${JSON.stringify(name)}`, why })
}

function contains(type: DataType, matches: (type: DataType) => boolean): boolean {
  if (matches(type)) return true
  if (DataType.isDictionary(type)) return contains(type.dictionary, matches)
  return type.children?.some((child) => contains(child.type, matches)) ?? false
}

function isView(type: DataType): boolean {
  return DataType.isUtf8View(type) || DataType.isBinaryView(type)
}

function isNestedDictionary(type: DataType): boolean {
  return DataType.isDictionary(type) && DataType.isDictionary(type.dictionary)
}
