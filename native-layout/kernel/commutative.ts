/**
 * Updates that commute: what they make of a value, and the commit that computes them. An update waits
 * in the access set as its operand; its new value is computed under the lock of its cell, from the
 * version that is really replaced, and is in the entry before the commit point, where recovery looks.
 */
import { CELL_SHIFT, CELL_VALUE_OFFSET } from '../cell-descriptor'
import {
  ENTRY_CELL_OFFSET,
  ENTRY_FLAGS_OFFSET,
  ENTRY_TAG_OFFSET,
  ENTRY_VALUE_OFFSET,
  ENTRY_WRITE,
} from '../entry-descriptor'
import {
  MODE_UPDATES,
  SLOT_MODE_OFFSET,
  SLOT_ORDER_OFFSET,
  SLOT_VALUE_OFFSET,
  SLOT_WRITE_COUNT_OFFSET,
} from '../slot-descriptor'
import {
  TAG_ABSENT,
  TAG_ADD,
  TAG_APPEND,
  TAG_BATCH,
  TAG_MAX,
  TAG_NUMBER,
  TAG_UPDATE_COUNT,
  TAG_UPDATE_FIRST,
} from '../status-codes'
import { TAG_MASK } from '../word-descriptor'
import { metaOf } from './cell'
import { addRows } from './rows'

/** What `combine` has made, in the type of the update. */
export let combined: u64 = 0

/** Whether a tag is that of an update. */
export function isUpdateTag(tag: u32): bool {
  return tag - TAG_UPDATE_FIRST < TAG_UPDATE_COUNT
}

/** Whether an entry with these flags is an update that was not computed yet. */
export function isUpdate(entry: usize, flags: u32): bool {
  return (flags & ENTRY_WRITE) != 0 && isUpdateTag(load<u32>(entry, ENTRY_TAG_OFFSET))
}

/** The tag of what an update makes. */
export function typeOf(update: u32): u32 {
  return update >= TAG_APPEND ? TAG_BATCH : TAG_NUMBER + (update & 1)
}

/** Leaves the number that an update makes of another one in `combined`. */
function combineNumbers(slot: usize, update: u32, operand: u64, value: u64): void {
  // Through memory: a float that was loaded atomically and reinterpreted would be loaded plainly.
  store<u64>(slot, value, SLOT_VALUE_OFFSET)
  const old = load<f64>(slot, SLOT_VALUE_OFFSET)
  store<u64>(slot, operand, SLOT_VALUE_OFFSET)
  const other = load<f64>(slot, SLOT_VALUE_OFFSET)
  const kind = update & ~1
  const made = kind == TAG_ADD ? old + other : kind == TAG_MAX ? max(old, other) : min(old, other)
  combined = reinterpret<u64>(made)
}

/** Leaves the bigint that an update makes of another one in `combined`; false when it has no room. */
function combineBigints(update: u32, operand: i64, value: i64): bool {
  const kind = update & ~1
  if (kind != TAG_ADD) {
    combined = <u64>(kind == TAG_MAX ? max(value, operand) : min(value, operand))
    return true
  }
  const sum = value + operand
  combined = <u64>sum
  return ((value ^ sum) & (operand ^ sum)) >= 0
}

/**
 * Leaves what an update makes of a value in `combined`. No value counts as the identity. False: nothing
 * can be made of it, or the bigint has more than 64 bits; then the slot's value says what was met. Of
 * batches the operand, which nobody else has seen yet, is changed: it comes to hold the value.
 */
export function combine(slot: usize, update: u32, operand: u64, tag: u32, value: u64): bool {
  combined = operand
  if (tag == TAG_ABSENT) return true
  if (tag == typeOf(update)) {
    if (tag == TAG_NUMBER) {
      combineNumbers(slot, update, operand, value)
      return true
    }
    if (tag == TAG_BATCH ? addRows(operand, value) : combineBigints(update, operand, value)) {
      return true
    }
  }
  store<u64>(slot, ((<u64>update) << 8) | <u64>tag, SLOT_VALUE_OFFSET)
  return false
}

/**
 * Whether `combine` has refused rows that were to be added to a batch: it is one of another schema than that
 * which they were made for, and they can be made for this one.
 */
export function hasMetRows(slot: usize): bool {
  return load<u64>(slot, SLOT_VALUE_OFFSET) == (((<u64>TAG_APPEND) << 8) | <u64>TAG_BATCH)
}

/**
 * Computes the updates of a write set that is locked, from the versions that it replaces, into their
 * entries. The first entry of which nothing can be made, else 0. What was an update is an ordinary write
 * from now on, so the transaction has to end with this call of the commit.
 */
export function computeUpdates(slot: usize): usize {
  store<u32>(slot, load<u32>(slot, SLOT_MODE_OFFSET) & ~MODE_UPDATES, SLOT_MODE_OFFSET)
  let at = <usize>load<u32>(slot, SLOT_ORDER_OFFSET)
  const end = at + (load<u32>(slot, SLOT_WRITE_COUNT_OFFSET) << 2)
  for (; at < end; at += 4) {
    const entry = <usize>load<u32>(at)
    const update = load<u32>(entry, ENTRY_TAG_OFFSET)
    if (!isUpdate(entry, load<u32>(entry, ENTRY_FLAGS_OFFSET))) continue
    const address = (<usize>load<u32>(entry, ENTRY_CELL_OFFSET)) << CELL_SHIFT
    const tag = <u32>metaOf(address) & TAG_MASK
    const value = atomic.load<u64>(address, CELL_VALUE_OFFSET)
    if (!combine(slot, update, load<u64>(entry, ENTRY_VALUE_OFFSET), tag, value)) return entry
    store<u64>(entry, combined, ENTRY_VALUE_OFFSET)
    store<u32>(entry, typeOf(update), ENTRY_TAG_OFFSET)
  }
  return 0
}
