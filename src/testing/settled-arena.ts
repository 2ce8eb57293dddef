/** What must be true of the arena whenever no transaction is open. */

import {
  HEADER_GAP_ADDRESS_OFFSET,
  HEADER_GAP_COUNT_OFFSET,
  SLOT_COUNT_OFFSET,
  SLOT_TABLE_ADDRESS,
} from '../../native-layout/arena-header-descriptor.ts'
import { BLOCK_PREFIX_LENGTH } from '../../native-layout/block-descriptor.ts'
import {
  CELL_META_OFFSET,
  CELL_SHIFT,
  CELL_VALUE_OFFSET,
  CELL_WORD_OFFSET,
} from '../../native-layout/cell-descriptor.ts'
import {
  CLASS_COUNT,
  FREE_LINK_OFFSET,
  VERSION_CLASS,
} from '../../native-layout/page-descriptor.ts'
import {
  RETIRED_BIAS,
  RETIRED_COUNT_MAX,
  RETIRED_HANDLE_OFFSET,
  RETIRED_SHIFT,
} from '../../native-layout/retired-descriptor.ts'
import { SLOT_PHASE_OFFSET, STATE_FREE } from '../../native-layout/slot-descriptor.ts'
import { TAG_BLOCK_FIRST } from '../../native-layout/status-codes.ts'
import {
  THREAD_FREE_LISTS_OFFSET,
  THREAD_RELEASED_COUNT_OFFSET,
  THREAD_RETIRED_COUNT_OFFSET,
  THREAD_RETIRED_OFFSET,
} from '../../native-layout/thread-descriptor.ts'
import {
  HANDLE_SHIFT,
  VERSION_META_OFFSET,
  VERSION_TIMESTAMP_OFFSET,
  VERSION_VALUE_OFFSET,
} from '../../native-layout/version-descriptor.ts'
import {
  HEAD_SHIFT,
  OWNER_MASK,
  STATE_MASK,
  TAG_MASK,
  TIMESTAMP_SHIFT,
} from '../../native-layout/word-descriptor.ts'

/** More versions than any chain has, and more blocks than any free list. */
const LENGTH_MAX = 5000

const LOW_TIMESTAMP_BITS = 2 ** (32 - TIMESTAMP_SHIFT)

/** Looks at an arena that is at rest. */
export class SettledArena {
  readonly #u32: Uint32Array

  constructor(arena: ArrayBufferLike) {
    this.#u32 = new Uint32Array(arena)
  }

  /**
   * What is wrong, or undefined: a locked cell or gap, a slot that is not free, a chain whose
   * timestamps do not decrease (I-3), a version or a block that is used and free, or used twice (I-5).
   */
  faultOf(cells: readonly number[], records: readonly number[]): string | undefined {
    return this.#lockedGap() ?? this.#openSlot() ?? this.#brokenChain(cells, records)
  }

  #at(address: number): number {
    return this.#u32[address >>> 2] as number
  }

  #timestampAt(address: number): number {
    return this.#at(address + 4) * 2 ** 32 + this.#at(address)
  }

  #lockedGap(): string | undefined {
    const first = this.#at(HEADER_GAP_ADDRESS_OFFSET) >>> CELL_SHIFT
    const end = first + this.#at(HEADER_GAP_COUNT_OFFSET)
    for (let gap = first; gap < end; gap++) {
      if ((this.#at((gap << CELL_SHIFT) + CELL_WORD_OFFSET) & OWNER_MASK) !== 0) {
        return `gap cell ${gap - first} is locked`
      }
    }
    return undefined
  }

  #openSlot(): string | undefined {
    const count = this.#at(SLOT_COUNT_OFFSET)
    for (let id = 1; id <= count; id++) {
      const slot = this.#at(SLOT_TABLE_ADDRESS + (id << 2))
      const state = this.#at(slot + SLOT_PHASE_OFFSET) & STATE_MASK
      if (state !== STATE_FREE) return `slot ${id} is in state ${state}`
    }
    return undefined
  }

  #brokenChain(cells: readonly number[], records: readonly number[]): string | undefined {
    const seen = new Set<number>()
    for (const record of records) {
      for (let sizeClass = VERSION_CLASS; sizeClass < CLASS_COUNT; sizeClass++) {
        let block = this.#at(record + THREAD_FREE_LISTS_OFFSET + (sizeClass << 2))
        while (block !== 0) {
          if (seen.has(block) || seen.size > LENGTH_MAX) return `block ${block} is free twice`
          seen.add(block)
          block = this.#at(block + FREE_LINK_OFFSET)
        }
      }
    }
    for (const record of records) {
      if (!this.#enterRetired(record, seen)) return 'a retired block is free, or retired twice'
    }
    for (const cell of cells) {
      const fault = this.#faultOfCell(cell << CELL_SHIFT, seen)
      if (fault !== undefined) return `cell ${cell}: ${fault}`
    }
    return undefined
  }

  #faultOfCell(address: number, seen: Set<number>): string | undefined {
    const owner = this.#at(address + CELL_WORD_OFFSET) & OWNER_MASK
    if (owner !== 0) return `it is locked by slot ${owner}`
    const word = address + CELL_WORD_OFFSET
    const low = this.#at(word) >>> TIMESTAMP_SHIFT
    let newer = this.#at(word + 4) * LOW_TIMESTAMP_BITS + low
    const meta = this.#at(address + CELL_META_OFFSET)
    if (!this.#enter(meta, address + CELL_VALUE_OFFSET, seen))
      return 'its block is free, or used twice'
    let handle = this.#at(address + CELL_META_OFFSET + (HEAD_SHIFT >>> 3))
    while (handle !== 0) {
      const version = handle << HANDLE_SHIFT
      if (seen.has(version)) return `version ${version} is free, or in another chain`
      seen.add(version)
      const timestamp = this.#timestampAt(version + VERSION_TIMESTAMP_OFFSET)
      if (timestamp >= newer) return `version ${timestamp} comes behind ${newer}`
      newer = timestamp
      const tag = this.#at(version + VERSION_META_OFFSET)
      if (!this.#enter(tag, version + VERSION_VALUE_OFFSET, seen)) {
        return `the block of version ${timestamp} is free, or used twice`
      }
      handle = this.#at(version + VERSION_META_OFFSET + (HEAD_SHIFT >>> 3))
    }
    return undefined
  }

  #enterRetired(record: number, seen: Set<number>): boolean {
    const end = this.#at(record + THREAD_RETIRED_COUNT_OFFSET)
    for (let at = this.#at(record + THREAD_RELEASED_COUNT_OFFSET); at !== end; at++) {
      const place = record + THREAD_RETIRED_OFFSET - RETIRED_BIAS
      const element = place + ((at & (RETIRED_COUNT_MAX - 1)) << RETIRED_SHIFT)
      if (!this.#enter(TAG_BLOCK_FIRST, element + RETIRED_HANDLE_OFFSET, seen)) return false
    }
    return true
  }

  /** Notes that a value uses a block, if it does; whether nothing else does. */
  #enter(meta: number, valueAddress: number, seen: Set<number>): boolean {
    if ((meta & TAG_MASK) < TAG_BLOCK_FIRST) return true
    const block = (this.#at(valueAddress) << HANDLE_SHIFT) - BLOCK_PREFIX_LENGTH
    if (seen.has(block)) return false
    seen.add(block)
    return true
  }
}
