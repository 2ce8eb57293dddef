import type { RecordBatch, Vector } from 'apache-arrow'
import { HANDLE_SHIFT } from '../../native-layout/version-descriptor.ts'
import type { OpenSchema } from '../arrow/batch-codec.ts'
import type { Place } from '../memory/arena.ts'
import { arrowCodec } from './arrow-codec.ts'
import type { BatchBlocks } from './batch-blocks.ts'
import type { BatchWriter } from './batch-writer.ts'

/** Open schemas and dictionaries that a thread remembers at most. */
const CACHED_COUNT_MAX = 1024

/** What is lent is filled with this once it must not be used any more. */
const POISON_BYTE = 0xdb

/** For whom something is copied: a slot, or whatever else keeps a batch. No two are ever equal. */
export type Borrower = number | object

/** Where the body of a block is read from. */
type BodyOf = (block: number) => Place

/** Something that was made of a chunk, while the chunk is the same. */
interface Cached<T> {
  readonly id: number
  readonly made: T
}

/** Opens blocks as batches: each alone, without what its rows are added to. */
export class BatchReader {
  readonly #blocks: BatchBlocks
  readonly #writer: BatchWriter
  readonly #schemas = new Map<number, Cached<OpenSchema>>()
  readonly #dictionaries = new Map<number, Cached<Vector>>()
  readonly #loans = new Map<Borrower, Uint8Array[]>()

  constructor(blocks: BatchBlocks, writer: BatchWriter) {
    this.#blocks = blocks
    this.#writer = writer
  }

  /** The batch in a block that somebody holds, as views of shared memory. */
  open(block: number): RecordBatch {
    return this.#openFrom(block, this.#inPlace)
  }

  /** The same in memory of this thread alone. */
  copy(block: number): RecordBatch {
    return this.#openFrom(block, (each) => this.#copyOf(each))
  }

  /** A copy that `endLoans` overwrites. */
  lend(block: number, borrower: Borrower): RecordBatch {
    return this.#openFrom(block, (each) => {
      const copy = this.#copyOf(each)
      const loans = this.#loans.get(borrower)
      if (loans === undefined) this.#loans.set(borrower, [copy.bytes])
      else loans.push(copy.bytes)
      return copy
    })
  }

  /** Overwrites what was lent to a borrower. */
  endLoans(borrower: Borrower): void {
    for (const bytes of this.#loans.get(borrower) ?? []) bytes.fill(POISON_BYTE)
    this.#loans.delete(borrower)
  }

  /** The schema in a chunk that somebody holds. */
  schemaIn(handle: number): OpenSchema {
    const { kernel, bytes } = this.#blocks.arena
    const id = kernel.chunkId(handle)
    const known = this.#schemas.get(handle)
    if (known?.id === id) return known.made
    const payload = (kernel.chunkBlock(handle) >>> 0) * (1 << HANDLE_SHIFT)
    const made = arrowCodec().openSchema(
      bytes.slice(payload, payload + kernel.blockLength(payload)),
    )
    keep(this.#schemas, handle, { id, made })
    return made
  }

  readonly #inPlace: BodyOf = (block) => this.#blocks.bodyOf(block)

  #openFrom(block: number, bodyOf: BodyOf): RecordBatch {
    const { u32 } = this.#blocks.arena
    const schema = this.schemaIn(this.#blocks.schemaOf(block))
    const { bytes, at } = bodyOf(block)
    const header = this.#blocks.headerOf(block)
    return arrowCodec().openBatch(schema, u32, header, bytes.buffer, at, (handle) =>
      this.#dictionaryIn(handle, bodyOf),
    )
  }

  /** A dictionary; those that are viewed in place are remembered. */
  #dictionaryIn(handle: number, bodyOf: BodyOf): Vector {
    const { kernel } = this.#blocks.arena
    const id = kernel.chunkId(handle)
    const known = this.#dictionaries.get(handle)
    const isInPlace = bodyOf === this.#inPlace
    if (known?.id === id && isInPlace) return known.made
    const made = this.#openFrom(kernel.chunkBlock(handle) >>> 0, bodyOf).getChildAt(0) as Vector
    this.#writer.rememberDictionary(made, { handle, id })
    if (isInPlace) keep(this.#dictionaries, handle, { id, made })
    return made
  }

  #copyOf(block: number): Place {
    const { bytes, at } = this.#blocks.bodyOf(block)
    const copy = new Uint8Array(this.#blocks.bodyLengthOf(block))
    copy.set(bytes.subarray(at, at + copy.length))
    return { bytes: copy, at: 0 }
  }
}

/** Adds to a cache, which is emptied before it grows too large. */
function keep<T>(cache: Map<number, T>, handle: number, value: T): void {
  if (cache.size >= CACHED_COUNT_MAX) cache.clear()
  cache.set(handle, value)
}
