/** What must be true of batches and schemas whenever no transaction is open. */
import {
  HEADER_FIRST_PAGE_OFFSET,
  HEADER_PAGE_COUNT_OFFSET,
  HEADER_PIN_TABLE_OFFSET,
  PAGE_TABLE_ADDRESS,
  THREAD_TABLE_OFFSET,
} from '../../native-layout/arena-header-descriptor.ts'
import { BATCH_CHUNK_OFFSET, BATCH_SCHEMA_OFFSET } from '../../native-layout/batch-descriptor.ts'
import { BLOCK_PREFIX_LENGTH } from '../../native-layout/block-descriptor.ts'
import {
  CHUNK_BATCH,
  CHUNK_BLOCK_OFFSET,
  CHUNK_LENGTH,
  CHUNK_OLDER_OFFSET,
  CHUNK_REFERENCES_MAX,
  CHUNK_SCHEMA,
  CHUNK_WORD_OFFSET,
} from '../../native-layout/chunk-descriptor.ts'
import {
  CHUNK_CLASS,
  PAGE_CLASS_SHIFT,
  PAGE_LENGTH,
  PAGE_SHIFT,
  PAGE_SLAB,
} from '../../native-layout/page-descriptor.ts'
import { PIN_COUNT_MAX, PIN_THREAD_MASK } from '../../native-layout/pin-descriptor.ts'
import {
  REPLACED_CHUNK_OFFSET,
  REPLACED_NEXT_OFFSET,
} from '../../native-layout/replaced-descriptor.ts'
import {
  THREAD_ATTACHED,
  THREAD_REPLACED_FIRST_OFFSET,
  THREAD_REPLACED_LAST_OFFSET,
  THREAD_STATE_OFFSET,
} from '../../native-layout/thread-descriptor.ts'
import { HANDLE_SHIFT } from '../../native-layout/version-descriptor.ts'

/** Counts the references to chunks that are found in an arena at rest. */
export class SettledBatches {
  readonly #u32: Uint32Array
  /** By handle. */
  readonly #found = new Map<number, number>()

  constructor(arena: ArrayBufferLike) {
    this.#u32 = new Uint32Array(arena)
  }

  /** Notes a reference to a batch, and all that it refers to; what is wrong, or undefined. */
  enter(chunk: number, block: number, seen: Set<number>): string | undefined {
    for (let handle = chunk, expected = block; handle !== 0; ) {
      const fault = this.#enterChunk(handle, seen)
      if (fault !== undefined) return fault
      const address = handle << HANDLE_SHIFT
      if (this.#at(address + CHUNK_BLOCK_OFFSET + 4) !== CHUNK_BATCH) return 'it is no batch'
      if (this.#at(address + CHUNK_BLOCK_OFFSET) !== expected) return 'its chunk has another block'
      if ((this.#found.get(handle) ?? 0) > 1) return undefined
      const payload = expected << HANDLE_SHIFT
      if (this.#at(payload + BATCH_CHUNK_OFFSET) !== handle) return 'its block has another chunk'
      const schema = this.#at(payload + BATCH_SCHEMA_OFFSET)
      const wrong = schema === 0 ? undefined : this.#enterSchema(schema, seen)
      if (wrong !== undefined) return wrong
      expected = this.#at(address + CHUNK_OLDER_OFFSET + 4)
      handle = this.#at(address + CHUNK_OLDER_OFFSET)
    }
    return undefined
  }

  /** Notes the references that the queue of a thread keeps to batches that were replaced (L1, L3). */
  enterReplaced(record: number, seen: Set<number>): string | undefined {
    const last = this.#at(record + THREAD_REPLACED_LAST_OFFSET)
    let each = this.#at(record + THREAD_REPLACED_FIRST_OFFSET)
    if (each === 0) return undefined
    for (;;) {
      const block = each - BLOCK_PREFIX_LENGTH
      if (seen.has(block)) return 'the record of a batch that was replaced is free, or used twice'
      seen.add(block)
      if (each === last) return undefined
      const chunk = this.#at(each + REPLACED_CHUNK_OFFSET)
      const fault = this.enter(chunk, this.#blockOf(chunk), seen)
      if (fault !== undefined) return `a batch that was replaced: ${fault}`
      each = this.#at(each + REPLACED_NEXT_OFFSET)
    }
  }

  /** Notes the references of pins (N1), which threads that have ended do not have. */
  enterPins(seen: Set<number>): string | undefined {
    const table = this.#at(HEADER_PIN_TABLE_OFFSET)
    for (let pin = table; pin < table + (PIN_COUNT_MAX << 3); pin += 8) {
      if ((this.#at(pin + 4) & PIN_THREAD_MASK) === 0) continue
      const owner = (this.#at(pin + 4) & PIN_THREAD_MASK) - 1
      const record = this.#at(THREAD_TABLE_OFFSET + (owner << 2))
      if (this.#at(record + THREAD_STATE_OFFSET) !== THREAD_ATTACHED) {
        return `thread ${owner} has ended and has a pin`
      }
      const chunk = this.#at(pin)
      const fault = this.enter(chunk, this.#blockOf(chunk), seen)
      if (fault !== undefined) return `a batch that is pinned: ${fault}`
    }
    return undefined
  }

  /** Compares what was found with what the chunks count; what is wrong, or undefined. */
  faultOf(hasDied: boolean): string | undefined {
    for (const [handle, found] of this.#found) {
      const counted = this.#countAt(handle << HANDLE_SHIFT)
      if (counted < found) return `chunk ${handle} counts ${counted} references of ${found}`
    }
    if (hasDied) return undefined
    for (const chunk of this.#chunks()) {
      const counted = this.#countAt(chunk)
      const found = this.#found.get(chunk >>> HANDLE_SHIFT) ?? 0
      if (counted > found) {
        return `chunk ${chunk >>> HANDLE_SHIFT} counts ${counted} references, and there are ${found}`
      }
    }
    return undefined
  }

  #enterSchema(handle: number, seen: Set<number>): string | undefined {
    const fault = this.#enterChunk(handle, seen)
    if (fault !== undefined) return `its schema: ${fault}`
    const kind = this.#at((handle << HANDLE_SHIFT) + CHUNK_BLOCK_OFFSET + 4)
    return kind === CHUNK_SCHEMA ? undefined : 'its schema is none'
  }

  /** Notes one reference; with the first one of a chunk, that it uses its memory. */
  #enterChunk(handle: number, seen: Set<number>): string | undefined {
    const found = (this.#found.get(handle) ?? 0) + 1
    this.#found.set(handle, found)
    if (found > 1) return undefined
    const block = (this.#blockOf(handle) << HANDLE_SHIFT) - BLOCK_PREFIX_LENGTH
    const chunk = handle << HANDLE_SHIFT
    if (seen.has(chunk)) return `chunk ${handle} is free, or used twice`
    if (seen.has(block)) return `the block of chunk ${handle} is free, or used twice`
    seen.add(chunk)
    seen.add(block)
    return undefined
  }

  #blockOf(handle: number): number {
    return this.#at((handle << HANDLE_SHIFT) + CHUNK_BLOCK_OFFSET)
  }

  #countAt(chunk: number): number {
    return this.#at(chunk + CHUNK_WORD_OFFSET) & CHUNK_REFERENCES_MAX
  }

  /** Addresses of all chunks that there ever were. */
  *#chunks(): Generator<number> {
    const count = this.#at(HEADER_PAGE_COUNT_OFFSET)
    for (let page = this.#at(HEADER_FIRST_PAGE_OFFSET); page < count; page++) {
      const entry = this.#at(PAGE_TABLE_ADDRESS + (page << 2)) & 0xffff
      if (entry !== (PAGE_SLAB | (CHUNK_CLASS << PAGE_CLASS_SHIFT))) continue
      const first = page << PAGE_SHIFT
      for (let chunk = first; chunk < first + PAGE_LENGTH; chunk += CHUNK_LENGTH) {
        // Chunks are cut in order, and no id is 0.
        if (
          this.#at(chunk + CHUNK_WORD_OFFSET) === 0 &&
          this.#at(chunk + CHUNK_WORD_OFFSET + 4) === 0
        )
          break
        yield chunk
      }
    }
  }

  #at(address: number): number {
    return this.#u32[address >>> 2] as number
  }
}
