/** Batches as one thread of an exploration writes, reads and merges them. */
import {
  BATCH_BODY_OFFSET,
  BATCH_CHUNK_OFFSET,
  BATCH_KEYS_OFFSET,
  BATCH_LENGTH,
  BATCH_ROW_COUNT_OFFSET,
  BATCH_ROWS_OFFSET,
  BATCH_SCHEMA_OFFSET,
  ROWS_APPENDED,
  ROWS_DELETED,
} from '../../native-layout/batch-descriptor.ts'
import { REPLACED_LENGTH } from '../../native-layout/replaced-descriptor.ts'
import { SLOT_TAG_OFFSET, SLOT_VALUE_OFFSET } from '../../native-layout/slot-descriptor.ts'
import {
  STATUS_ARENA_FULL,
  STATUS_FAILURE_FIRST,
  STATUS_OK,
  STATUS_REF_EXPIRED,
  STATUS_SNAPSHOT_TOO_OLD,
  STATUS_STALE_READ,
  STATUS_UPDATE_REFUSED,
  TAG_ABSENT,
  TAG_BATCH,
} from '../../native-layout/status-codes.ts'
import { HANDLE_SHIFT } from '../../native-layout/version-descriptor.ts'
import type { Kernel } from '../memory/kernel.ts'
import type { ExploredCell } from './explored-keys.ts'
import { TORN } from './outcome.ts'
import { addedRows, digitsOf, droppedRows } from './program.ts'

/** Numbers that a row consists of: all the same. */
const ROW_WORDS = 3

/** Rows of one batch at most. All bodies have one length, so that each may come to lie where another was. */
const ROW_COUNT_MAX = 8

const BODY_LENGTH: number = 8 * ROW_WORDS * ROW_COUNT_MAX

/** Bytes behind the fixed part: one key column. */
const HEADER_LENGTH = 8

/** Bytes of a schema: its name, and nothing. */
const SCHEMA_LENGTH = 8

/** Batches that one chain may have: more is one without end. */
const CHAIN_LENGTH_MAX = 64

/** Batches of which one run may have to take the memory. */
const WARM_COUNT = 6

/** What a batch is made of. */
export interface RowsOf {
  readonly rows: readonly number[]
  /** One letter, or nothing. */
  readonly schema: string
  /** A ROWS_ code. */
  readonly meaning: number
  readonly hasKeys: boolean
}

/** Where a merge puts what it has made. */
export interface MergePlace {
  readonly cell: number
  readonly generation: number
  /** Batches below the newest one that become one; 0: all of them. */
  readonly count: number
  /** Slot for the lock of the cell, in whose place the whole chain goes; 0: it goes below the newest one. */
  readonly lockSlot: number
}

/** Batches in one thread's view of the arena, by the handles of their blocks. */
export class ExploredRows {
  readonly #kernel: Kernel
  readonly #u32: Uint32Array
  readonly #f64: Float64Array

  constructor(kernel: Kernel, arena: ArrayBufferLike) {
    this.#kernel = kernel
    this.#u32 = new Uint32Array(arena)
    this.#f64 = new Float64Array(arena)
  }

  /** Takes memory of each kind that batches need, and gives it back. */
  warmUp(): void {
    const kernel = this.#kernel
    const rows = { rows: [0], schema: '', meaning: ROWS_APPENDED, hasKeys: false }
    const blocks = Array.from({ length: WARM_COUNT }, () => this.write(rows))
    for (const block of blocks) kernel.dropChunk(this.chunkOf(block))
    const records = Array.from({ length: WARM_COUNT }, () => [
      kernel.takeData(REPLACED_LENGTH) >>> 0,
      kernel.takeData(SCHEMA_LENGTH) >>> 0,
    ])
    for (const payload of records.flat()) kernel.giveData(payload)
  }

  /** Handle of the block of a new batch, whose one reference is the caller's; 0: there is no room. */
  write({ rows, schema, meaning, hasKeys }: RowsOf): number {
    const kernel = this.#kernel
    const held = schema === '' ? 0 : this.#registerSchema(schema)
    return this.#fill(kernel.takeBatch(HEADER_LENGTH, BODY_LENGTH) >>> 0, {
      ...{ rows, meaning, hasKeys },
      schema: held,
    })
  }

  /** Takes rows out of a batch, as transactions do: what they are in is read, and written over; a status. */
  drop(slot: number, { cell, generation }: ExploredCell, keys: RowsOf): number {
    const kernel = this.#kernel
    kernel.read(slot, cell, generation)
    const tag = this.#u32[(slot + SLOT_TAG_OFFSET) >>> 2] as number
    if (tag === TAG_ABSENT) return STATUS_OK
    if (tag === STATUS_REF_EXPIRED) return STATUS_STALE_READ
    if (tag !== TAG_BATCH) return tag >= STATUS_FAILURE_FIRST ? tag : STATUS_UPDATE_REFUSED
    const from = this.#u32[(slot + SLOT_VALUE_OFFSET) >>> 2] as number
    const fromBlock = this.blockOf(slot)
    const block = this.write(keys)
    if (block === 0) return STATUS_ARENA_FULL
    const chunk = this.chunkOf(block)
    const isOn = kernel.addRowsTo(chunk, block, from, fromBlock) !== 0 && kernel.isLive(slot) !== 0
    const status = isOn
      ? kernel.writeValue(slot, cell, generation, TAG_BATCH, chunk, block)
      : STATUS_SNAPSHOT_TOO_OLD
    if (status !== STATUS_OK) kernel.dropChunk(chunk)
    return status === STATUS_REF_EXPIRED ? STATUS_STALE_READ : status
  }

  /** Handle of the block of the batch that a slot has read. */
  blockOf(slot: number): number {
    return this.#u32[(slot + SLOT_VALUE_OFFSET + 4) >>> 2] as number
  }

  /** Handle of the chunk of a block. */
  chunkOf(block: number): number {
    return this.#at(block, BATCH_CHUNK_OFFSET)
  }

  /**
   * The rows of a chain in order, as the digits of a number, or TORN. Somebody must hold it.
   * @param pause lets other threads get in between.
   */
  read(block: number, pause: () => void): number {
    const chain = this.chainOf(block)
    const rows = this.#merged(chain, pause)
    return rows === undefined ? TORN : digitsOf(rows)
  }

  /** The blocks of a chain, newest first. */
  chainOf(block: number): number[] {
    const chain: number[] = []
    for (let each = block; each !== 0; each = this.#kernel.olderBlock(this.chunkOf(each)) >>> 0) {
      if (chain.push(each) > CHAIN_LENGTH_MAX) throw new Error('a chain of batches has no end')
    }
    return chain
  }

  /**
   * Makes one batch of several, and puts it in their place, as the coordinator does; whether it could.
   * @param slot keeps the chain: its transaction has read it.
   */
  merge(block: number, slot: number, { cell, count, lockSlot }: MergePlace): boolean {
    const kernel = this.#kernel
    const chain = this.chainOf(block)
    const from = lockSlot === 0 ? 1 : 0
    const merged = count === 0 ? chain.slice(from) : chain.slice(from, from + count)
    const [seen, second] = merged
    if (seen === undefined || second === undefined) return false
    const above = this.chunkOf(block)
    const id = kernel.chunkId(above)
    const below = chain[from + merged.length]
    const belowChunk = below === undefined ? 0 : this.chunkOf(below)
    const rows = this.#merged(merged, () => kernel.isLive(slot))
    if (rows === undefined) return false
    const schema = this.#at(merged.at(-1) as number, BATCH_SCHEMA_OFFSET)
    if (schema !== 0 && kernel.holdChunk(schema, kernel.chunkId(schema)) === 0) return false
    const address = kernel.takeBatch(HEADER_LENGTH, BODY_LENGTH) >>> 0
    const made = this.#fill(address, { rows, meaning: ROWS_APPENDED, hasKeys: false, schema })
    if (made === 0) return false
    const chunk = this.chunkOf(made)
    const isLinked =
      kernel.isLive(slot) !== 0 &&
      (below === undefined || kernel.addRowsTo(chunk, made, belowChunk, below) !== 0)
    const isReplaced =
      isLinked &&
      kernel.isLive(slot) !== 0 &&
      (lockSlot === 0
        ? kernel.replaceOlder(above, id, seen, chunk, made) !== 0
        : kernel.replaceCurrent(lockSlot, cell, id, chunk, made) !== 0)
    if (!isReplaced) kernel.dropChunk(chunk)
    return isReplaced
  }

  #merged(chain: readonly number[], pause: () => void): number[] | undefined {
    let all: readonly number[] = []
    for (const block of chain.toReversed()) {
      const rows = this.#rowsOf(block, pause)
      if (rows === undefined) return undefined
      const isDeletion = this.#at(block, BATCH_ROWS_OFFSET) === ROWS_DELETED
      all = isDeletion ? droppedRows(all, rows) : addedRows(all, rows)
    }
    return [...all]
  }

  /** The rows of one block, or undefined when they are torn. */
  #rowsOf(block: number, pause: () => void): number[] | undefined {
    const body = this.#at(block, BATCH_BODY_OFFSET) >>> 3
    const count = this.#at(block, BATCH_ROW_COUNT_OFFSET)
    const before = this.#f64[body]
    // A step in the middle of the copy, as other threads get there.
    pause()
    const words = this.#f64.slice(body, body + ROW_WORDS * count)
    if (count > ROW_COUNT_MAX || (count > 0 && words[0] !== before)) return undefined
    const rows = Array.from({ length: count }, (_, row) => words[ROW_WORDS * row] as number)
    const isWhole = words.every((word, at) => word === rows[Math.floor(at / ROW_WORDS)])
    return isWhole ? rows : undefined
  }

  #fill(
    address: number,
    batch: { rows: readonly number[]; meaning: number; hasKeys: boolean; schema: number },
  ): number {
    const { rows, meaning, hasKeys, schema } = batch
    if (address === 0) {
      if (schema !== 0) this.#kernel.dropChunk(schema)
      return 0
    }
    if (rows.length > ROW_COUNT_MAX) throw new Error(`More than ${ROW_COUNT_MAX} rows`)
    const block = address >>> HANDLE_SHIFT
    const u32 = this.#u32
    u32[(address + BATCH_ROW_COUNT_OFFSET) >>> 2] = rows.length
    u32[(address + BATCH_ROWS_OFFSET) >>> 2] = meaning
    u32[(address + BATCH_SCHEMA_OFFSET) >>> 2] = schema
    u32[(address + BATCH_KEYS_OFFSET) >>> 2] = hasKeys ? address + BATCH_LENGTH : 0
    const body = this.#at(block, BATCH_BODY_OFFSET) >>> 3
    for (const [row, value] of rows.entries()) {
      this.#f64.fill(value, body + ROW_WORDS * row, body + ROW_WORDS * (row + 1))
    }
    return block
  }

  #registerSchema(name: string): number {
    const kernel = this.#kernel
    const payload = kernel.takeData(SCHEMA_LENGTH) >>> 0
    if (payload === 0) return 0
    const code = name.charCodeAt(0)
    this.#u32.fill(code, payload >>> 2, (payload + SCHEMA_LENGTH) >>> 2)
    return kernel.registerSchema(payload, code) >>> 0
  }

  #at(block: number, offset: number): number {
    return this.#u32[((block << HANDLE_SHIFT) + offset) >>> 2] as number
  }
}
