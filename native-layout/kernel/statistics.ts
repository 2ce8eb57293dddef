/** What stats() reports: counters of threads and slots, and the length of chains. */
import { CELL_LENGTH, CELLS_A_PAGE } from '../cell-descriptor'
import { NODE_KEY_OFFSET } from '../node-descriptor'
import { CELL_CLASS, PAGE_CLASS_SHIFT, PAGE_SHIFT, PAGE_SLAB } from '../page-descriptor'
import { SLOT_MODE_OFFSET, SLOT_NAME_OFFSET, SLOT_PHASE_OFFSET } from '../slot-descriptor'
import { HANDLE_SHIFT } from '../version-descriptor'
import { HEAD_SHIFT } from '../word-descriptor'
import { metaOf, nodeOf } from './cell'
import { slotAddress, slotCount } from './horizon'
import { behind } from './install'
import { pageEntry } from './pages'
import { threadRecord } from './thread-record'
import { isPinned } from './transaction'

/** Longest chain that is followed to its end. */
const CHAIN_LENGTH_MAX: u32 = 65535

/** One statistic of one thread. */
export function threadStatistic(index: u32, offset: u32): f64 {
  const record = threadRecord(index)
  return record == 0 ? 0 : <f64>load<i64>(record + offset)
}

/**
 * Transactions that have published a snapshot and have this bit of their mode. Other threads' modes are
 * read while these may change them: a number for people.
 */
export function countOpen(bit: u32): u32 {
  const count = slotCount()
  let open: u32 = 0
  for (let id: u32 = 1; id <= count; id++) {
    const slot = slotAddress(id)
    if (slot != 0 && isPinned(slot) && load<u32>(slot, SLOT_MODE_OFFSET) & bit) open++
  }
  return open
}

/** The phase word of a slot, or 0. */
export function slotPhase(id: u32): u64 {
  const slot = slotAddress(id)
  return slot == 0 ? 0 : atomic.load<u64>(slot, SLOT_PHASE_OFFSET)
}

/** Handle of the name of the transaction in a slot, or 0. */
export function slotName(id: u32): u32 {
  const slot = slotAddress(id)
  return slot == 0 ? 0 : atomic.load<u32>(slot, SLOT_NAME_OFFSET)
}

function chainLength(cell: usize): u32 {
  let version = (<usize>(<u32>(metaOf(cell) >> HEAD_SHIFT))) << HANDLE_SHIFT
  let length: u32 = 0
  while (version != 0 && length < CHAIN_LENGTH_MAX) {
    length++
    version = behind(version)
  }
  return length
}

/** Chains of the cells in one page: `longest << 48 | versions << 16 | cells`; 0: no cell page. */
export function pageChains(page: u32): u64 {
  const entry = pageEntry(page)
  if ((entry & 0xffff) != (PAGE_SLAB | (CELL_CLASS << PAGE_CLASS_SHIFT))) return 0
  let cells: u64 = 0
  let versions: u64 = 0
  let longest: u32 = 0
  const start = (<usize>page) << PAGE_SHIFT
  const end = start + CELLS_A_PAGE * CELL_LENGTH
  for (let cell = start; cell < end; cell += CELL_LENGTH) {
    if (<u32>atomic.load<u64>(nodeOf(cell), NODE_KEY_OFFSET) == 0) continue
    const length = chainLength(cell)
    cells++
    versions += length
    if (length > longest) longest = length
  }
  return ((<u64>longest) << 48) | (versions << 16) | cells
}
