/** Noting updates that commute in the access set, and turning them into ordinary writes. */
import { CELL_SHIFT, CELL_VALUE_OFFSET, CELL_WORD_OFFSET } from '../cell-descriptor'
import {
  ENTRY_CELL_OFFSET,
  ENTRY_FLAGS_OFFSET,
  ENTRY_GAP,
  ENTRY_GENERATION_SHIFT,
  ENTRY_READ,
  ENTRY_STALE,
  ENTRY_TAG_OFFSET,
  ENTRY_VALUE_OFFSET,
  ENTRY_VERSION_OFFSET,
  ENTRY_WORD_OFFSET,
  ENTRY_WRITE,
} from '../entry-descriptor'
import {
  MODE_UPDATES,
  SLOT_ENTRY_COUNT_OFFSET,
  SLOT_MODE_OFFSET,
  SLOT_TAG_OFFSET,
  SLOT_VALUE_OFFSET,
} from '../slot-descriptor'
import {
  STATUS_FAILURE_FIRST,
  STATUS_OK,
  STATUS_REF_EXPIRED,
  STATUS_SNAPSHOT_TOO_OLD,
  STATUS_UPDATE_REFUSED,
  STATUS_WRITE_CONFLICT,
  TAG_APPEND,
  TAG_BATCH,
} from '../status-codes'
import { OWNER_MASK } from '../word-descriptor'
import { addEntry, entryAt, findEntry } from './access-set'
import { metaWith } from './cell'
import { combine, combined, hasMetRows, isUpdate, typeOf } from './commutative'
import { generationIn } from './hash-index'
import { giveValue } from './horizon'
import {
  deliver,
  fail,
  gapOfCell,
  isOf,
  isUnborn,
  lend,
  lost,
  read,
  readSlowly,
  roomFailure,
} from './read'
import { blame } from './snapshot'
import { isLive } from './transaction'
import { countWrite, linkFirst, put } from './write'

/**
 * Why nothing can be made of what was read: a batch also when it has gone meanwhile. Rows may fit the batch of
 * others the next time; what the transaction has written itself it would write again.
 */
function refuse(slot: usize, cell: u32, isOwn: bool): u32 {
  if (!isLive(slot)) return STATUS_SNAPSHOT_TOO_OLD
  blame(slot, cell, 0)
  return !isOwn && hasMetRows(slot) ? STATUS_WRITE_CONFLICT : STATUS_UPDATE_REFUSED
}

/**
 * Reads a cell that the transaction has an update for, as `read` does, and makes the update an ordinary
 * write of what was read: from now on it conflicts like one. While the read has to be made again the
 * update stays as it is.
 */
export function settleUpdate(slot: usize, cell: u32, generation: u32): f64 {
  const at = load<u32>(slot, SLOT_ENTRY_COUNT_OFFSET)
  readSlowly(slot, cell, generation, 0)
  const tag = load<u32>(slot, SLOT_TAG_OFFSET)
  if (tag >= <u32>STATUS_FAILURE_FIRST) return NaN
  const entry = findEntry(slot, cell)
  const noted = entryAt(slot, at)
  const seen = load<u32>(noted, ENTRY_FLAGS_OFFSET) & (ENTRY_READ | ENTRY_STALE)
  store<u32>(entry, load<u32>(entry, ENTRY_FLAGS_OFFSET) | seen, ENTRY_FLAGS_OFFSET)
  store<u64>(entry, load<u64>(noted, ENTRY_WORD_OFFSET), ENTRY_WORD_OFFSET)
  // One entry a cell (E1): what the read has noted is in the other one now.
  store<u32>(noted, 0, ENTRY_CELL_OFFSET)
  store<u32>(noted, ENTRY_GAP, ENTRY_FLAGS_OFFSET)
  store<u64>(noted, 0, ENTRY_VALUE_OFFSET)
  const update = load<u32>(entry, ENTRY_TAG_OFFSET)
  const operand = load<u64>(entry, ENTRY_VALUE_OFFSET)
  if (!combine(slot, update, operand, tag, load<u64>(slot, SLOT_VALUE_OFFSET))) {
    return fail(slot, refuse(slot, cell, false))
  }
  store<u64>(entry, combined, ENTRY_VALUE_OFFSET)
  store<u32>(entry, typeOf(update), ENTRY_TAG_OFFSET)
  if (typeOf(update) == TAG_BATCH) lend(entry)
  return deliver(slot, typeOf(update), combined)
}

/** Whether the transaction has found keys of the gap of a cell missing, maybe this one. */
function hasReadGap(slot: usize, cell: u32): bool {
  if (load<u32>(slot, SLOT_ENTRY_COUNT_OFFSET) == 0) return false
  const entry = findEntry(slot, gapOfCell(cell))
  return entry != 0 && (load<u32>(entry, ENTRY_FLAGS_OFFSET) & ENTRY_READ) != 0
}

/** Does an update of a cell that was read or written at once: what it makes is written. */
function updateAtOnce(slot: usize, cell: u32, generation: u32, update: u32, operand: u64): u32 {
  read(slot, cell, generation)
  const tag = load<u32>(slot, SLOT_TAG_OFFSET)
  if (tag >= <u32>STATUS_FAILURE_FIRST) return tag
  if (!combine(slot, update, operand, tag, load<u64>(slot, SLOT_VALUE_OFFSET))) {
    const entry = findEntry(slot, cell)
    const isOwn = entry != 0 && (load<u32>(entry, ENTRY_FLAGS_OFFSET) & ENTRY_WRITE) != 0
    return refuse(slot, cell, isOwn)
  }
  return put(slot, cell, generation, typeOf(update), combined)
}

/** Does an update of a cell that the transaction has an update for, without a look at the cell. */
function fold(slot: usize, entry: usize, cell: u32, update: u32, operand: u64): u32 {
  const before = load<u64>(entry, ENTRY_VALUE_OFFSET)
  if (!combine(slot, update, operand, typeOf(update), before)) return refuse(slot, cell, true)
  store<u64>(entry, combined, ENTRY_VALUE_OFFSET)
  // The batch that it was holds by now what comes before it.
  if (update == TAG_APPEND) giveValue(TAG_APPEND, before)
  return STATUS_OK
}

/** Notes an update; STATUS_OK or why not, in which case nothing changed. */
function note(slot: usize, cell: u32, generation: u32, update: u32, operand: u64): u32 {
  const address = (<usize>cell) << CELL_SHIFT
  const word = atomic.load<u64>(address, CELL_WORD_OFFSET) & ~(<u64>OWNER_MASK)
  const meta = metaWith(address, word)
  if (generationIn(meta) != generation) return STATUS_REF_EXPIRED
  let entry = findEntry(slot, cell)
  if (entry == 0) {
    if (hasReadGap(slot, cell)) return updateAtOnce(slot, cell, generation, update, operand)
    entry = addEntry(slot, cell, generation << ENTRY_GENERATION_SHIFT, word)
    if (entry == 0) return roomFailure(slot)
  } else if (!isOf(entry, generation)) {
    return lost(slot)
  }
  let flags = load<u32>(entry, ENTRY_FLAGS_OFFSET)
  let tag = update
  if (flags & (ENTRY_READ | ENTRY_WRITE)) {
    if (isUpdate(entry, flags)) {
      const isSame = load<u32>(entry, ENTRY_TAG_OFFSET) == update
      if (isSame) return fold(slot, entry, cell, update, operand)
      settleUpdate(slot, cell, generation)
      const status = load<u32>(slot, SLOT_TAG_OFFSET)
      if (status >= <u32>STATUS_FAILURE_FIRST) return status
    }
    return updateAtOnce(slot, cell, generation, update, operand)
  }
  if (isUnborn(meta, atomic.load<u64>(address, CELL_VALUE_OFFSET))) {
    const status = linkFirst(slot, cell, generation)
    if (status != STATUS_OK) return status
    entry = findEntry(slot, cell)
    flags = load<u32>(entry, ENTRY_FLAGS_OFFSET)
    // Read, and found to be nothing: an ordinary write.
    if (flags & ENTRY_READ) tag = typeOf(update)
  }
  store<u32>(entry, 0, ENTRY_VERSION_OFFSET)
  store<u32>(entry, tag, ENTRY_TAG_OFFSET)
  store<u64>(entry, operand, ENTRY_VALUE_OFFSET)
  store<u32>(entry, flags | ENTRY_WRITE, ENTRY_FLAGS_OFFSET)
  store<u32>(slot, load<u32>(slot, SLOT_MODE_OFFSET) | MODE_UPDATES, SLOT_MODE_OFFSET)
  countWrite(slot)
  return STATUS_OK
}

/** Notes an update with this tag; STATUS_OK or why not, in which case nothing changed. */
export function updateNumber(
  slot: usize,
  cell: u32,
  generation: u32,
  update: u32,
  operand: f64,
): u32 {
  return note(slot, cell, generation, update, reinterpret<u64>(operand))
}

/** Notes an update of bigints; the operand comes in two 32-bit halves. Otherwise as `updateNumber`. */
export function updateBigint(
  slot: usize,
  cell: u32,
  generation: u32,
  update: u32,
  low: u32,
  high: u32,
): u32 {
  return note(slot, cell, generation, update | 1, ((<u64>high) << 32) | <u64>low)
}

/**
 * Notes that the rows of a batch are to be added, which nobody else has seen; otherwise as `updateNumber`.
 * The reference is the transaction's then.
 */
export function appendBatch(slot: usize, cell: u32, generation: u32, chunk: u32, block: u32): u32 {
  return note(slot, cell, generation, TAG_APPEND, ((<u64>block) << 32) | <u64>chunk)
}
