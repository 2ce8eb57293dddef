import {
  CompressionType,
  compressionRegistry,
  type Data,
  DataType,
  type Field,
  Message,
  makeData,
  RecordBatch,
  Schema,
  Struct,
  Vector,
} from 'apache-arrow'
import {
  type RecordBatch as BatchHeader,
  BufferRegion,
  type DictionaryBatch,
} from 'apache-arrow/ipc/metadata/message'
import { VectorLoader } from 'apache-arrow/visitor/vectorloader'
import { IpcError } from '../errors/ipc-errors.ts'
import type { IpcMessage } from './ipc-message.ts'

/** A batch that was read, and how far. */
export interface DecodedBatch {
  readonly batch: RecordBatch
  /** Bytes of the source that were read. */
  readonly bytesRead: number
}

/** What precedes the bytes of a compressed buffer: how many there are without compression. */
const PREFIX_LENGTH = 8
const NOT_COMPRESSED = -1

/**
 * The batches of messages, each as soon as its message is there; one without rows when there is none. Their
 * columns are views of what was read, and nothing but their metadata was looked at.
 *
 * @throws {IpcError} Also what the messages throw.
 */
export async function* decodeBatches(
  place: string,
  messages: AsyncIterable<IpcMessage>,
): AsyncGenerator<DecodedBatch> {
  const decoder = new Decoder()
  let batchCount = 0
  let bytesRead = 0
  for await (const message of messages) {
    ;({ bytesRead } = message)
    assertReadable(place, message)
    const batch = decoded(place, message, decoder)
    if (batch === undefined) continue
    batchCount++
    yield { batch, bytesRead }
  }
  if (batchCount === 0) yield { batch: decoder.empty(), bytesRead }
}

/** apache-arrow's own readers ask for the message after a batch before they give the batch. */
class Decoder {
  #schema = new Schema()
  #dictionaries = new Map<number, Vector>()

  /** The batch of a message; undefined when it has none. @throws when it cannot be read. */
  take({ kind, metadata, body, codec }: IpcMessage): RecordBatch | undefined {
    const message = Message.decode(metadata)
    const header: unknown = message.header()
    if (kind === 'schema') {
      this.#schema = header as Schema
      nameAll(this.#schema.fields)
      return undefined
    }
    if (kind === 'dictionary') {
      this.#takeDictionary(header as DictionaryBatch, body, codec)
      return undefined
    }
    const { fields } = this.#schema
    const types = fields.map(({ type }) => type)
    const { length } = header as BatchHeader
    const children = this.#load(header as BatchHeader, types, body, codec)
    if (children.some((child) => child.length !== length)) {
      throw new Error('its columns have different lengths')
    }
    const data = makeData({ type: new Struct(fields), length, nullCount: 0, children })
    return new RecordBatch(this.#schema, data, message.metadata)
  }

  /** A batch of the schema without rows. */
  empty(): RecordBatch {
    const { fields } = this.#schema
    const children = fields.map(({ type }) => makeData({ type, length: 0 } as never))
    return new RecordBatch(
      this.#schema,
      makeData({ type: new Struct(fields), length: 0, children }),
    )
  }

  #takeDictionary({ id, isDelta, data }: DictionaryBatch, body: Uint8Array, codec: number): void {
    const type = this.#schema.dictionaries.get(id)
    if (type === undefined) throw new Error(`no column has a dictionary ${id}`)
    const added = new Vector(this.#load(data, [type], body, codec))
    const old = this.#dictionaries.get(id)
    this.#dictionaries.set(id, isDelta && old !== undefined ? old.concat(added) : added)
  }

  #load(header: BatchHeader, types: DataType[], body: Uint8Array, codec: number): Data[] {
    const { nodes, variadicBufferCounts } = header
    const { bytes, regions } =
      codec < 0
        ? { bytes: aligned(body), regions: header.buffers }
        : decompressed(body, header.buffers, codec)
    const version = this.#schema.metadataVersion
    const dictionaries = this.#dictionaries
    return new VectorLoader(
      bytes,
      nodes,
      regions,
      dictionaries,
      version,
      variadicBufferCounts,
    ).visitMany(types)
  }
}

/** The format lets elements of lists go without a name, and apache-arrow then has null for it. */
function nameAll(fields: readonly Field[]): void {
  for (const field of fields) {
    if (field.name === null) Object.assign(field, { name: '' })
    const { type } = field
    nameAll((DataType.isDictionary(type) ? type.dictionary : type).children ?? [])
  }
}

function decoded(place: string, message: IpcMessage, decoder: Decoder): RecordBatch | undefined {
  try {
    return decoder.take(message)
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause)
    const why = `a message cannot be read: ${reason}`
    throw new IpcError({ fault: 'damaged', place, offset: message.offset, why }, { cause })
  }
}

function assertReadable(place: string, { codec, offset }: IpcMessage): void {
  if (codec < 0 || typeof decoderOf(codec) === 'function') return
  const name = CompressionType[codec] ?? `codec ${codec}`
  const why = `it is compressed by ${name}, and compressionRegistry of apache-arrow has no such decoder`
  throw new IpcError({ fault: 'unsupported', place, offset, why })
}

function decoderOf(codec: number): ((bytes: Uint8Array) => Uint8Array) | undefined {
  return compressionRegistry.get(codec)?.decode
}

/** The buffers of a body without compression, one behind the other, and where they are. */
function decompressed(
  body: Uint8Array,
  buffers: readonly BufferRegion[],
  codec: number,
): { bytes: Uint8Array; regions: BufferRegion[] } {
  const decode = decoderOf(codec) as (bytes: Uint8Array) => Uint8Array
  const parts = buffers.map((region) => decompressedBuffer(body, region, decode))
  const regions: BufferRegion[] = []
  let end = 0
  for (const { length } of parts) {
    regions.push(new BufferRegion(end, length))
    end = (end + length + 7) & ~7
  }
  const bytes = new Uint8Array(end)
  for (const [i, part] of parts.entries()) bytes.set(part, regions[i]?.offset)
  return { bytes, regions }
}

function decompressedBuffer(
  body: Uint8Array,
  { offset, length }: BufferRegion,
  decode: (bytes: Uint8Array) => Uint8Array,
): Uint8Array {
  if (length === 0) return new Uint8Array(0)
  if (length < PREFIX_LENGTH) throw new Error('a compressed buffer does not say how long it is')
  const view = new DataView(body.buffer, body.byteOffset + offset, length)
  const expected = Number(view.getBigInt64(0, true))
  const bytes = body.subarray(offset + PREFIX_LENGTH, offset + length)
  if (expected === NOT_COMPRESSED) return bytes
  const made = decode(bytes)
  // apache-arrow writes the other length there.
  if (made.length === expected || bytes.length === expected) return made
  throw new Error(`a compressed buffer has ${made.length} bytes where it says ${expected}`)
}

/** Numbers can be viewed only in memory that begins at a multiple of their length. */
function aligned(body: Uint8Array): Uint8Array {
  return body.byteOffset % 8 === 0 ? body : new Uint8Array(body)
}
