/** What leaves of the ordered index and cells hand to one another: stamps of readers. */
import { beforeEach, describe, expect, it } from 'vitest'
import type { Arena } from '#dist/src/memory/arena.js'
import { treeOf } from '#dist/src/testing/settled-tree.js'
import { CELL_SHIFT } from '../../../native-layout/cell-descriptor.ts'
import { NODE_PSTAMP_OFFSET } from '../../../native-layout/node-descriptor.ts'
import { ORDERED_PSTAMP_OFFSET } from '../../../native-layout/ordered-node-descriptor.ts'
import { MODE_SERIALIZABLE } from '../../../native-layout/slot-descriptor.ts'
import { STATUS_OK, TAG_ABSENT } from '../../../native-layout/status-codes.ts'
import { nodeAddress } from '../../../src/testing/cell-parts.ts'
import { createArenas } from '../../support/kernel-arena.ts'

const MIB = 1024 * 1024
const LEAF_PLACES = 15
const ANY_CLOCK = 2n ** 50n

let arena: Arena
let slot: number

beforeEach(() => {
  arena = createArenas(8 * MIB, 1)[0] as Arena
  slot = arena.kernel.acquireSlot() >>> 0
})

/** Writes a key in a transaction of its own, or deletes it; its cell. */
function put(key: number, isThere = true): number {
  const { kernel } = arena
  arena.bytes.set([1, key], arena.scratch)
  const cell = kernel.lookUpOrInsert(2)
  kernel.begin(slot, MODE_SERIALIZABLE)
  const generation = kernel.foundGeneration()
  const status = isThere
    ? kernel.writeNumber(slot, cell, generation, key)
    : kernel.writeValue(slot, cell, generation, TAG_ABSENT, 0, 0)
  expect(status).toBe(STATUS_OK)
  expect(kernel.commit(slot)).toBe(STATUS_OK)
  return cell
}

function leaves(): readonly number[] {
  const { nodes, fault } = treeOf(arena.memory.buffer)
  expect(fault).toBeUndefined()
  return nodes.filter((_, at) => nodes.length === 1 || at > 0)
}

function stampOfLeaf(leaf: number): bigint {
  return arena.i64[(leaf + ORDERED_PSTAMP_OFFSET) >>> 3] as bigint
}

function cellStampIndex(cell: number): number {
  return (nodeAddress(cell << CELL_SHIFT) + NODE_PSTAMP_OFFSET) >>> 3
}

describe('the largest stamp of a reader', () => {
  it('of a leaf is that of both halves when it is split', () => {
    for (let key = 0; key < LEAF_PLACES; key++) put(key * 2)
    const [first] = leaves() as [number]
    arena.i64[(first + ORDERED_PSTAMP_OFFSET) >>> 3] = 77n
    put(9)
    expect(leaves().length).toBe(2)
    expect(leaves().map(stampOfLeaf)).toEqual([77n, 77n])
  })

  it('of a leaf is that of a cell that is put into it', () => {
    const [leaf] = leaves() as [number]
    arena.i64[(leaf + ORDERED_PSTAMP_OFFSET) >>> 3] = 77n
    expect(arena.i64[cellStampIndex(put(1))]).toBe(77n)
  })

  it('of a cell is that of its leaf when it is taken out, and of the left neighbour when that goes', () => {
    for (let key = 0; key < LEAF_PLACES; key++) put(key)
    const cell = put(LEAF_PLACES)
    expect(leaves().length).toBe(2)
    arena.i64[cellStampIndex(cell)] = 88n
    put(LEAF_PLACES, false)
    for (let round = 0; round < 2; round++) arena.kernel.releaseRetired()
    arena.kernel.sweepCells(slot, cell, 1, ANY_CLOCK, 0n)
    expect(leaves().length).toBe(1)
    expect(leaves().map(stampOfLeaf)).toEqual([88n])
  })
})
