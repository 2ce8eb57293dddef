/** Whether the recovery of a slot, also one after another, knows how its transaction has ended, and gives back what that leaves. */
import { beforeEach, describe, expect, it } from 'vitest'
import type { Arena } from '#dist/src/memory/arena.js'
import { CELL_SHIFT, CELL_WORD_OFFSET } from '../../../native-layout/cell-descriptor.ts'
import { ENTRY_FLAGS_OFFSET, ENTRY_IGNORED } from '../../../native-layout/entry-descriptor.ts'
import {
  MODE_SERIALIZABLE,
  SLOT_ENTRIES_OFFSET,
  SLOT_OWNER_OFFSET,
  SLOT_PHASE_OFFSET,
  STATE_INSTALLING,
} from '../../../native-layout/slot-descriptor.ts'
import { STATUS_OK, TAG_BYTES } from '../../../native-layout/status-codes.ts'
import { HANDLE_SHIFT } from '../../../native-layout/version-descriptor.ts'
import { TIMESTAMP_SHIFT } from '../../../native-layout/word-descriptor.ts'
import { cellOf, createArenas } from '../../support/kernel-arena.ts'

const MIB = 1024 * 1024

let arena: Arena
let slot: number

beforeEach(() => {
  arena = createArenas(8 * MIB, 1)[0] as Arena
  slot = arena.kernel.acquireSlot() >>> 0
})

function commit(cell: number, value: number): void {
  arena.kernel.begin(slot, MODE_SERIALIZABLE)
  expect(arena.kernel.writeNumber(slot, cell, 1, value)).toBe(STATUS_OK)
  expect(arena.kernel.commit(slot)).toBe(STATUS_OK)
}

describe('the recovery of a slot', () => {
  it('says of a transaction that was rolled back that it has left nothing', () => {
    const cell = cellOf(arena, 1)
    commit(cell, 1)
    arena.kernel.begin(slot, MODE_SERIALIZABLE)
    expect(arena.kernel.writeNumber(slot, cell, 1, 2)).toBe(STATUS_OK)
    arena.kernel.abort(slot, 0)
    expect(arena.kernel.recoverSlot(slot)).toBe(0)
  })

  it('says the same again of a commit that it has finished, whose timestamp was not final', () => {
    const { kernel } = arena
    const cell = cellOf(arena, 1)
    commit(cell, 1)
    commit(cellOf(arena, 2), 2)
    kernel.begin(slot, MODE_SERIALIZABLE)
    kernel.abort(slot, 0)
    kernel.begin(slot, MODE_SERIALIZABLE)
    expect(kernel.writeNumber(slot, cell, 1, 3)).toBe(STATUS_OK)
    // As a thread leaves it that ends right after it has published its timestamp.
    const word = ((cell << CELL_SHIFT) + CELL_WORD_OFFSET) >>> 3
    const phase = (slot + SLOT_PHASE_OFFSET) >>> 3
    const owner = BigInt(arena.u32[(slot + SLOT_OWNER_OFFSET) >>> 2] as number)
    const stamp = (arena.i64[word] as bigint) >> BigInt(TIMESTAMP_SHIFT)
    arena.i64[word] = (arena.i64[word] as bigint) | owner
    arena.i64[phase] =
      (arena.i64[phase] as bigint) |
      ((stamp + 1n) << BigInt(TIMESTAMP_SHIFT)) |
      BigInt(STATE_INSTALLING)
    expect(kernel.recoverSlot(slot)).toBe(1)
    expect(kernel.recoverSlot(slot)).toBe(1)
    kernel.begin(slot, MODE_SERIALIZABLE)
    expect(kernel.read(slot, cell, 1)).toBe(3)
  })

  it('gives back a block whose write was dropped, as the commit had not yet done', () => {
    const { kernel } = arena
    const cell = cellOf(arena, 1)
    commit(cell, 1)
    kernel.begin(slot, MODE_SERIALIZABLE)
    kernel.abort(slot, 0)
    kernel.begin(slot, MODE_SERIALIZABLE)
    const block = kernel.takeData(40) >>> 0
    expect(kernel.writeValue(slot, cell, 1, TAG_BYTES, block >>> HANDLE_SHIFT, 0)).toBe(STATUS_OK)
    const entry = arena.u32[(slot + SLOT_ENTRIES_OFFSET) >>> 2] as number
    const flags = (entry + ENTRY_FLAGS_OFFSET) >>> 2
    arena.u32[flags] = (arena.u32[flags] as number) | ENTRY_IGNORED
    const phase = (slot + SLOT_PHASE_OFFSET) >>> 3
    arena.i64[phase] = (arena.i64[phase] as bigint) | BigInt(STATE_INSTALLING)
    expect(kernel.recoverSlot(slot)).toBe(1)
    expect(kernel.takeData(40) >>> 0).toBe(block)
  })
})
