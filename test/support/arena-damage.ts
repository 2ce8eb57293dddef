import type { Khonsu } from 'khonsu'
import { PAGE_TABLE_ADDRESS } from '../../native-layout/arena-header-descriptor.ts'
import {
  CELL_LENGTH,
  CELL_META_OFFSET,
  CELL_VALUE_OFFSET,
  CELL_WORD_OFFSET,
} from '../../native-layout/cell-descriptor.ts'
import {
  CELL_CLASS,
  PAGE_CLASS_SHIFT,
  PAGE_LENGTH,
  PAGE_SLAB,
} from '../../native-layout/page-descriptor.ts'
import { OWNER_MASK, TAG_MASK } from '../../native-layout/word-descriptor.ts'

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
  const metaAt = (address + CELL_META_OFFSET) / 8
  return {
    lock: (slotId) => void Atomics.or(words, wordAt, BigInt(slotId)),
    unlock: () => void Atomics.and(words, wordAt, ~BigInt(OWNER_MASK)),
    setTag: (tag) => {
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
    const end = (page + 1) * PAGE_LENGTH
    for (let address = page * PAGE_LENGTH; address < end; address += CELL_LENGTH) {
      if (numbers[(address + CELL_VALUE_OFFSET) / 8] === value) found.push(address)
    }
  }
  if (found.length !== 1) throw new Error(`${found.length} cells hold ${value}`)
  return found[0] as number
}
