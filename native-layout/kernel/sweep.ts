/** Cutting the chains of cells that nobody writes any more. */
import { CELL_LENGTH, CELL_META_OFFSET, CELL_SHIFT, CELL_WORD_OFFSET } from '../cell-descriptor'
import { NODE_DISPLACEMENT } from '../node-descriptor'
import { CELL_CLASS, PAGE_CLASS_SHIFT, PAGE_SHIFT, PAGE_SLAB } from '../page-descriptor'
import { SLOT_ID_OFFSET, SLOT_SWEPT_CELL_OFFSET } from '../slot-descriptor'
import { HANDLE_SHIFT, VERSION_META_OFFSET, VERSION_TIMESTAMP_OFFSET } from '../version-descriptor'
import { HEAD_SHIFT, OWNER_MASK, TAG_MASK, TIMESTAMP_SHIFT } from '../word-descriptor'
import { giveChain, horizon } from './horizon'
import { HEAD_MASK } from './install'
import { pageEntry } from './pages'

/** Cuts the chain of a locked cell; the handle of what was cut off, or 0. */
function cutCell(cell: usize): u32 {
  const meta = atomic.load<u64>(cell, CELL_META_OFFSET)
  const stamp = atomic.load<u64>(cell, CELL_WORD_OFFSET) >> TIMESTAMP_SHIFT
  let handle = <u32>(meta >> HEAD_SHIFT)
  if (stamp <= horizon()) {
    atomic.store<u64>(cell, meta & ~HEAD_MASK, CELL_META_OFFSET)
    return handle
  }
  while (handle != 0) {
    const version = (<usize>handle) << HANDLE_SHIFT
    const link = atomic.load<u64>(version, VERSION_META_OFFSET)
    handle = <u32>(link >> HEAD_SHIFT)
    if (handle == 0 || atomic.load<u64>(version, VERSION_TIMESTAMP_OFFSET) > horizon()) continue
    atomic.store<u64>(version, link & TAG_MASK, VERSION_META_OFFSET)
    return handle
  }
  return 0
}

/**
 * Cuts the chains of the cells in one page down to what live snapshots need, under the cell's lock
 * in the name of `slot`; locked cells are passed over. Versions given back.
 */
export function sweepPage(slot: usize, page: u32): u32 {
  if ((pageEntry(page) & 0xffff) != (PAGE_SLAB | (CELL_CLASS << PAGE_CLASS_SHIFT))) return 0
  const id = <u64>load<u32>(slot, SLOT_ID_OFFSET)
  const start = (<usize>page) << PAGE_SHIFT
  let freed: u32 = 0
  for (let offset: usize = 0; offset < NODE_DISPLACEMENT; offset += CELL_LENGTH) {
    const cell = start + offset
    if (atomic.load<u64>(cell, CELL_META_OFFSET) >> HEAD_SHIFT == 0) continue
    const word = atomic.load<u64>(cell, CELL_WORD_OFFSET)
    if (<u32>word & OWNER_MASK) continue
    store<u32>(slot, <u32>(cell >> CELL_SHIFT), SLOT_SWEPT_CELL_OFFSET)
    if (atomic.cmpxchg<u64>(cell, word, word | id, CELL_WORD_OFFSET) != word) continue
    const chain = cutCell(cell)
    atomic.store<u64>(cell, word, CELL_WORD_OFFSET)
    store<u32>(slot, 0, SLOT_SWEPT_CELL_OFFSET)
    freed += giveChain(chain)
  }
  return freed
}
