/** The order in which a commit locks what it writes: ascending ids, whatever order the writes came in. */
import { describe, expect, it } from 'vitest'
import type { Arena } from '#dist/src/memory/arena.js'
import { CELL_SHIFT, CELL_WORD_OFFSET } from '../../../native-layout/cell-descriptor.ts'
import { ENTRY_CELL_OFFSET } from '../../../native-layout/entry-descriptor.ts'
import {
  MODE_SERIALIZABLE,
  SLOT_ORDER_OFFSET,
  SLOT_OWNER_OFFSET,
  SLOT_WRITE_COUNT_OFFSET,
} from '../../../native-layout/slot-descriptor.ts'
import { STATUS_BUSY, STATUS_OK } from '../../../native-layout/status-codes.ts'
import { cellOf, createArenas } from '../../support/kernel-arena.ts'
import { randomFrom, testSeed } from '../../support/random.ts'

const MIB = 1024 * 1024

/** Has a cell be locked by another slot. */
function lock(arena: Arena, cell: number): void {
  const other = arena.kernel.acquireSlot() >>> 0
  const word = ((cell << CELL_SHIFT) + CELL_WORD_OFFSET) >>> 3
  const owner = BigInt(arena.u32[(other + SLOT_OWNER_OFFSET) >>> 2] as number)
  arena.i64[word] = (arena.i64[word] as bigint) | owner
}

/** The cells of the lock order of a slot. */
function lockOrder(arena: Arena, slot: number): number[] {
  const order = arena.u32[(slot + SLOT_ORDER_OFFSET) >>> 2] as number
  const count = arena.u32[(slot + SLOT_WRITE_COUNT_OFFSET) >>> 2] as number
  return Array.from({ length: count }, (_, i) => {
    const entry = arena.u32[(order >>> 2) + i] as number
    return arena.u32[(entry + ENTRY_CELL_OFFSET) >>> 2] as number
  })
}

describe('the lock order', () => {
  it.each([1, 2, 16, 48, 49, 50, 97, 1000, 5000])('is that of the ids of %i cells', (count) => {
    const arena = createArenas(32 * MIB, 1)[0] as Arena
    const { kernel } = arena
    const random = randomFrom(testSeed())
    const slot = kernel.acquireSlot() >>> 0
    const cells = Array.from({ length: count }, (_, key) => cellOf(arena, key))
    kernel.begin(slot, MODE_SERIALIZABLE)
    const shuffled = cells
      .map((cell) => ({ cell, place: random() }))
      .sort((one, other) => one.place - other.place)
    for (const { cell } of shuffled) {
      expect(kernel.writeNumber(slot, cell, 1, 1)).toBe(STATUS_OK)
    }
    lock(arena, cells[0] as number)
    expect(kernel.commit(slot)).toBe(STATUS_BUSY)

    const order = lockOrder(arena, slot)
    expect(order).toEqual([...order].sort((one, other) => one - other))
    const written = new Set(order)
    expect(written.size).toBe(order.length)
    for (const cell of cells) expect(written.has(cell)).toBe(true)
  })
})
