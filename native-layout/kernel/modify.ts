/** Changing records in place, in a block that only the commit will publish. */
import { BLOCK_HASH_DISTANCE } from '../block-descriptor'
import {
  ENTRY_FLAGS_OFFSET,
  ENTRY_LENT,
  ENTRY_TAG_OFFSET,
  ENTRY_VALUE_OFFSET,
  ENTRY_VERSION_OFFSET,
  ENTRY_WRITE,
} from '../entry-descriptor'
import { SLOT_TAG_OFFSET, SLOT_VALUE_OFFSET } from '../slot-descriptor'
import { STATUS_ARENA_FULL, STATUS_SNAPSHOT_TOO_OLD, TAG_RECORD } from '../status-codes'
import { HANDLE_SHIFT } from '../version-descriptor'
import { findEntry } from './access-set'
import { giveData, takeData } from './allocator'
import { read } from './read'
import { isLive } from './transaction'
import { countWrite } from './write'

function refuse(slot: usize, status: u32): usize {
  store<u32>(slot, status, SLOT_TAG_OFFSET)
  return 0
}

/**
 * Readies a record for being changed in place: the payload address of a block that is the slot's own
 * and that the commit will write, with the present content. 0: the slot's tag says why, a tag of
 * another type of value or a status as in `read`; a record of other fields counts as such.
 */
export function modify(
  slot: usize,
  cell: u32,
  generation: u32,
  length: u32,
  fingerprint: u32,
): usize {
  read(slot, cell, generation)
  if (load<u32>(slot, SLOT_TAG_OFFSET) != TAG_RECORD) return 0
  const source = (<usize>(<u32>load<u64>(slot, SLOT_VALUE_OFFSET))) << HANDLE_SHIFT
  if (load<u32>(source - BLOCK_HASH_DISTANCE) != fingerprint) return 0
  const entry = findEntry(slot, cell)
  const flags = load<u32>(entry, ENTRY_FLAGS_OFFSET)
  if (flags & ENTRY_WRITE) {
    store<u32>(entry, flags | ENTRY_LENT, ENTRY_FLAGS_OFFSET)
    return source
  }
  const payload = takeData(length)
  if (payload == 0) return refuse(slot, STATUS_ARENA_FULL)
  store<u32>(payload - BLOCK_HASH_DISTANCE, fingerprint)
  for (let at: u32 = 0; at < length; at += 8) store<u64>(payload + at, load<u64>(source + at))
  // What was copied may have been a block that others use by now.
  if (!isLive(slot)) {
    giveData(payload)
    return refuse(slot, STATUS_SNAPSHOT_TOO_OLD)
  }
  store<u32>(entry, 0, ENTRY_VERSION_OFFSET)
  store<u32>(entry, TAG_RECORD, ENTRY_TAG_OFFSET)
  store<u64>(entry, <u64>(payload >> HANDLE_SHIFT), ENTRY_VALUE_OFFSET)
  store<u32>(entry, flags | ENTRY_WRITE | ENTRY_LENT, ENTRY_FLAGS_OFFSET)
  countWrite(slot)
  return payload
}
