import { createRequire } from 'node:module'
import type { RecordBatch, Table, Vector } from 'apache-arrow'
import {
  BATCH_BODY_LENGTH_OFFSET,
  BATCH_BODY_OFFSET,
  BATCH_CHUNK_OFFSET,
  BATCH_DICTIONARIES_OFFSET,
  BATCH_DICTIONARY_COUNT_OFFSET,
  BATCH_LENGTH,
  BATCH_PAGE_OFFSET,
  BATCH_ROW_COUNT_OFFSET,
  BATCH_SCHEMA_OFFSET,
} from '../../native-layout/batch-descriptor.ts'
import { PAGE_LENGTH } from '../../native-layout/page-descriptor.ts'
import { HANDLE_SHIFT } from '../../native-layout/version-descriptor.ts'
import type * as Codec from '../arrow/batch-codec.ts'
import type { OpenSchema, SourcedPlan } from '../arrow/batch-codec.ts'
import type { BatchColumn } from '../arrow/batch-column.ts'
import type { Arena, Place } from '../memory/arena.ts'

/** What can be written as a batch. A table's batches become one, a vector a column named `value`. */
export type Tabular = RecordBatch | Table | Vector

/** A chunk, and what tells it from others that had its handle. */
interface ChunkName {
  readonly handle: number
  readonly id: number
}

/** Where the body of the batch block at an address is read from. */
type BodyOf = (address: number) => Place

/** Open schemas and dictionaries that a thread remembers at most. */
const CACHED_COUNT_MAX = 1024

/** What copies for readers are filled with once they must not be used any more. */
const POISON_BYTE = 0xdb

const require = createRequire(import.meta.url)
let codec: typeof Codec | undefined

/** Arrow takes longer to load than everything else: it is, with the first batch. */
function loadCodec(): typeof Codec {
  codec ??= require('../arrow/batch-codec.js') as typeof Codec
  return codec
}

/** Whether an object is one of Arrow's rather than JSON, or seems to be. */
export function isTabular(value: object): value is Tabular {
  const prototype: unknown = Object.getPrototypeOf(value)
  if (prototype === Object.prototype || prototype === Array.prototype || prototype === null) {
    return false
  }
  return 'schema' in value || ('type' in value && 'data' in value)
}

/**
 * Batches in shared memory, as one thread writes and reads them: chunks of buffers that are viewed in
 * place, with references to schemas and dictionaries, which are chunks too.
 */
export class Batches {
  readonly #arena: Arena
  readonly #poisons: boolean
  /** By the bytes of a schema, which the codec keeps for each schema object. */
  readonly #knownSchemas = new WeakMap<Uint8Array, ChunkName>()
  readonly #knownDictionaries = new WeakMap<Vector, ChunkName>()
  readonly #openSchemas = new Map<number, { readonly id: number; readonly schema: OpenSchema }>()
  readonly #openDictionaries = new Map<number, { readonly id: number; readonly vector: Vector }>()
  readonly #inPlace: BodyOf = (address) => this.#place(address)
  readonly #loans = new Map<number, Uint8Array[]>()

  constructor(arena: Arena, poisons: boolean) {
    this.#arena = arena
    this.#poisons = poisons
  }

  /**
   * Writes a batch into shared memory: the handle of its block, whose one reference is the caller's; 0
   * when there is no room. Nothing is left behind by what is refused.
   *
   * @throws {ValueNotAcceptableError} with the path of what cannot be stored.
   */
  write(value: Tabular): number {
    const { planBatch, recordBatchOf } = loadCodec()
    return this.#write(planBatch(recordBatchOf(value)))
  }

  /** Handle of the chunk of a block, by the handle of the block. */
  chunkOf(block: number): number {
    return this.#arena.u32[(addressOf(block) + BATCH_CHUNK_OFFSET) >>> 2] as number
  }

  /** Rows of the batch in a block. */
  rowCountOf(block: number): number {
    return this.#arena.u32[(addressOf(block) + BATCH_ROW_COUNT_OFFSET) >>> 2] as number
  }

  /**
   * The batch in a block that somebody holds: views of shared memory, or, in a store that poisons, of a
   * copy that is lent to `borrower` until `endLoans`.
   */
  open(block: number, borrower: number): RecordBatch {
    if (!this.#poisons) return this.#openIn(block, this.#inPlace)
    const loans = this.#loans.get(borrower) ?? []
    this.#loans.set(borrower, loans)
    return this.#openIn(block, (address) => {
      const copy = this.#copyOf(address)
      loans.push(copy.bytes)
      return copy
    })
  }

  /**
   * A column of a batch as one array; otherwise as `open`.
   * @throws {ValueNotAcceptableError} when there is no such column, or its values are in no array.
   */
  column(block: number, name: string, borrower: number): BatchColumn {
    return loadCodec().columnOf(this.open(block, borrower), name)
  }

  /** The batch in a block that somebody holds, in memory of this thread alone. */
  copy(block: number): RecordBatch {
    return this.#openIn(block, (address) => this.#copyOf(address))
  }

  /** Overwrites what was lent to a borrower. */
  endLoans(borrower: number): void {
    for (const bytes of this.#loans.get(borrower) ?? []) bytes.fill(POISON_BYTE)
    this.#loans.delete(borrower)
  }

  #write(plan: SourcedPlan): number {
    const { kernel, u32 } = this.#arena
    const held: number[] = []
    try {
      const schema = this.#holdSchema(plan)
      if (schema === 0) return 0
      held.push(schema)
      for (const dictionary of plan.dictionaries) {
        const handle = this.#holdDictionary(dictionary)
        if (handle === 0) return 0
        held.push(handle)
      }
      const address = kernel.takeBatch(plan.headerLength, plan.bodyLength) >>> 0
      if (address === 0) return 0
      const header = address + BATCH_LENGTH
      const handles = held.slice(1)
      const { bytes, at } = this.#place(address)
      loadCodec().writeBody(plan, bytes, at)
      loadCodec().writeHeader(plan, u32, header, handles)
      u32[(address + BATCH_ROW_COUNT_OFFSET) >>> 2] = plan.rowCount
      u32[(address + BATCH_SCHEMA_OFFSET) >>> 2] = schema
      const list = loadCodec().dictionaryHandlesAt(u32, header)
      u32[(address + BATCH_DICTIONARIES_OFFSET) >>> 2] = list
      u32[(address + BATCH_DICTIONARY_COUNT_OFFSET) >>> 2] = handles.length
      held.length = 0
      return address >>> HANDLE_SHIFT
    } finally {
      for (const handle of held) kernel.dropChunk(handle)
    }
  }

  /** One more reference to the chunk of a schema; 0 when there is no room. */
  #holdSchema({ schemaBytes: bytes, fingerprint }: SourcedPlan): number {
    const { kernel } = this.#arena
    const known = this.#knownSchemas.get(bytes)
    if (known !== undefined && kernel.holdChunk(known.handle, known.id) !== 0) return known.handle
    const payload = kernel.takeData(bytes.length) >>> 0
    if (payload === 0) return 0
    this.#arena.bytes.set(bytes, payload)
    const handle = kernel.registerSchema(payload, fingerprint) >>> 0
    if (handle !== 0) this.#knownSchemas.set(bytes, { handle, id: kernel.chunkId(handle) })
    return handle
  }

  /** One more reference to the chunk of a dictionary, written if need be; 0 when there is no room. */
  #holdDictionary(vector: Vector): number {
    const { kernel } = this.#arena
    const known = this.#knownDictionaries.get(vector)
    if (known !== undefined && kernel.holdChunk(known.handle, known.id) !== 0) return known.handle
    const block = this.write(vector)
    if (block === 0) return 0
    const handle = this.chunkOf(block)
    this.#knownDictionaries.set(vector, { handle, id: kernel.chunkId(handle) })
    return handle
  }

  #openSchema(handle: number): OpenSchema {
    const { kernel, bytes } = this.#arena
    const id = kernel.chunkId(handle)
    const known = this.#openSchemas.get(handle)
    if (known?.id === id) return known.schema
    const payload = kernel.chunkBlock(handle) * (1 << HANDLE_SHIFT)
    const schema = loadCodec().openSchema(
      bytes.slice(payload, payload + kernel.blockLength(payload)),
    )
    keep(this.#openSchemas, handle, { id, schema })
    return schema
  }

  #openIn(block: number, bodyOf: BodyOf): RecordBatch {
    const { u32 } = this.#arena
    const address = addressOf(block)
    const schema = this.#openSchema(u32[(address + BATCH_SCHEMA_OFFSET) >>> 2] as number)
    const { bytes, at } = bodyOf(address)
    const header = address + BATCH_LENGTH
    return loadCodec().openBatch(schema, u32, header, bytes.buffer, at, (handle) =>
      this.#openDictionary(handle, bodyOf),
    )
  }

  /** A dictionary; those that are viewed in place are remembered. */
  #openDictionary(handle: number, bodyOf: BodyOf): Vector {
    const { kernel } = this.#arena
    const id = kernel.chunkId(handle)
    const known = this.#openDictionaries.get(handle)
    const isInPlace = bodyOf === this.#inPlace
    if (known?.id === id && isInPlace) return known.vector
    const batch = this.#openIn(kernel.chunkBlock(handle) >>> 0, bodyOf)
    const vector = batch.getChildAt(0) as Vector
    if (!isInPlace) return vector
    this.#knownDictionaries.set(vector, { handle, id })
    keep(this.#openDictionaries, handle, { id, vector })
    return vector
  }

  #copyOf(address: number): Place {
    const { bytes, at } = this.#place(address)
    const length = this.#arena.u32[(address + BATCH_BODY_LENGTH_OFFSET) >>> 2] as number
    const copy = new Uint8Array(length)
    copy.set(bytes.subarray(at, at + length))
    return { bytes: copy, at: 0 }
  }

  #place(address: number): Place {
    const { u32, bytes, lengthBytes } = this.#arena
    const page = u32[(address + BATCH_PAGE_OFFSET) >>> 2] as number
    if (page >= lengthBytes / PAGE_LENGTH) return this.#arena.segmentPlace(page)
    return { bytes, at: u32[(address + BATCH_BODY_OFFSET) >>> 2] as number }
  }
}

/** The address of a batch block, by the handle of the block. */
function addressOf(block: number): number {
  return block * (1 << HANDLE_SHIFT)
}

/** Adds to a cache, which is emptied before it grows too large. */
function keep<T>(cache: Map<number, T>, handle: number, value: T): void {
  if (cache.size >= CACHED_COUNT_MAX) cache.clear()
  cache.set(handle, value)
}
