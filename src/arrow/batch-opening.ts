import { Data, type RecordBatch, type Vector } from 'apache-arrow'
import { ArenaCorruptError } from '../errors/arena-errors.ts'
import { metadataAt } from './batch-header.ts'
import {
  DICTIONARY_COUNT_WORD,
  FIRST_NODE_WORD,
  NODE_COUNT_WORD,
  NODE_WORD_COUNT,
  REGION_COUNT_WORD,
  REGION_WORD_COUNT,
  ROW_COUNT_WORD,
  VARIADIC_COUNT_WORD,
} from './batch-header-descriptor.ts'
import {
  type ColumnLayout,
  KIND_BITS,
  KIND_BYTES,
  KIND_DENSE_UNION,
  KIND_DICTIONARY,
  KIND_FIXED,
  KIND_LARGE_BYTES,
  KIND_LARGE_LIST,
  KIND_LIST,
  KIND_NULL,
  KIND_SPARSE_UNION,
  KIND_VIEW,
} from './column-layout.ts'
import type { OpenSchema } from './open-schema.ts'
import { batchWith } from './record-batch.ts'

const WORD_SHIFT = 2

/** For what has no nulls, or no values: arrow takes an array of no bytes for that. */
const NO_BYTES = new Uint8Array(0)
const NO_CHILDREN: Data[] = []

/**
 * The batch that a header and a body hold, without copying either: it is valid for as long as they
 * are. Its schema is `entry.schema`; its values are those that were written.
 *
 * @param headerAt byte address of the header in `words`, a multiple of 8.
 * @param bodyAt byte address of the body in `body`.
 * @param dictionaryOf the dictionary that a handle stands for: one vector of one chunk. May open
 * batches itself.
 * @throws {ArenaCorruptError} when the header is none for this schema.
 */
export function openBatch(
  entry: OpenSchema,
  words: Uint32Array,
  headerAt: number,
  body: ArrayBufferLike,
  bodyAt: number,
  dictionaryOf: (handle: number) => Vector,
): RecordBatch {
  const first = headerAt >>> WORD_SHIFT
  const nodeCount = words[first + NODE_COUNT_WORD] as number
  if (
    nodeCount !== entry.nodeCount ||
    words[first + DICTIONARY_COUNT_WORD] !== entry.dictionaryCount
  ) {
    throw new ArenaCorruptError({ structure: 'batch header', why: 'it does not fit its schema' })
  }
  const reader = new ColumnReader(words, first, body, bodyAt, dictionaryOf)
  const { columns } = entry
  const children: Data[] = []
  for (let i = 0; i < columns.length; i++) children.push(reader.read(columns[i] as ColumnLayout))
  const rowCount = words[first + ROW_COUNT_WORD] as number
  const metadata = metadataAt(words, headerAt)
  return batchWith(entry.schema, rowCount, children, { rowType: entry.rowType, metadata })
}

/** Goes through the nodes and regions of a header in the order of the schema. */
class ColumnReader {
  readonly #words: Uint32Array
  readonly #body: ArrayBufferLike
  readonly #bodyAt: number
  readonly #dictionaryOf: (handle: number) => Vector
  #node: number
  #region: number
  #variadic: number
  #handle: number

  constructor(
    words: Uint32Array,
    first: number,
    body: ArrayBufferLike,
    bodyAt: number,
    dictionaryOf: (handle: number) => Vector,
  ) {
    this.#words = words
    this.#body = body
    this.#bodyAt = bodyAt
    this.#dictionaryOf = dictionaryOf
    this.#node = first + FIRST_NODE_WORD
    this.#region = this.#node + (words[first + NODE_COUNT_WORD] as number) * NODE_WORD_COUNT
    this.#variadic = this.#region + (words[first + REGION_COUNT_WORD] as number) * REGION_WORD_COUNT
    this.#handle = this.#variadic + (words[first + VARIADIC_COUNT_WORD] as number)
  }

  read(layout: ColumnLayout): Data {
    const { kind, type } = layout
    const length = this.#words[this.#node] as number
    const nullCount = this.#words[this.#node + 1] as number
    this.#node += NODE_WORD_COUNT
    if (kind === KIND_NULL) return new Data(type, 0, length, nullCount)
    if (kind === KIND_SPARSE_UNION || kind === KIND_DENSE_UNION) return this.#union(layout, length)
    const nulls = this.#nulls(nullCount)
    switch (kind) {
      case KIND_FIXED:
        return new Data(type, 0, length, nullCount, { 1: this.#values(layout), 2: nulls })
      case KIND_BITS:
        return new Data(type, 0, length, nullCount, { 1: this.#bytes(), 2: nulls })
      case KIND_BYTES: {
        const buffers = { 0: this.#offsets(), 1: this.#bytes(), 2: nulls }
        return new Data(type, 0, length, nullCount, buffers)
      }
      case KIND_LARGE_BYTES: {
        const buffers = { 0: this.#largeOffsets(), 1: this.#bytes(), 2: nulls }
        return new Data(type, 0, length, nullCount, buffers)
      }
      case KIND_VIEW: {
        const buffers = { 1: this.#bytes(), 2: nulls }
        const variadics = this.#variadics()
        return new Data(type, 0, length, nullCount, buffers, NO_CHILDREN, undefined, variadics)
      }
      case KIND_DICTIONARY: {
        const buffers = { 1: this.#values(layout), 2: nulls }
        const dictionary = this.#dictionaryOf(this.#words[this.#handle++] as number)
        return new Data(type, 0, length, nullCount, buffers, NO_CHILDREN, dictionary)
      }
      case KIND_LIST: {
        const buffers = { 0: this.#offsets(), 2: nulls }
        return new Data(type, 0, length, nullCount, buffers, this.#children(layout))
      }
      case KIND_LARGE_LIST: {
        const buffers = { 0: this.#largeOffsets(), 2: nulls }
        return new Data(type, 0, length, nullCount, buffers, this.#children(layout))
      }
      default:
        return new Data(type, 0, length, nullCount, { 2: nulls }, this.#children(layout))
    }
  }

  #union(layout: ColumnLayout, length: number): Data {
    const typeIds = this.#typeIds()
    const offsets = layout.kind === KIND_DENSE_UNION ? this.#offsets() : undefined
    return new Data(layout.type, 0, length, 0, { 0: offsets, 3: typeIds }, this.#children(layout))
  }

  #children({ children }: ColumnLayout): Data[] {
    const data: Data[] = []
    for (let i = 0; i < children.length; i++) data.push(this.read(children[i] as ColumnLayout))
    return data
  }

  /** Merging leaves room for nulls where there may be none. */
  #nulls(nullCount: number): Uint8Array {
    const bytes = this.#bytes()
    return nullCount === 0 ? NO_BYTES : bytes
  }

  #bytes(): Uint8Array {
    const length = this.#words[this.#region + 1] as number
    if (length === 0) {
      this.#region += REGION_WORD_COUNT
      return NO_BYTES
    }
    return new Uint8Array(this.#body, this.#next(), length)
  }

  #offsets(): Int32Array {
    const count = (this.#words[this.#region + 1] as number) / Int32Array.BYTES_PER_ELEMENT
    return new Int32Array(this.#body, this.#next(), count)
  }

  #largeOffsets(): BigInt64Array {
    const count = (this.#words[this.#region + 1] as number) / BigInt64Array.BYTES_PER_ELEMENT
    return new BigInt64Array(this.#body, this.#next(), count)
  }

  #typeIds(): Int8Array {
    const count = this.#words[this.#region + 1] as number
    return new Int8Array(this.#body, this.#next(), count)
  }

  #values({ Values, width, stride }: ColumnLayout): ArrayBufferView {
    const length = this.#words[this.#region + 1] as number
    return new Values(this.#body, this.#next(), width === 0 ? 0 : (length / width) * stride)
  }

  #variadics(): Uint8Array[] {
    const count = this.#words[this.#variadic++] as number
    const buffers: Uint8Array[] = []
    for (let i = 0; i < count; i++) buffers.push(this.#bytes())
    return buffers
  }

  /** The address of the next region, which is passed. */
  #next(): number {
    const offset = this.#words[this.#region] as number
    this.#region += REGION_WORD_COUNT
    return this.#bodyAt + offset
  }
}
