import {
  BATCH_BODY_LENGTH_OFFSET,
  BATCH_BODY_OFFSET,
  BATCH_CHUNK_OFFSET,
  BATCH_DEPTH_OFFSET,
  BATCH_DICTIONARIES_OFFSET,
  BATCH_DICTIONARY_COUNT_OFFSET,
  BATCH_KEYS_OFFSET,
  BATCH_LENGTH,
  BATCH_PAGE_OFFSET,
  BATCH_ROW_COUNT_OFFSET,
  BATCH_ROWS_OFFSET,
  BATCH_SCHEMA_OFFSET,
} from '../../native-layout/batch-descriptor.ts'
import { PAGE_LENGTH } from '../../native-layout/page-descriptor.ts'
import { HANDLE_SHIFT } from '../../native-layout/version-descriptor.ts'
import type { Arena, Place } from '../memory/arena.ts'

const WORD_LENGTH = 4

/** What a batch block is made to say before anybody else can find it. */
export interface BlockFields {
  readonly rowCount: number
  /** Handle of the chunk of the schema. */
  readonly schema: number
  /** Address of the handles of the dictionaries' chunks, and how many there are. */
  readonly dictionaries: number
  readonly dictionaryCount: number
  /** A ROWS_ code. */
  readonly rows: number
  /** Indexes of the key columns, which are written behind the header. */
  readonly keys: readonly number[]
  readonly headerLength: number
}

/** Bytes that the list of so many key columns takes behind the header. */
export function keysLength(count: number): number {
  return count === 0 ? 0 : Math.ceil((count + 1) / 2) * 2 * WORD_LENGTH
}

/** The blocks of batches in one thread's view of the arena, by their handles. */
export class BatchBlocks {
  readonly arena: Arena

  constructor(arena: Arena) {
    this.arena = arena
  }

  /** Handle of the block at an address. */
  handleAt(address: number): number {
    return address >>> HANDLE_SHIFT
  }

  /** Byte address of the header of a batch. */
  headerOf(block: number): number {
    return addressOf(block) + BATCH_LENGTH
  }

  /** Handle of the chunk that the block is of. */
  chunkOf(block: number): number {
    return this.arena.u32[(addressOf(block) + BATCH_CHUNK_OFFSET) >>> 2] as number
  }

  /** Handle of the chunk of the schema. */
  schemaOf(block: number): number {
    return this.arena.u32[(addressOf(block) + BATCH_SCHEMA_OFFSET) >>> 2] as number
  }

  /** Rows of this block alone. */
  rowCountOf(block: number): number {
    return this.arena.u32[(addressOf(block) + BATCH_ROW_COUNT_OFFSET) >>> 2] as number
  }

  /** The ROWS_ code that says what its rows are for. */
  rowsOf(block: number): number {
    return this.arena.u32[(addressOf(block) + BATCH_ROWS_OFFSET) >>> 2] as number
  }

  /** Batches that were added, one after the other, to make this one. */
  depthOf(block: number): number {
    return this.arena.u32[(addressOf(block) + BATCH_DEPTH_OFFSET) >>> 2] as number
  }

  /** Indexes of its key columns. */
  keysOf(block: number): number[] {
    const { u32 } = this.arena
    const list = (u32[(addressOf(block) + BATCH_KEYS_OFFSET) >>> 2] as number) >>> 2
    if (list === 0) return []
    return Array.from(u32.subarray(list + 1, list + 1 + (u32[list] as number)))
  }

  /** Length of the body in bytes. */
  bodyLengthOf(block: number): number {
    return this.arena.u32[(addressOf(block) + BATCH_BODY_LENGTH_OFFSET) >>> 2] as number
  }

  /** Where the body lies. */
  bodyOf(block: number): Place {
    const { u32, bytes, lengthBytes } = this.arena
    const address = addressOf(block)
    const page = u32[(address + BATCH_PAGE_OFFSET) >>> 2] as number
    if (page >= lengthBytes / PAGE_LENGTH) return this.arena.segmentPlace(page)
    return { bytes, at: u32[(address + BATCH_BODY_OFFSET) >>> 2] as number }
  }

  /** The batch that the rows of this one are added to, or 0. May change to one with the same rows. */
  olderOf(block: number): number {
    return this.arena.kernel.olderBlock(this.chunkOf(block)) >>> 0
  }

  /** Fills the fields of a block that nobody else can find yet. */
  fill(block: number, fields: BlockFields): void {
    const { u32 } = this.arena
    const address = addressOf(block)
    u32[(address + BATCH_ROW_COUNT_OFFSET) >>> 2] = fields.rowCount
    u32[(address + BATCH_ROWS_OFFSET) >>> 2] = fields.rows
    u32[(address + BATCH_DICTIONARIES_OFFSET) >>> 2] = fields.dictionaries
    u32[(address + BATCH_DICTIONARY_COUNT_OFFSET) >>> 2] = fields.dictionaryCount
    u32[(address + BATCH_SCHEMA_OFFSET) >>> 2] = fields.schema
    const { keys } = fields
    if (keys.length === 0) return
    const list = this.headerOf(block) + fields.headerLength
    u32[list >>> 2] = keys.length
    u32.set(keys, (list >>> 2) + 1)
    u32[(address + BATCH_KEYS_OFFSET) >>> 2] = list
  }
}

/** The address of a block, by its handle. */
function addressOf(block: number): number {
  return block * (1 << HANDLE_SHIFT)
}
