/** What must be true of the ordered index whenever nobody changes it. */
import { ORDERED_ROOT_OFFSET } from '../../native-layout/arena-header-descriptor.ts'
import { BLOCK_LENGTH_DISTANCE, BLOCK_PREFIX_LENGTH } from '../../native-layout/block-descriptor.ts'
import { CELL_SHIFT } from '../../native-layout/cell-descriptor.ts'
import { NODE_KEY_OFFSET } from '../../native-layout/node-descriptor.ts'
import {
  ORDERED_DEAD,
  ORDERED_HIGH_PREFIX_OFFSET,
  ORDERED_LEVEL_MASK,
  ORDERED_LEVEL_OFFSET,
  ORDERED_LOCK_SHIFT,
  ORDERED_LOW_OFFSET,
  ORDERED_PERMUTATION_OFFSET,
  ORDERED_PREFIXES_START,
  ORDERED_REFERENCES_START,
  ORDERED_RIGHT_OFFSET,
  ORDERED_WORD_OFFSET,
} from '../../native-layout/ordered-node-descriptor.ts'
import { HANDLE_SHIFT } from '../../native-layout/version-descriptor.ts'
import { nodeAddress } from './cell-parts.ts'

/** What is in the tree. */
export interface TreeContents {
  readonly fault: string | undefined
  /** Cells in order. */
  readonly cells: readonly number[]
  /** Addresses of all nodes. */
  readonly nodes: readonly number[]
  /** Addresses of the blocks of low keys, of leaves only. */
  readonly lowKeys: readonly number[]
}

/** Walks a tree that is at rest, from the leaves up. */
class TreeWalk {
  readonly #u32: Uint32Array
  readonly #words: BigUint64Array
  readonly #bytes: Uint8Array
  readonly #isFree: (address: number) => boolean
  readonly cells: number[] = []
  readonly nodes: number[] = []
  readonly lowKeys: number[] = []

  constructor(arena: ArrayBufferLike, isFree: (address: number) => boolean) {
    this.#u32 = new Uint32Array(arena)
    this.#words = new BigUint64Array(arena)
    this.#bytes = new Uint8Array(arena)
    this.#isFree = isFree
  }

  /** What is wrong, or undefined. */
  faultOf(): string | undefined {
    const root = this.#at(ORDERED_ROOT_OFFSET)
    const levels = this.#at(root + ORDERED_LEVEL_OFFSET) & ORDERED_LEVEL_MASK
    let first = root
    for (let level = levels; level >= 0; level--) {
      const fault = this.#faultOfLevel(first, level)
      if (fault !== undefined) return fault
      first = this.#reference(first, 0)
    }
    return undefined
  }

  #faultOfLevel(first: number, level: number): string | undefined {
    if (this.#at(first + ORDERED_LOW_OFFSET) !== 0) return `level ${level} does not begin below all`
    for (let node = first; node !== 0; node = this.#at(node + ORDERED_RIGHT_OFFSET)) {
      if (this.nodes.includes(node)) return `node ${node} is reached twice`
      const fault = this.#faultOfNode(node, level)
      if (fault !== undefined) return `node ${node} of level ${level}: ${fault}`
    }
    return undefined
  }

  #faultOfNode(node: number, level: number): string | undefined {
    if (this.#isFree(node)) return 'it is free'
    this.nodes.push(node)
    const flags = this.#at(node + ORDERED_LEVEL_OFFSET)
    if ((flags & ORDERED_LEVEL_MASK) !== level) return `its level is ${flags}`
    if ((flags & ORDERED_DEAD) !== 0) return 'it is dead'
    const word = this.#words[(node + ORDERED_WORD_OFFSET) >>> 3] as bigint
    if (word >> BigInt(ORDERED_LOCK_SHIFT) !== 0n) return 'it is locked'
    const right = this.#at(node + ORDERED_RIGHT_OFFSET)
    const low = this.#lowOf(node)
    if (low !== undefined && level === 0) {
      const block = (this.#at(node + ORDERED_LOW_OFFSET) << HANDLE_SHIFT) - BLOCK_PREFIX_LENGTH
      if (this.#isFree(block)) return 'its low key is free'
      this.lowKeys.push(block)
    }
    const high = right === 0 ? undefined : this.#lowOf(right)
    if (right !== 0 && high === undefined) return 'the node to its right begins below all'
    if (high !== undefined) {
      const prefix = this.#words[(node + ORDERED_HIGH_PREFIX_OFFSET) >>> 3] as bigint
      if (prefix !== prefixOf(high)) return 'its high prefix is not that of the node to its right'
      if (low !== undefined && compare(low, high) >= 0) return 'its range is empty'
    }
    return this.#faultOfPlaces(node, level, low, high)
  }

  #faultOfPlaces(
    node: number,
    level: number,
    low: Uint8Array | undefined,
    high: Uint8Array | undefined,
  ): string | undefined {
    const permutation = this.#words[(node + ORDERED_PERMUTATION_OFFSET) >>> 3] as bigint
    const digits = new Set(Array.from({ length: 15 }, (_, i) => placeAt(permutation, i)))
    if (digits.size !== 15 || digits.has(15)) return 'its permutation has a place twice'
    const count = Number(permutation & 15n)
    if (level > 0 && count === 0) return 'it refers to nothing'
    let before: Uint8Array | undefined
    for (let position = 0; position < count; position++) {
      const reference = this.#reference(node, position)
      const key = level === 0 ? this.#keyOfCell(reference) : this.#lowOf(reference)
      if (level === 0) {
        if (this.#isFree(nodeAddress(reference << CELL_SHIFT))) return `cell ${reference} is free`
        this.cells.push(reference)
      } else if ((this.#at(reference + ORDERED_LEVEL_OFFSET) & ORDERED_DEAD) !== 0) {
        return `it refers to the dead node ${reference}`
      }
      const place = placeAt(permutation, position)
      const prefix = this.#words[(node + ORDERED_PREFIXES_START + place * 8) >>> 3] as bigint
      if (prefix !== (key === undefined ? 0n : prefixOf(key))) return `prefix ${position} is wrong`
      if (position === 0 && level > 0) {
        if ((key === undefined) !== (low === undefined)) return 'its first reference is not its low'
        if (key !== undefined && low !== undefined && compare(key, low) !== 0) {
          return 'its first reference does not have its low key'
        }
      }
      if (key === undefined) continue
      if (low !== undefined && compare(key, low) < 0) return `key ${position} lies before its range`
      if (high !== undefined && compare(key, high) >= 0) return `key ${position} lies behind it`
      if (before !== undefined && compare(before, key) >= 0)
        return `key ${position} is out of order`
      before = key
    }
    return undefined
  }

  #reference(node: number, position: number): number {
    const permutation = this.#words[(node + ORDERED_PERMUTATION_OFFSET) >>> 3] as bigint
    return this.#at(node + ORDERED_REFERENCES_START + placeAt(permutation, position) * 4)
  }

  #lowOf(node: number): Uint8Array | undefined {
    const handle = this.#at(node + ORDERED_LOW_OFFSET)
    return handle === 0 ? undefined : this.#bytesOf(handle)
  }

  #keyOfCell(cell: number): Uint8Array {
    return this.#bytesOf(this.#at(nodeAddress(cell << CELL_SHIFT) + NODE_KEY_OFFSET))
  }

  #bytesOf(handle: number): Uint8Array {
    const address = handle << HANDLE_SHIFT
    return this.#bytes.slice(address, address + this.#at(address - BLOCK_LENGTH_DISTANCE))
  }

  #at(address: number): number {
    return this.#u32[address >>> 2] as number
  }
}

function placeAt(permutation: bigint, position: number): number {
  return Number((permutation >> BigInt(4 + 4 * position)) & 15n)
}

function prefixOf(key: Uint8Array): bigint {
  let prefix = 0n
  for (let at = 0; at < 8; at++) prefix = (prefix << 8n) | BigInt(key[at] ?? 0)
  return prefix
}

function compare(first: Uint8Array, second: Uint8Array): number {
  return Buffer.compare(first, second)
}

/** What the ordered index of an arena at rest holds, and what is wrong with it. */
export function treeOf(
  arena: ArrayBufferLike,
  isFree: (address: number) => boolean = () => false,
): TreeContents {
  const walk = new TreeWalk(arena, isFree)
  const fault = walk.faultOf()
  return { fault, cells: walk.cells, nodes: walk.nodes, lowKeys: walk.lowKeys }
}
