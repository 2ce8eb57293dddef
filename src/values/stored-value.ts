import { ROWS_UPSERTED } from '../../native-layout/batch-descriptor.ts'
import { BLOCK_HASH_DISTANCE, BLOCK_LENGTH_DISTANCE } from '../../native-layout/block-descriptor.ts'
import {
  MODE_CONFLICT_APPEND,
  MODE_CONFLICT_MASK,
  SLOT_MODE_OFFSET,
  SLOT_TAG_OFFSET,
  SLOT_VALUE_OFFSET,
} from '../../native-layout/slot-descriptor.ts'
import {
  STATUS_ARENA_FULL,
  STATUS_OK,
  TAG_ABSENT,
  TAG_BATCH,
  TAG_BIGINT,
  TAG_BOOLEAN,
  TAG_BYTES,
  TAG_JSON_LATIN1,
  TAG_JSON_UTF16,
  TAG_NULL,
  TAG_NUMBER,
  TAG_RECORD,
  TAG_STRING_LATIN1,
  TAG_STRING_UTF16,
} from '../../native-layout/status-codes.ts'
import { HANDLE_SHIFT } from '../../native-layout/version-descriptor.ts'
import { ArenaCorruptError } from '../errors/arena-errors.ts'
import { ValueNotAcceptableError } from '../errors/data-errors.ts'
import { describeValue } from '../errors/describe-value.ts'
import type { Arena } from '../memory/arena.ts'
import { isTabular, type Tabular } from './arrow-codec.ts'
import type { Batches } from './batches.ts'
import type { RecordArrays, RecordCodec } from './codec.ts'
import { encodeJson } from './json-value.ts'
import type { Storable, Value } from './value.ts'

/** The least bigint that a cell can hold. */
export const BIGINT_MIN: bigint = -(2n ** 63n)

/** The greatest one. */
export const BIGINT_MAX: bigint = 2n ** 63n - 1n
const LATIN1_MAX = 0xff

/** Characters up to which a loop beats a call into Node. */
const SHORT_TEXT_LENGTH = 48

/** Where the values of one thread's transactions lie. */
export interface ValueMemory {
  readonly arena: Arena
  readonly batches: Batches
  /** The key columns by which the transaction in a slot adds batches that meet a conflict. */
  appendColumnsOf(slot: number): readonly string[]
}

/** The cell that a write goes to, in an open transaction. */
export interface WriteTarget {
  readonly cell: number
  readonly generation: number
}

/** The transaction that writes. */
export interface Writer {
  readonly slot: number
  /** Fails when it has ended: the code of values, their getters and codecs, may have done that. */
  assertOpen(): void
}

/**
 * Writes a value into the access set of an open transaction. Blocks are filled before the kernel
 * hears of them, so that a value that is refused leaves nothing behind.
 *
 * @returns STATUS_OK or why the kernel refused.
 * @throws {ValueNotAcceptableError} for what a cell cannot hold.
 */
export function writeStored(
  memory: ValueMemory,
  writer: Writer,
  { cell, generation }: WriteTarget,
  value: Storable,
): number {
  const { arena } = memory
  const { slot } = writer
  const { kernel } = arena
  switch (typeof value) {
    case 'number':
      return kernel.writeNumber(slot, cell, generation, value)
    case 'string':
      return writeText(arena, slot, cell, generation, value, TAG_STRING_LATIN1)
    case 'boolean':
      return kernel.writeValue(slot, cell, generation, TAG_BOOLEAN, value ? 1 : 0, 0)
    case 'bigint': {
      if (value < BIGINT_MIN || value > BIGINT_MAX) throw refuse(value, 'bigints have 64 bits here')
      const low = Number(value & 0xffffffffn)
      const high = Number((value >> 32n) & 0xffffffffn)
      return kernel.writeValue(slot, cell, generation, TAG_BIGINT, low, high)
    }
    case 'object': {
      if (value === null) return kernel.writeValue(slot, cell, generation, TAG_NULL, 0, 0)
      if (value instanceof Uint8Array) return writeBytes(arena, slot, cell, generation, value)
      if (isTabular(value)) return writeBatch(memory, writer, cell, generation, value)
      const text = encodeJson(value)
      writer.assertOpen()
      return writeText(arena, slot, cell, generation, text, TAG_JSON_LATIN1)
    }
    default:
      throw refuse(value, 'a cell holds numbers, bigints, booleans, null, strings, bytes and JSON')
  }
}

/** Writes a record through its codec; otherwise as `writeStored`. */
export function writeRecord<T>(
  arena: Arena,
  writer: Writer,
  { cell, generation }: WriteTarget,
  codec: RecordCodec<T>,
  value: T,
): number {
  const payload = arena.kernel.takeData(codec.byteLength) >>> 0
  if (payload === 0) return STATUS_ARENA_FULL
  try {
    codec.encodeInto(value, arena as RecordArrays, payload)
    writer.assertOpen()
  } catch (error) {
    arena.kernel.giveData(payload)
    throw error
  }
  arena.u32[(payload - BLOCK_HASH_DISTANCE) >>> 2] = codec.fingerprint
  return publishBlock(arena, writer.slot, cell, generation, TAG_RECORD, payload)
}

/**
 * The value of the last read of an open transaction, undefined when there is none. The slot's tag is
 * no status.
 */
export function readStored(memory: ValueMemory, slot: number): Value | undefined {
  const { arena } = memory
  const tag = arena.u32[(slot + SLOT_TAG_OFFSET) >>> 2] as number
  const at = slot + SLOT_VALUE_OFFSET
  if (tag === TAG_ABSENT) return undefined
  if (tag === TAG_NUMBER) return arena.f64[at >>> 3]
  const low = arena.u32[at >>> 2] as number
  return readStoredAs(memory, slot, tag, low, arena.i64[at >>> 3] as bigint)
}

/**
 * The value, which is no number, that has this tag and these bits: the low half, and all of them. It was
 * read by the transaction in a slot.
 */
export function readStoredAs(
  memory: ValueMemory,
  slot: number,
  tag: number,
  low: number,
  bits: bigint,
): Value {
  switch (tag) {
    case TAG_BIGINT:
      return bits
    case TAG_BOOLEAN:
      return low !== 0
    case TAG_NULL:
      return null
    case TAG_BATCH:
      return memory.batches.open(Number(BigInt.asUintN(32, bits >> 32n)), slot)
    default:
      return readBlock(memory.arena, tag, low * (1 << HANDLE_SHIFT))
  }
}

/**
 * The record that the last read found, decoded by its codec.
 * @throws {ValueNotAcceptableError} when it is no record of this codec's fields.
 */
export function readRecord<T>(arena: Arena, slot: number, codec: RecordCodec<T>): T {
  const tag = arena.u32[(slot + SLOT_TAG_OFFSET) >>> 2] as number
  return readRecordAs(arena, tag, arena.u32[(slot + SLOT_VALUE_OFFSET) >>> 2] as number, codec)
}

/** The record with this tag and this low half of its value. Errors as in `readRecord`. */
export function readRecordAs<T>(arena: Arena, tag: number, low: number, codec: RecordCodec<T>): T {
  if (tag === TAG_RECORD) {
    const payload = low * (1 << HANDLE_SHIFT)
    if (arena.u32[(payload - BLOCK_HASH_DISTANCE) >>> 2] === codec.fingerprint) {
      return codec.decodeFrom(arena as RecordArrays, payload)
    }
  }
  throw new ValueNotAcceptableError({
    path: '$',
    why:
      `the cell does not hold a record with the fields ${codec.signature}; read it with what it ` +
      'was written with',
  })
}

function readBlock(arena: Arena, tag: number, payload: number): Value {
  const end = payload + blockLength(arena, payload)
  switch (tag) {
    case TAG_STRING_LATIN1:
      return arena.text.toString('latin1', payload, end)
    case TAG_STRING_UTF16:
      return arena.text.toString('utf16le', payload, end)
    case TAG_BYTES:
      return arena.bytes.slice(payload, end)
    case TAG_JSON_LATIN1:
      return JSON.parse(arena.text.toString('latin1', payload, end))
    case TAG_JSON_UTF16:
      return JSON.parse(arena.text.toString('utf16le', payload, end))
    case TAG_RECORD:
      throw new ValueNotAcceptableError({
        path: '$',
        why: 'the cell holds a record; read it through a ref with the codec it was written with',
      })
    default:
      throw new ArenaCorruptError({ structure: 'value', why: `it has the unknown tag ${tag}` })
  }
}

function blockLength(arena: Arena, payload: number): number {
  return arena.u32[(payload - BLOCK_LENGTH_DISTANCE) >>> 2] as number
}

function publishBlock(
  arena: Arena,
  slot: number,
  cell: number,
  generation: number,
  tag: number,
  payload: number,
): number {
  const handle = payload >>> HANDLE_SHIFT
  const status = arena.kernel.writeValue(slot, cell, generation, tag, handle, 0)
  if (status !== STATUS_OK) arena.kernel.giveData(payload)
  return status
}

function writeBytes(
  arena: Arena,
  slot: number,
  cell: number,
  generation: number,
  value: Uint8Array,
): number {
  const payload = arena.kernel.takeData(value.length) >>> 0
  if (payload === 0) return STATUS_ARENA_FULL
  arena.bytes.set(value, payload)
  return publishBlock(arena, slot, cell, generation, TAG_BYTES, payload)
}

function writeBatch(
  memory: ValueMemory,
  writer: Writer,
  cell: number,
  generation: number,
  value: Tabular,
): number {
  const { arena, batches } = memory
  const { slot } = writer
  const mode = arena.u32[(slot + SLOT_MODE_OFFSET) >>> 2] as number
  const isAppend = (mode & MODE_CONFLICT_MASK) === MODE_CONFLICT_APPEND
  const on = isAppend ? memory.appendColumnsOf(slot) : []
  const block = batches.write(value, isAppend ? { rows: ROWS_UPSERTED, on } : undefined)
  if (block === 0) return STATUS_ARENA_FULL
  return batches.handOver(block, writer, (chunk) =>
    arena.kernel.writeValue(slot, cell, generation, TAG_BATCH, chunk, block),
  )
}

function writeText(
  arena: Arena,
  slot: number,
  cell: number,
  generation: number,
  text: string,
  tagLatin1: number,
): number {
  const narrow = isLatin1(text)
  const payload = arena.kernel.takeData(narrow ? text.length : text.length * 2) >>> 0
  if (payload === 0) return STATUS_ARENA_FULL
  if (!narrow) arena.text.write(text, payload, text.length * 2, 'utf16le')
  else if (text.length > SHORT_TEXT_LENGTH) arena.text.write(text, payload, text.length, 'latin1')
  else for (let i = 0; i < text.length; i++) arena.bytes[payload + i] = text.charCodeAt(i)
  return publishBlock(arena, slot, cell, generation, narrow ? tagLatin1 : tagLatin1 + 1, payload)
}

function isLatin1(text: string): boolean {
  for (let i = 0; i < text.length; i++) if (text.charCodeAt(i) > LATIN1_MAX) return false
  return true
}

function refuse(value: unknown, why: string): ValueNotAcceptableError {
  return new ValueNotAcceptableError({
    path: '$',
    why: `it is ${describeValue(value)}, and ${why}`,
  })
}
