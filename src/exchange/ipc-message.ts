import { Message } from 'apache-arrow'
import { Footer } from 'apache-arrow/ipc/metadata/file'
import { IpcError, type IpcFault } from '../errors/ipc-errors.ts'
import type { ByteReader } from './byte-reader.ts'
import { UnsupportedIpc } from './field-check.ts'
import { FlatbufferFault } from './flat-table.ts'
import type { OpenSource, RandomBytes } from './ipc-source.ts'
import {
  type FileBlock,
  type FileFooter,
  type MessageHeader,
  type MessageKind,
  readFooter,
  readMessageHeader,
} from './message-header.ts'

/** A message of Arrow IPC, whole and, as far as its metadata goes, sound. */
export interface IpcMessage {
  readonly kind: MessageKind
  /** The codec by which its buffers are compressed; -1 for none. */
  readonly codec: number
  readonly metadata: Uint8Array
  readonly body: Uint8Array
  /** Where the message begins. */
  readonly offset: number
  /** Bytes that were read up to its end. */
  readonly bytesRead: number
}

const CONTINUATION = -1
const WORD = 4
const BODY_LENGTH_MAX = 0x7fff_ffff

/** Of what is no message at all, the first word says something much longer, most of the time. */
const METADATA_LENGTH_MAX = 256 * 1024 * 1024

/** What a file begins with, padded, and ends with. */
const MAGIC = 'ARROW1'
const FILE_START_LENGTH = 8
const FILE_END_LENGTH = WORD + MAGIC.length

/** Whether bytes begin as files do. */
export function isFileStart(bytes: Uint8Array): boolean {
  return Buffer.from(bytes.subarray(0, MAGIC.length)).toString('latin1') === MAGIC
}

/**
 * The messages of a stream, as they come in: the schema first.
 * @param isOpenEnded whether it may end without its end mark.
 * @throws {IpcError} Also what the source throws.
 */
export async function* messagesOfStream(
  { place, reader }: Pick<OpenSource, 'place' | 'reader'>,
  isOpenEnded: boolean,
): AsyncGenerator<IpcMessage> {
  for (let isFirst = true; ; isFirst = false) {
    const offset = reader.offset
    const length = await readLength(place, reader)
    if (length === 0) return
    if (length === undefined) {
      if (isOpenEnded && !isFirst) return
      throw fault('truncated', place, offset, isFirst ? 'it is empty' : 'its end mark is missing')
    }
    if (length < 0 || length > METADATA_LENGTH_MAX) {
      const why = `a message cannot begin so`
      throw fault(isFirst ? 'foreign' : 'damaged', place, offset, why)
    }
    const metadata = await readWhole(place, reader, length)
    const header = headerOf(place, offset, metadata)
    if (isFirst !== (header.kind === 'schema')) {
      throw fault('damaged', place, offset, 'the schema is not where it belongs, at the beginning')
    }
    const body = await readWhole(place, reader, header.bodyLength)
    yield { ...header, metadata, body, offset, bytesRead: reader.offset }
  }
}

/**
 * The messages of a file: schema, dictionaries, batches.
 * @throws {IpcError} Also what the source throws.
 */
export async function* messagesOfFile(
  place: string,
  bytes: RandomBytes,
): AsyncGenerator<IpcMessage> {
  const { schema, dictionaries, batches, end } = await openFile(place, bytes)
  let bytesRead = bytes.length - end
  const body = new Uint8Array(0)
  yield { kind: 'schema', codec: -1, metadata: schema, body, offset: end, bytesRead }
  for (const [kind, blocks] of [
    ['dictionary', dictionaries],
    ['batch', batches],
  ] as const) {
    for (const block of blocks) {
      const message = await readBlock(place, bytes, block, end)
      if (message.kind !== kind) {
        throw fault('damaged', place, block.offset, `the footer says that there is a ${kind}`)
      }
      bytesRead += block.metadataLength + block.bodyLength
      yield { ...message, offset: block.offset, bytesRead }
    }
  }
}

interface OpenFile extends FileFooter {
  /** The metadata of a message that has the schema. */
  readonly schema: Uint8Array
  /** Where the footer begins. */
  readonly end: number
}

async function openFile(place: string, bytes: RandomBytes): Promise<OpenFile> {
  const endOffset = bytes.length - FILE_END_LENGTH
  const tail = await bytes.read(Math.max(0, endOffset), FILE_END_LENGTH)
  const isWhole = endOffset >= FILE_START_LENGTH && isFileStart(tail.subarray(WORD))
  if (!isWhole) throw fault('truncated', place, bytes.length, 'the end of the file is missing')
  const footerLength = wordOf(tail)
  const end = endOffset - footerLength
  if (footerLength <= 0 || end < FILE_START_LENGTH) {
    throw fault('damaged', place, endOffset, `it says that the footer has ${footerLength} bytes`)
  }
  const footer = await bytes.read(end, footerLength)
  const blocks = checked(place, end, () => readFooter(footer))
  const schema = checked(place, end, () => {
    return Message.encode(Message.from(Footer.decode(footer).schema))
  })
  return { ...blocks, schema, end }
}

async function readBlock(
  place: string,
  bytes: RandomBytes,
  { offset, metadataLength, bodyLength }: FileBlock,
  end: number,
): Promise<Omit<IpcMessage, 'offset' | 'bytesRead'>> {
  if (offset + metadataLength + bodyLength > end || metadataLength < 2 * WORD) {
    throw fault('damaged', place, end, 'the footer names a message that is not in the file')
  }
  const head = await bytes.read(offset, metadataLength)
  const start = wordOf(head) === CONTINUATION ? 2 * WORD : WORD
  const length = wordOf(head.subarray(start - WORD))
  if (length <= 0 || start + length > metadataLength) {
    throw fault('damaged', place, offset, 'no message begins so')
  }
  const metadata = head.subarray(start, start + length)
  const header = headerOf(place, offset, metadata)
  if (header.bodyLength > bodyLength) {
    throw fault('damaged', place, offset, 'a message is longer than the footer says')
  }
  const body = await bytes.read(offset + metadataLength, header.bodyLength)
  return { ...header, metadata, body }
}

/** The length of the metadata that comes next; 0 for the end mark, undefined when nothing comes. */
async function readLength(place: string, reader: ByteReader): Promise<number | undefined> {
  const word = await reader.read(WORD)
  if (word.length === 0) return undefined
  const length = wordOf(await completed(place, reader, word))
  return length === CONTINUATION ? wordOf(await readWhole(place, reader, WORD)) : length
}

async function completed(place: string, reader: ByteReader, word: Uint8Array): Promise<Uint8Array> {
  if (word.length === WORD) return word
  throw fault('truncated', place, reader.offset, 'it ends within a message')
}

async function readWhole(place: string, reader: ByteReader, length: number): Promise<Uint8Array> {
  const bytes = await reader.read(length)
  if (bytes.length === length) return bytes
  throw fault('truncated', place, reader.offset, 'it ends within a message')
}

function headerOf(place: string, offset: number, metadata: Uint8Array): MessageHeader {
  const header = checked(place, offset, () => readMessageHeader(metadata))
  if (header.bodyLength <= BODY_LENGTH_MAX) return header
  const why = `it has a message of ${header.bodyLength} bytes, more than one batch can have`
  throw fault('unsupported', place, offset, why)
}

function checked<R>(place: string, offset: number, read: () => R): R {
  try {
    return read()
  } catch (cause) {
    if (cause instanceof UnsupportedIpc) throw fault('unsupported', place, offset, cause.message)
    const isKnown = cause instanceof FlatbufferFault
    const why = isKnown ? cause.message : 'its metadata cannot be read'
    throw fault('damaged', place, offset, why, { cause })
  }
}

function wordOf(bytes: Uint8Array): number {
  return new DataView(bytes.buffer, bytes.byteOffset, WORD).getInt32(0, true)
}

function fault(
  kind: IpcFault,
  place: string,
  offset: number,
  why: string,
  options?: ErrorOptions,
): IpcError {
  return new IpcError({ fault: kind, place, offset, why }, options)
}
