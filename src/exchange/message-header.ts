import { checkField, checkMetadata, UnsupportedIpc } from './field-check.ts'
import { FlatbufferFault, FlatTable, lengthAt } from './flat-table.ts'

/** What a message of Arrow IPC is. */
export type MessageKind = 'schema' | 'dictionary' | 'batch'

/** What the metadata of a message says, all of which is sound. */
export interface MessageHeader {
  readonly kind: MessageKind
  readonly bodyLength: number
  /** The number of the codec by which its buffers are compressed; -1 for none. */
  readonly codec: number
}

/** A message in a file. */
export interface FileBlock {
  readonly offset: number
  readonly metadataLength: number
  readonly bodyLength: number
}

/** What the footer of a file says, all of which is sound. */
export interface FileFooter {
  readonly dictionaries: readonly FileBlock[]
  readonly batches: readonly FileBlock[]
}

// The fields of the tables of Arrow's Message.fbs, Schema.fbs and File.fbs, by their place in the vtable.
const MESSAGE = { headerType: 6, header: 8, bodyLength: 10, metadata: 12 } as const
const SCHEMA = { endianness: 4, fields: 6, metadata: 8 } as const
const RECORD_BATCH = {
  length: 4,
  nodes: 6,
  buffers: 8,
  compression: 10,
  variadicCounts: 12,
} as const
const DICTIONARY_BATCH = { data: 6 } as const
const COMPRESSION = { codec: 4 } as const
const FOOTER = { schema: 6, dictionaries: 8, batches: 10 } as const

const NODE_LENGTH = 16
const BUFFER_LENGTH = 16
const BLOCK_LENGTH = 24
const ROW_COUNT_MAX = 0x7fff_ffff

const KINDS: readonly (MessageKind | undefined)[] = [undefined, 'schema', 'dictionary', 'batch']

/**
 * Reads the metadata of a message, and looks through all of it.
 * @throws {FlatbufferFault} when it is not sound. {@link UnsupportedIpc}
 */
export function readMessageHeader(metadata: Uint8Array): MessageHeader {
  const message = FlatTable.root(metadata)
  const kind = KINDS[message.uint8(MESSAGE.headerType)]
  if (kind === undefined)
    throw new UnsupportedIpc('it has a message that is no batch, as tensors are')
  const bodyLength = message.length(MESSAGE.bodyLength)
  checkMetadata(message, MESSAGE.metadata)
  const header = message.table(MESSAGE.header)
  if (header === undefined) throw new FlatbufferFault('a message has no header')
  if (kind === 'schema') {
    checkSchema(header)
    return { kind, bodyLength, codec: -1 }
  }
  const batch = kind === 'batch' ? header : header.table(DICTIONARY_BATCH.data)
  if (batch === undefined) throw new FlatbufferFault('a dictionary has no values')
  return { kind, bodyLength, codec: checkBatch(batch, bodyLength) }
}

/**
 * Reads the footer of a file, and looks through all of it.
 * @throws {FlatbufferFault} when it is not sound. {@link UnsupportedIpc}
 */
export function readFooter(bytes: Uint8Array): FileFooter {
  const footer = FlatTable.root(bytes)
  const schema = footer.table(FOOTER.schema)
  if (schema === undefined) throw new FlatbufferFault('the footer has no schema')
  checkSchema(schema)
  return {
    dictionaries: blocksOf(footer, FOOTER.dictionaries),
    batches: blocksOf(footer, FOOTER.batches),
  }
}

function blocksOf(footer: FlatTable, field: number): FileBlock[] {
  return footer.structs(field, BLOCK_LENGTH, (view, at) => ({
    offset: lengthAt(view, at),
    metadataLength: view.getUint32(at + 8, true),
    bodyLength: lengthAt(view, at + 16),
  }))
}

function checkSchema(schema: FlatTable): void {
  if (schema.int16(SCHEMA.endianness) !== 0) {
    throw new UnsupportedIpc('it was written with the most significant byte first')
  }
  for (const field of schema.tables(SCHEMA.fields)) checkField(field)
  checkMetadata(schema, SCHEMA.metadata)
}

/** The number of the codec; -1 for none. */
function checkBatch(batch: FlatTable, bodyLength: number): number {
  const lengths = batch.structs(RECORD_BATCH.nodes, NODE_LENGTH, lengthAt)
  const longest = lengths.reduce((a, b) => Math.max(a, b), batch.length(RECORD_BATCH.length))
  if (longest > ROW_COUNT_MAX) throw new UnsupportedIpc(`it has a batch of ${longest} rows`)
  const ends = batch.structs(RECORD_BATCH.buffers, BUFFER_LENGTH, (view, at) => {
    return lengthAt(view, at) + lengthAt(view, at + 8)
  })
  if (ends.some((end) => end > bodyLength)) {
    throw new FlatbufferFault('a buffer lies outside of the body of its message')
  }
  batch.structs(RECORD_BATCH.variadicCounts, 8, lengthAt)
  const compression = batch.table(RECORD_BATCH.compression)
  return compression === undefined ? -1 : compression.uint8(COMPRESSION.codec)
}
