/** What a cell word says of the meta word, and where the parts of a cell lie. */
import { beforeEach, describe, expect, it } from 'vitest'
import type { Arena } from '#dist/src/memory/arena.js'
import {
  CELL_BIAS,
  CELL_LENGTH,
  CELL_SHIFT,
  CELL_WORD_OFFSET,
  CELLS_A_PAGE,
} from '../../../native-layout/cell-descriptor.ts'
import { META_BIAS, META_START, META_WORD_OFFSET } from '../../../native-layout/meta-descriptor.ts'
import { NODE_LENGTH, NODE_START } from '../../../native-layout/node-descriptor.ts'
import { PAGE_LENGTH } from '../../../native-layout/page-descriptor.ts'
import {
  MODE_CLOSED,
  MODE_SERIALIZABLE,
  SLOT_TAG_OFFSET,
} from '../../../native-layout/slot-descriptor.ts'
import {
  STATUS_OK,
  STATUS_REF_EXPIRED,
  TAG_ABSENT,
  TAG_BOOLEAN,
} from '../../../native-layout/status-codes.ts'
import { PLAIN_FLAG, PLAIN_META } from '../../../native-layout/word-descriptor.ts'
import { cellAddress, metaAddress, nodeAddress } from '../../../src/testing/cell-parts.ts'
import { cellOf, createArenas } from '../../support/kernel-arena.ts'

const MIB = 1024 * 1024
const LINE_LENGTH = 64

let arena: Arena
let slot: number

beforeEach(() => {
  arena = createArenas(8 * MIB, 1)[0] as Arena
  slot = arena.kernel.acquireSlot() >>> 0
})

/** Writes a key in a transaction of its own. */
function commit(write: (generation: number) => number): void {
  const { kernel } = arena
  kernel.begin(slot, MODE_SERIALIZABLE)
  expect(write(1)).toBe(STATUS_OK)
  expect(kernel.commit(slot)).toBe(STATUS_OK)
}

const put = (cell: number, value: number) =>
  commit((generation) => arena.kernel.writeNumber(slot, cell, generation, value))

const putOther = (cell: number, tag: number) =>
  commit((generation) => arena.kernel.writeValue(slot, cell, generation, tag, 0, 0))

function isPlain(cell: number): boolean {
  const word = arena.i64[((cell << CELL_SHIFT) + CELL_WORD_OFFSET) >>> 3] as bigint
  return (word & BigInt(PLAIN_FLAG)) !== 0n
}

function metaOf(cell: number): bigint {
  return arena.i64[(metaAddress(cell << CELL_SHIFT) + META_WORD_OFFSET) >>> 3] as bigint
}

function tag(): number {
  return arena.u32[(slot + SLOT_TAG_OFFSET) >>> 2] as number
}

describe('a cell is plain', () => {
  it('while it holds a number, and not before', () => {
    const cell = cellOf(arena, 1)
    expect(isPlain(cell)).toBe(false)
    put(cell, 7)
    expect(isPlain(cell)).toBe(true)
    expect(metaOf(cell)).toBe(BigInt(PLAIN_META))
    put(cell, 8)
    expect(isPlain(cell)).toBe(true)
  })

  it('not while it holds something else, and again afterwards', () => {
    const cell = cellOf(arena, 1)
    put(cell, 7)
    putOther(cell, TAG_BOOLEAN)
    expect(isPlain(cell)).toBe(false)
    put(cell, 8)
    expect(isPlain(cell)).toBe(true)
    putOther(cell, TAG_ABSENT)
    expect(isPlain(cell)).toBe(false)
  })

  it('not while older versions are kept behind it, and again when nobody needs them', () => {
    const { kernel } = arena
    const cell = cellOf(arena, 1)
    put(cell, 7)
    const reader = kernel.acquireSlot() >>> 0
    kernel.begin(reader, MODE_SERIALIZABLE | MODE_CLOSED)
    put(cell, 8)
    expect(isPlain(cell)).toBe(false)
    expect(kernel.read(reader, cell, 1)).toBe(7)
    expect(kernel.commit(reader)).toBe(STATUS_OK)
    kernel.begin(reader, MODE_SERIALIZABLE)
    kernel.releaseRetired()
    kernel.releaseRetired()
    put(cell, 9)
    expect(isPlain(cell)).toBe(true)
    expect(metaOf(cell)).toBe(BigInt(PLAIN_META))
  })

  it('only for handles of its generation', () => {
    const { kernel } = arena
    const cell = cellOf(arena, 1)
    put(cell, 7)
    kernel.begin(slot, MODE_SERIALIZABLE)
    expect(kernel.read(slot, cell, 1)).toBe(7)
    expect(kernel.read(slot, cell, 2)).toBeNaN()
    expect(tag()).toBe(STATUS_REF_EXPIRED)
    expect(kernel.writeNumber(slot, cell, 2, 1)).toBe(STATUS_REF_EXPIRED)
    kernel.dismiss(slot)
    expect(kernel.read(slot, cell, 2)).toBeNaN()
    expect(tag()).toBe(STATUS_REF_EXPIRED)
    kernel.dismiss(slot)
  })
})

describe('the parts of the cells of a page', () => {
  const PAGE = 3 * PAGE_LENGTH
  const cells = Array.from({ length: CELLS_A_PAGE }, (_, index) => PAGE + index * CELL_LENGTH)

  it('lie behind one another, and in the page', () => {
    const end = (CELLS_A_PAGE - 1) * CELL_LENGTH + CELL_BIAS + CELL_LENGTH
    expect(end).toBeLessThanOrEqual(META_START)
    expect(META_START + CELLS_A_PAGE * 8).toBeLessThanOrEqual(NODE_START)
    expect(NODE_START + CELLS_A_PAGE * NODE_LENGTH).toBeLessThanOrEqual(PAGE_LENGTH)
    const metas = cells.map((cell) => metaAddress(cell) + META_BIAS)
    expect(metas.at(0)).toBe(PAGE + META_START)
    expect(metas.at(-1)).toBe(PAGE + META_START + (CELLS_A_PAGE - 1) * 8)
    const nodes = cells.map(nodeAddress)
    expect(nodes.at(0)).toBe(PAGE + NODE_START)
    expect(nodes.at(-1)).toBe(PAGE + NODE_START + (CELLS_A_PAGE - 1) * NODE_LENGTH)
    expect(nodes.map(cellAddress)).toEqual(cells)
  })

  it('do not cross cache lines', () => {
    expect(CELL_BIAS % CELL_LENGTH).toBe(0)
    expect(LINE_LENGTH % CELL_LENGTH).toBe(0)
    expect((NODE_START + NODE_LENGTH) % NODE_LENGTH).toBe(0)
  })

  it('are used once each, those of one line last', () => {
    const made = Array.from(
      { length: 2 * CELLS_A_PAGE },
      (_, key) => cellOf(arena, key) << CELL_SHIFT,
    )
    expect(new Set(made).size).toBe(made.length)
    for (const cell of made) expect((cell % PAGE_LENGTH) / CELL_LENGTH).toBeLessThan(CELLS_A_PAGE)
    const lines = made.slice(0, CELLS_A_PAGE / 4).map((cell) => (cell + CELL_BIAS) >>> 6)
    expect(new Set(lines).size).toBe(lines.length)
  })
})
