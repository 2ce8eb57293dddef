/** What a write that has failed leaves in the access set, and reads of the same cell after it. */
import { beforeEach, describe, expect, it } from 'vitest'
import type { Arena } from '#dist/src/memory/arena.js'
import { MODE_SERIALIZABLE, SLOT_TAG_OFFSET } from '../../../native-layout/slot-descriptor.ts'
import {
  STATUS_OK,
  STATUS_SNAPSHOT_MOVED,
  STATUS_STALE_READ,
} from '../../../native-layout/status-codes.ts'
import { cellOf, createArenas } from '../../support/kernel-arena.ts'

const MIB = 1024 * 1024

let arena: Arena
let slot: number
let other: number

beforeEach(() => {
  arena = createArenas(8 * MIB, 1)[0] as Arena
  slot = arena.kernel.acquireSlot() >>> 0
  other = arena.kernel.acquireSlot() >>> 0
})

function commitOther(cell: number, value: number): void {
  const { kernel } = arena
  kernel.begin(other, MODE_SERIALIZABLE)
  expect(kernel.writeNumber(other, cell, 1, value)).toBe(STATUS_OK)
  expect(kernel.commit(other)).toBe(STATUS_OK)
}

/** A cell with 1 in it, of which a transaction has looked at what a write is based on. */
function cellLookedAt(): number {
  const cell = cellOf(arena, 1)
  commitOther(cell, 1)
  arena.kernel.begin(slot, MODE_SERIALIZABLE)
  expect(arena.kernel.readBase(slot, cell, 1)).toBe(1)
  return cell
}

describe('a read of a cell that a write has given up', () => {
  it('is validated', () => {
    const { kernel } = arena
    const cell = cellLookedAt()
    expect(kernel.read(slot, cell, 1)).toBe(1)
    commitOther(cell, 2)
    expect(kernel.writeNumber(slot, cellOf(arena, 2), 1, 5)).toBe(STATUS_OK)
    expect(kernel.commit(slot)).toBe(STATUS_STALE_READ)
  })

  it('ends the attempt when the cell has changed since', () => {
    const { kernel } = arena
    const cell = cellLookedAt()
    commitOther(cell, 2)
    expect(kernel.read(slot, cell, 1)).toBeNaN()
    expect(arena.u32[(slot + SLOT_TAG_OFFSET) >>> 2]).toBe(STATUS_SNAPSHOT_MOVED)
  })
})
