/**
 * Finishing or undoing what a thread left that died or was thrown out of the kernel, slot by slot, as
 * the state table in ARCHITECTURE.md says: INSTALLING is rolled forward, everything before it is
 * rolled back. Only cells that the slot still owns are touched, so that it may be done again after
 * whoever does it died too.
 */
import { CELL_SHIFT, CELL_VALUE_OFFSET, CELL_WORD_OFFSET } from '../cell-descriptor'
import {
  ENTRY_CELL_OFFSET,
  ENTRY_DECIDED,
  ENTRY_FLAGS_OFFSET,
  ENTRY_GAP,
  ENTRY_IGNORED,
  ENTRY_RETIRING,
  ENTRY_TAG_OFFSET,
  ENTRY_VALUE_OFFSET,
  ENTRY_VERSION_OFFSET,
  ENTRY_WRITE,
} from '../entry-descriptor'
import { VERSION_CLASS } from '../page-descriptor'
import {
  MODE_CLOSED,
  MODE_JUDGEABLE,
  SLOT_COMMIT_TIMESTAMP_OFFSET,
  SLOT_ENTRY_COUNT_OFFSET,
  SLOT_ID_OFFSET,
  SLOT_MODE_OFFSET,
  SLOT_NEXT_FREE_OFFSET,
  SLOT_OWNER_OFFSET,
  SLOT_PHASE_OFFSET,
  SLOT_PI_OFFSET,
  SLOT_SWEPT_CELL_OFFSET,
  SLOT_THREAD_OFFSET,
  SLOT_WRITE_COUNT_OFFSET,
  STATE_FREE,
  STATE_INSTALLING,
  SWEPT_DEAD,
} from '../slot-descriptor'
import { THREAD_FREE_SLOT_OFFSET, THREAD_INDEX_OFFSET } from '../thread-descriptor'
import { HANDLE_SHIFT } from '../version-descriptor'
import {
  GENERATION_SHIFT,
  HEAD_SHIFT,
  OWNER_MASK,
  STATE_MASK,
  TIMESTAMP_SHIFT,
} from '../word-descriptor'
import { entryAt } from './access-set'
import { recountFree, reserve, takeOver } from './allocator'
import { clock } from './arena'
import { metaOf, setMeta, wordWith } from './cell'
import { finishDropping } from './chunk'
import { slotAddress, slotCount } from './horizon'
import { isMarked, leaveList } from './index-list'
import { fillHead, GENERATION_BITS, installOne, push, stampOf } from './install'
import { leaveJudge } from './judge'
import { giveNames } from './names'
import { settleOrdered } from './ordered-node'
import { releasePinsOf } from './pins'
import { finishRetiringCell, isInLimbo, releaseLimbo, takeLimbo } from './recycle'
import { isLastRetired, retire } from './retired'
import { ownerIn } from './snapshot'
import {
  clearClosed,
  leaveRecord,
  markDead,
  setClosedCount,
  thread,
  threadRecord,
} from './thread-record'
import { dropWrite, dropWrites, finish, isPinned, nameSlot, phaseOf } from './transaction'

function isOwned(cell: u32, id: u32): bool {
  if (cell == 0) return false
  return ownerIn(atomic.load<u64>((<usize>cell) << CELL_SHIFT, CELL_WORD_OFFSET)) == id
}

function unlock(cell: u32, id: u32): void {
  if (!isOwned(cell, id)) return
  const address = (<usize>cell) << CELL_SHIFT
  const word = atomic.load<u64>(address, CELL_WORD_OFFSET)
  atomic.store<u64>(address, word & ~(<u64>OWNER_MASK), CELL_WORD_OFFSET)
}

/**
 * The timestamp to roll forward with. It is final once the dead thread had looked at the clock again
 * and noted it in the slot. Before that nothing is installed; then a new one is taken for it.
 */
function settleTimestamp(slot: usize): u64 {
  let timestamp = atomic.load<u64>(slot, SLOT_PHASE_OFFSET) >> TIMESTAMP_SHIFT
  if (load<u64>(slot, SLOT_COMMIT_TIMESTAMP_OFFSET) == timestamp) return timestamp
  for (let epoch = clock(); epoch >= timestamp; epoch = clock()) {
    timestamp = epoch + 1
    atomic.store<u64>(slot, phaseOf(slot, timestamp, STATE_INSTALLING), SLOT_PHASE_OFFSET)
  }
  store<u64>(slot, timestamp, SLOT_COMMIT_TIMESTAMP_OFFSET)
  return timestamp
}

/** Finishes the kept version that the dead thread had begun. */
function finishVersion(entry: usize, address: usize, kept: u32, pi: u64): void {
  const meta = metaOf(address)
  const stamp = atomic.load<u64>(address, CELL_WORD_OFFSET) >> TIMESTAMP_SHIFT
  if (kept != <u32>(meta >> HEAD_SHIFT)) {
    push(entry, address, kept, stamp, meta, pi)
  } else if (stampOf((<usize>kept) << HANDLE_SHIFT) != stamp) {
    fillHead(address, kept, stamp, meta, pi)
  }
}

/** Retires the old block if the dead thread had not come to it: it is retired before it is replaced. */
function finishRetiring(record: usize, entry: usize, address: usize, timestamp: u64): void {
  const old = atomic.load<u64>(address, CELL_VALUE_OFFSET)
  if (old == load<u64>(entry, ENTRY_VALUE_OFFSET) || isLastRetired(record, <u32>old)) return
  retire(record, <u32>old, timestamp)
}

/**
 * Installs one write of a dead thread from where it was left. Once it was decided whether to keep
 * the old version, meta and value are no longer to be trusted.
 */
function finishWrite(
  record: usize,
  entry: usize,
  address: usize,
  flags: u32,
  word: u64,
  pi: u64,
): void {
  let kept = load<u32>(entry, ENTRY_VERSION_OFFSET)
  if (flags & ENTRY_GAP || (kept == 0 && !(flags & ENTRY_DECIDED))) {
    installOne(entry, u64.MAX_VALUE, true, word, pi)
    return
  }
  if (flags & ENTRY_RETIRING) finishRetiring(record, entry, address, word >> TIMESTAMP_SHIFT)
  const meta = metaOf(address)
  if (kept == 0) kept = <u32>(meta >> HEAD_SHIFT)
  else if (!(flags & ENTRY_DECIDED)) {
    finishVersion(entry, address, kept, pi == 0 ? word >> TIMESTAMP_SHIFT : pi)
  }
  const rest = (meta & GENERATION_BITS) | <u64>load<u32>(entry, ENTRY_TAG_OFFSET)
  const wanted = ((<u64>kept) << HEAD_SHIFT) | rest
  setMeta(address, wanted)
  atomic.store<u64>(address, load<u64>(entry, ENTRY_VALUE_OFFSET), CELL_VALUE_OFFSET)
  atomic.store<u64>(address, wordWith(word, wanted), CELL_WORD_OFFSET)
}

function rollForward(record: usize, slot: usize, id: u32): void {
  const word = settleTimestamp(slot) << TIMESTAMP_SHIFT
  const pi = load<u64>(slot, SLOT_PI_OFFSET)
  const count = load<u32>(slot, SLOT_ENTRY_COUNT_OFFSET)
  for (let i: u32 = 0; i < count; i++) {
    const entry = entryAt(slot, i)
    const flags = load<u32>(entry, ENTRY_FLAGS_OFFSET)
    const cell = load<u32>(entry, ENTRY_CELL_OFFSET)
    if (flags & ENTRY_IGNORED) dropWrite(entry)
    if (!(flags & ENTRY_WRITE) || !isOwned(cell, id)) continue
    finishWrite(record, entry, (<usize>cell) << CELL_SHIFT, flags, word, pi)
  }
}

function rollBack(slot: usize, id: u32): void {
  const count = load<u32>(slot, SLOT_ENTRY_COUNT_OFFSET)
  for (let i: u32 = 0; i < count; i++) unlock(load<u32>(entryAt(slot, i), ENTRY_CELL_OFFSET), id)
  dropWrites(slot)
}

/**
 * Lets go of the cell that was being swept; if it was on its way out of the index, it goes. The mark
 * alone does not say so: somebody else may have taken the cell before it was locked.
 */
function settleSwept(record: usize, swept: u32, id: u32): void {
  const cell = swept & ~SWEPT_DEAD
  if (!isOwned(cell, id)) return
  const address = (<usize>cell) << CELL_SHIFT
  if (swept & SWEPT_DEAD && isMarked(address))
    finishRetiringCell(record, address, isInLimbo(record, address))
  else unlock(cell, id)
}

/** The state of a slot's present use: FREE while the phase is still that of the one before. */
function stateOf(slot: usize): u32 {
  const phase = atomic.load<u64>(slot, SLOT_PHASE_OFFSET)
  const isPast = ((<u32>(phase >> GENERATION_SHIFT) ^ load<u32>(slot, SLOT_OWNER_OFFSET)) & 1) != 0
  return isPast ? STATE_FREE : <u32>phase & STATE_MASK
}

/** Finishes or undoes what was left in a slot, and frees it; whether its commit was finished. */
function settleSlot(record: usize, slot: usize): bool {
  const id = load<u32>(slot, SLOT_ID_OFFSET)
  settleSwept(record, load<u32>(slot, SLOT_SWEPT_CELL_OFFSET), id)
  store<u32>(slot, 0, SLOT_SWEPT_CELL_OFFSET)
  const state = stateOf(slot)
  let committed = state == STATE_INSTALLING
  if (load<u32>(slot, SLOT_ENTRY_COUNT_OFFSET) != 0) {
    // A commit reserves what it needs: in a full arena that is found where it left it.
    const writes = load<u32>(slot, SLOT_WRITE_COUNT_OFFSET)
    if (!reserve(VERSION_CLASS, writes) && record != thread) {
      takeOver(record, VERSION_CLASS, writes)
    }
    if (committed) rollForward(record, slot, id)
    else rollBack(slot, id)
  } else if (state == STATE_FREE) {
    committed = load<u64>(slot, SLOT_COMMIT_TIMESTAMP_OFFSET) != 0
  }
  if (!committed) store<u64>(slot, 0, SLOT_COMMIT_TIMESTAMP_OFFSET)
  const mode = load<u32>(slot, SLOT_MODE_OFFSET)
  store<u32>(slot, mode & ~(MODE_CLOSED | MODE_JUDGEABLE), SLOT_MODE_OFFSET)
  finish(slot)
  leaveJudge(slot)
  nameSlot(slot, 0)
  return committed
}

/** Open transactions of this thread that have a bit of their mode. */
function countOpen(index: u32, bit: u32): u32 {
  const count = slotCount()
  let open: u32 = 0
  for (let id: u32 = 1; id <= count; id++) {
    const slot = slotAddress(id)
    if (slot == 0 || load<u32>(slot, SLOT_THREAD_OFFSET) != index) continue
    if (load<u32>(slot, SLOT_MODE_OFFSET) & bit && isPinned(slot)) open++
  }
  return open
}

/**
 * Recovers a slot of this thread, which was thrown out of a call with it at any instruction: by a
 * stack overflow, a timeout or a trap. Its other transactions stay open. 1 when the transaction was
 * committed, 0 when it has left nothing.
 */
export function recoverSlot(slot: usize): u32 {
  recountFree(thread)
  settleOrdered(thread)
  leaveList(thread)
  const committed = settleSlot(thread, slot)
  finishDropping(thread)
  const index = load<u32>(thread, THREAD_INDEX_OFFSET)
  setClosedCount(countOpen(index, MODE_CLOSED), countOpen(index, MODE_JUDGEABLE))
  return committed ? 1 : 0
}

/**
 * Recovers a thread whose exit was seen, and leaves its record, slots and free blocks to the next
 * thread that attaches. Its slots that were recovered, or -1 when there is nothing to do. One thread at a
 * time: whoever opened the store.
 */
export function recoverThread(index: u32): i32 {
  const record = threadRecord(index)
  if (!markDead(record)) return -1
  store<u32>(record, 0, THREAD_FREE_SLOT_OFFSET)
  recountFree(record)
  // First: while the dead thread stands in the index, nothing that it stands on is used again.
  settleOrdered(record)
  const count = slotCount()
  let recovered: i32 = 0
  for (let id: u32 = 1; id <= count; id++) {
    const slot = slotAddress(id)
    if (slot == 0 || load<u32>(slot, SLOT_THREAD_OFFSET) != index) continue
    settleSlot(record, slot)
    store<u32>(slot, load<u32>(record, THREAD_FREE_SLOT_OFFSET), SLOT_NEXT_FREE_OFFSET)
    store<u32>(record, <u32>slot, THREAD_FREE_SLOT_OFFSET)
    recovered++
  }
  clearClosed(record, index)
  releasePinsOf(index)
  giveNames(record)
  finishDropping(record)
  leaveList(record)
  takeLimbo(record)
  releaseLimbo()
  leaveRecord(record)
  return recovered
}
