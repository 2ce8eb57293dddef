import type { Khonsu } from 'khonsu'
import { PAGE_TABLE_ADDRESS } from '../../native-layout/arena-header-descriptor.ts'
import {
  CELL_LENGTH,
  CELL_VALUE_OFFSET,
  CELL_WORD_OFFSET,
  CELLS_A_PAGE,
} from '../../native-layout/cell-descriptor.ts'
import { META_WORD_OFFSET } from '../../native-layout/meta-descriptor.ts'
import {
  CELL_CLASS,
  PAGE_CLASS_SHIFT,
  PAGE_LENGTH,
  PAGE_SLAB,
} from '../../native-layout/page-descriptor.ts'
import {
  OWNER_ID_SHIFT,
  OWNER_MASK,
  PLAIN_FLAG,
  TAG_MASK,
} from '../../native-layout/word-descriptor.ts'
import { metaAddress } from '../../src/testing/cell-parts.ts'

const CELL_PAGE = PAGE_SLAB | (CELL_CLASS << PAGE_CLASS_SHIFT)
const KIND_AND_CLASS = 0xffff

/** One cell in the shared memory of a store, found by the number it holds: to damage it. */
export interface ExposedCell {
  /** Sets the owner bits of the cell word, as a thread does that locks the cell. */
  lock(slotId: number): void
  unlock(): void
  /** Overwrites the tag of the value. */
  setTag(tag: number): void
}

/** Finds the only cell that holds this number. */
export function exposeCell(khonsu: Khonsu, value: number): ExposedCell {
  const { buffer } = khonsu.share().memory
  const address = addressOf(buffer, value)
  const words = new BigInt64Array(buffer)
  const wordAt = (address + CELL_WORD_OFFSET) / 8
  const metaAt = (metaAddress(address) + META_WORD_OFFSET) / 8
  return {
    lock: (slotId) => void Atomics.or(words, wordAt, BigInt(slotId << OWNER_ID_SHIFT)),
    unlock: () => void Atomics.and(words, wordAt, ~BigInt(OWNER_MASK)),
    setTag: (tag) => {
      Atomics.and(words, wordAt, ~BigInt(PLAIN_FLAG))
      const meta = Atomics.load(words, metaAt)
      Atomics.store(words, metaAt, (meta & ~BigInt(TAG_MASK)) | BigInt(tag))
    },
  }
}

function addressOf(buffer: ArrayBufferLike, value: number): number {
  const numbers = new Float64Array(buffer)
  const pages = new Uint32Array(buffer, PAGE_TABLE_ADDRESS, buffer.byteLength / PAGE_LENGTH)
  const found: number[] = []
  for (const [page, entry] of pages.entries()) {
    if ((entry & KIND_AND_CLASS) !== CELL_PAGE) continue
    const first = page * PAGE_LENGTH
    const end = first + CELLS_A_PAGE * CELL_LENGTH
    for (let address = first; address < end; address += CELL_LENGTH) {
      if (numbers[(address + CELL_VALUE_OFFSET) / 8] === value) found.push(address)
    }
  }
  if (found.length !== 1) throw new Error(`${found.length} cells hold ${value}`)
  return found[0] as number
}
