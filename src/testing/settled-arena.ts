/** What must be true of the arena whenever no transaction is open. */

import {
  CLOSED_MAP_OFFSET,
  HEADER_GAP_ADDRESS_OFFSET,
  HEADER_GAP_COUNT_OFFSET,
  JUDGE_OFFSET,
  JUDGEABLE_MAP_OFFSET,
  SEGMENT_TABLE_OFFSET,
  SLOT_COUNT_OFFSET,
  SLOT_TABLE_ADDRESS,
  THREAD_COUNT_MAX,
} from '../../native-layout/arena-header-descriptor.ts'
import { BLOCK_PREFIX_LENGTH } from '../../native-layout/block-descriptor.ts'
import {
  CELL_SHIFT,
  CELL_VALUE_OFFSET,
  CELL_WORD_OFFSET,
} from '../../native-layout/cell-descriptor.ts'
import { GAP_LENGTH, GAP_WORD_OFFSET } from '../../native-layout/gap-descriptor.ts'
import {
  BUCKET_FLAG,
  BUCKET_SHIFT,
  DELETED_FLAG,
  SEGMENT_BUCKETS_MIN,
  SEGMENT_SHIFT,
  TARGET_MASK,
} from '../../native-layout/index-descriptor.ts'
import { META_WORD_OFFSET } from '../../native-layout/meta-descriptor.ts'
import { NODE_KEY_OFFSET, NODE_LINK_OFFSET } from '../../native-layout/node-descriptor.ts'
import { CLASS_COUNT, FREE_LINK_OFFSET } from '../../native-layout/page-descriptor.ts'
import {
  RETIRED_BIAS,
  RETIRED_COUNT_MAX,
  RETIRED_HANDLE_OFFSET,
  RETIRED_SHIFT,
} from '../../native-layout/retired-descriptor.ts'
import {
  SLOT_OWNER_OFFSET,
  SLOT_PHASE_OFFSET,
  STATE_FREE,
} from '../../native-layout/slot-descriptor.ts'
import { TAG_ABSENT, TAG_BATCH, TAG_BLOCK_FIRST } from '../../native-layout/status-codes.ts'
import {
  THREAD_FREE_LISTS_OFFSET,
  THREAD_LIMBO_OFFSET,
  THREAD_ORDERED_LIMBO_OFFSET,
  THREAD_RELEASED_COUNT_OFFSET,
  THREAD_RETIRED_COUNT_OFFSET,
  THREAD_RETIRED_OFFSET,
} from '../../native-layout/thread-descriptor.ts'
import {
  HANDLE_SHIFT,
  VERSION_BIAS,
  VERSION_CHAIN_OFFSET,
  VERSION_VALUE_OFFSET,
  VERSION_WORD_OFFSET,
} from '../../native-layout/version-descriptor.ts'
import {
  HEAD_SHIFT,
  OWNER_ID_SHIFT,
  OWNER_MASK,
  PLAIN_FLAG,
  PLAIN_META,
  TAG_MASK,
  TIMESTAMP_SHIFT,
} from '../../native-layout/word-descriptor.ts'
import { stateIn } from '../memory/phase.ts'
import { cellAddress, metaAddress, nodeAddress } from './cell-parts.ts'
import { SettledBatches } from './settled-batches.ts'
import { treeOf } from './settled-tree.ts'

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
   * What is wrong, or undefined: a locked cell or gap, a slot that is not free, a mark of a transaction
   * that has ended, a list of cells that is
   * not in order (X1), a chain whose timestamps do not decrease (I-3), a version, a block or a cell
   * that is used and free, or used twice (I-5), a chunk that has fewer references than are found, or,
   * unless a thread has died, more.
   */
  faultOf(records: readonly number[], hasDied: boolean): string | undefined {
    const batches = new SettledBatches(this.#u32.buffer)
    return (
      this.#lockedGap() ??
      this.#openSlot() ??
      this.#setMark() ??
      this.#misused(records, batches) ??
      batches.faultOf(hasDied)
    )
  }

  #at(address: number): number {
    return this.#u32[address >>> 2] as number
  }

  /** The timestamp in a cell word or a version word. */
  #timestampIn(word: number): number {
    return this.#at(word + 4) * LOW_TIMESTAMP_BITS + (this.#at(word) >>> TIMESTAMP_SHIFT)
  }

  #lockedGap(): string | undefined {
    const first = this.#at(HEADER_GAP_ADDRESS_OFFSET)
    const count = this.#at(HEADER_GAP_COUNT_OFFSET)
    for (let gap = 0; gap < count; gap++) {
      const word = this.#at(first + gap * GAP_LENGTH + GAP_WORD_OFFSET)
      if ((word & OWNER_MASK) !== 0) return `gap cell ${gap} is locked`
    }
    return undefined
  }

  #openSlot(): string | undefined {
    const count = this.#at(SLOT_COUNT_OFFSET)
    for (let id = 1; id <= count; id++) {
      const slot = this.#at(SLOT_TABLE_ADDRESS + (id << 2))
      const state = stateIn(this.#at(slot + SLOT_PHASE_OFFSET), this.#at(slot + SLOT_OWNER_OFFSET))
      if (state !== STATE_FREE) return `slot ${id} is in state ${state}`
    }
    return undefined
  }

  /** Marks that are left of transactions which have ended. */
  #setMark(): string | undefined {
    if (this.#at(JUDGE_OFFSET) !== 0) return `slot ${this.#at(JUDGE_OFFSET)} has the judge`
    for (let at = 0; at < THREAD_COUNT_MAX >>> 3; at += 4) {
      if (this.#at(CLOSED_MAP_OFFSET + at) !== 0) return 'a closed snapshot is said to be open'
      if (this.#at(JUDGEABLE_MAP_OFFSET + at) !== 0) return 'a judgeable one is said to be open'
    }
    return undefined
  }

  #misused(records: readonly number[], batches: SettledBatches): string | undefined {
    const seen = new Set<number>()
    for (const record of records) {
      for (let sizeClass = 0; sizeClass < CLASS_COUNT; sizeClass++) {
        const list = record + THREAD_FREE_LISTS_OFFSET + (sizeClass << 2)
        const twice = this.#enterFree(list, seen)
        if (twice !== undefined) return `block ${twice} is free twice`
      }
    }
    for (const record of records) {
      if (!this.#enterRetired(record, seen)) return 'a retired block is free, or retired twice'
      const twice = this.#enterFree(record + THREAD_LIMBO_OFFSET, seen)
      if (twice !== undefined) {
        return `cell ${cellAddress(twice) >>> CELL_SHIFT} is in limbo and free`
      }
      const node = this.#enterFree(record + THREAD_ORDERED_LIMBO_OFFSET, seen)
      if (node !== undefined) return `node ${node} is in limbo and free`
    }
    for (const record of records) {
      const fault = batches.enterReplaced(record, seen)
      if (fault !== undefined) return fault
    }
    const pinned = batches.enterPins(seen)
    if (pinned !== undefined) return pinned
    const free = new Set(seen)
    const listed = new Map<number, boolean>()
    return this.#faultOfList(seen, listed, batches) ?? this.#faultOfTree(seen, free, listed)
  }

  /** The tree refers to cells of the list only, and to all in which something was committed (O3). */
  #faultOfTree(
    seen: Set<number>,
    free: ReadonlySet<number>,
    listed: ReadonlyMap<number, boolean>,
  ): string | undefined {
    const tree = treeOf(this.#u32.buffer, (address) => free.has(address))
    if (tree.fault !== undefined) return `the ordered index: ${tree.fault}`
    const used = [...tree.nodes, ...tree.lowKeys].find((block) => seen.has(block))
    if (used !== undefined) return `the ordered index uses ${used}, and something else does`
    const ordered = new Set(tree.cells)
    const foreign = tree.cells.find((cell) => !listed.has(cell))
    if (foreign !== undefined) return `cell ${foreign} is in the ordered index and in no list`
    for (const [cell, isBorn] of listed) {
      if (isBorn && !ordered.has(cell)) return `cell ${cell} is not in the ordered index`
    }
    return undefined
  }

  /** Notes the blocks of a list, whose first one this address holds; one that was noted before. */
  #enterFree(list: number, seen: Set<number>): number | undefined {
    for (let block = this.#at(list); block !== 0; block = this.#at(block + FREE_LINK_OFFSET)) {
      if (seen.has(block) || seen.size > LENGTH_MAX) return block
      seen.add(block)
    }
    return undefined
  }

  /** Goes along the list of the hash index. */
  #faultOfList(
    seen: Set<number>,
    listed: Map<number, boolean>,
    batches: SettledBatches,
  ): string | undefined {
    let link = this.#at(SEGMENT_TABLE_OFFSET)
    let before = 0
    for (let count = 0; count < LENGTH_MAX; count++) {
      const split = this.#at(link + 4)
      if (split < before) return `the list of cells is not in order at ${link}`
      before = split
      const target = this.#at(link)
      const number = target & TARGET_MASK
      if (number === 0) return undefined
      if ((target & BUCKET_FLAG) !== 0) {
        link = this.#addressOfBucket(number)
        continue
      }
      const address = number << CELL_SHIFT
      link = nodeAddress(address) + NODE_LINK_OFFSET
      const fault = this.#faultOfCell(address, seen, batches)
      if (fault !== undefined) return `cell ${number}: ${fault}`
      listed.set(number, this.#isBorn(address))
    }
    return 'the list of cells has no end'
  }

  /** Whether something was committed in a cell since its key got it (C3). */
  #isBorn(address: number): boolean {
    if ((this.#at(metaAddress(address) + META_WORD_OFFSET) & TAG_MASK) !== TAG_ABSENT) return true
    return (
      this.#at(address + CELL_VALUE_OFFSET) === 0 && this.#at(address + CELL_VALUE_OFFSET + 4) === 0
    )
  }

  #addressOfBucket(bucket: number): number {
    if (bucket < SEGMENT_BUCKETS_MIN)
      return this.#at(SEGMENT_TABLE_OFFSET) + (bucket << BUCKET_SHIFT)
    const top = 31 - Math.clz32(bucket)
    const segment = this.#at(SEGMENT_TABLE_OFFSET + ((top - SEGMENT_SHIFT + 1) << 2))
    return segment + ((bucket ^ (1 << top)) << BUCKET_SHIFT)
  }

  #faultOfCell(address: number, seen: Set<number>, batches: SettledBatches): string | undefined {
    const node = nodeAddress(address)
    if (seen.has(node)) return 'it is free, or linked twice'
    seen.add(node)
    if ((this.#at(node + NODE_LINK_OFFSET) & DELETED_FLAG) !== 0) return 'it is marked as deleted'
    const key = (this.#at(node + NODE_KEY_OFFSET) << HANDLE_SHIFT) - BLOCK_PREFIX_LENGTH
    if (seen.has(key)) return 'its key is free, or used twice'
    seen.add(key)
    const owner = (this.#at(address + CELL_WORD_OFFSET) & OWNER_MASK) >>> OWNER_ID_SHIFT
    if (owner !== 0) return `it is locked by slot ${owner}`
    let newer = this.#timestampIn(address + CELL_WORD_OFFSET)
    const metaAt = metaAddress(address) + META_WORD_OFFSET
    const meta = this.#at(metaAt)
    const newest = this.#at(metaAt + (HEAD_SHIFT >>> 3))
    const isPlain = meta === PLAIN_META && newest === 0
    if ((this.#at(address + CELL_WORD_OFFSET) & PLAIN_FLAG) !== 0 && !isPlain)
      return 'it is not plain'
    const fault = this.#enter(meta, address + CELL_VALUE_OFFSET, seen, batches)
    if (fault !== undefined) return fault
    let handle = newest
    while (handle !== 0) {
      const version = handle << HANDLE_SHIFT
      const block = version + VERSION_BIAS
      if (seen.has(block)) return `version ${version} is free, or in another chain`
      seen.add(block)
      if (this.#at(version + VERSION_CHAIN_OFFSET) !== address >>> CELL_SHIFT) {
        return `version ${version} is of another cell`
      }
      const timestamp = this.#timestampIn(version + VERSION_WORD_OFFSET)
      if (timestamp >= newer) return `version ${timestamp} comes behind ${newer}`
      newer = timestamp
      const tag = this.#at(version + VERSION_WORD_OFFSET)
      const fault = this.#enter(tag, version + VERSION_VALUE_OFFSET, seen, batches)
      if (fault !== undefined) return `version ${timestamp}: ${fault}`
      handle = this.#at(version + VERSION_CHAIN_OFFSET + (HEAD_SHIFT >>> 3))
    }
    return undefined
  }

  #enterRetired(record: number, seen: Set<number>): boolean {
    const end = this.#at(record + THREAD_RETIRED_COUNT_OFFSET)
    for (let at = this.#at(record + THREAD_RELEASED_COUNT_OFFSET); at !== end; at++) {
      const place = record + THREAD_RETIRED_OFFSET - RETIRED_BIAS
      const element = place + ((at & (RETIRED_COUNT_MAX - 1)) << RETIRED_SHIFT)
      const block =
        (this.#at(element + RETIRED_HANDLE_OFFSET) << HANDLE_SHIFT) - BLOCK_PREFIX_LENGTH
      if (seen.has(block)) return false
      seen.add(block)
    }
    return true
  }

  /** Notes that a value uses a block or a batch, if it does; what is wrong with that, or undefined. */
  #enter(
    meta: number,
    valueAddress: number,
    seen: Set<number>,
    batches: SettledBatches,
  ): string | undefined {
    const tag = meta & TAG_MASK
    if (tag < TAG_BLOCK_FIRST) return undefined
    if (tag === TAG_BATCH) {
      return batches.enter(this.#at(valueAddress), this.#at(valueAddress + 4), seen)
    }
    const block = (this.#at(valueAddress) << HANDLE_SHIFT) - BLOCK_PREFIX_LENGTH
    if (seen.has(block)) return 'its block is free, or used twice'
    seen.add(block)
    return undefined
  }
}
