/**
 * What a transaction may read, and moving its snapshot forward.
 *
 * A commit takes `clock + 1` without moving the clock: the commits of one epoch share a timestamp.
 * An epoch closes when the clock moves. Versions of closed epochs up to the bound are stable. A
 * version above the bound is accepted only after every earlier read was found current again, so
 * that all reads were current at one instant (I-2); the bound then moves to the clock as loaded
 * before that look. See ARCHITECTURE.md, "The epoch clock".
 */
import { CELL_SHIFT, CELL_WORD_OFFSET } from '../cell-descriptor'
import {
  ENTRY_CELL_OFFSET,
  ENTRY_FLAGS_OFFSET,
  ENTRY_GAP,
  ENTRY_GENERATION_SHIFT,
  ENTRY_LENGTH,
  ENTRY_READ,
  ENTRY_SHIFT,
  ENTRY_WORD_OFFSET,
} from '../entry-descriptor'
import {
  SLOT_BOUND_OFFSET,
  SLOT_BUDGET_OFFSET,
  SLOT_CONFLICT_CELL_OFFSET,
  SLOT_ENTRY_COUNT_OFFSET,
  SLOT_OPPONENT_OFFSET,
  SLOT_PHASE_OFFSET,
  STATE_INSTALLING,
  STATE_RECYCLING,
  STATE_STAMPED,
} from '../slot-descriptor'
import { THREAD_EXTENSIONS_OFFSET } from '../thread-descriptor'
import { GENERATION_SHIFT, OWNER_ID_SHIFT, OWNER_MASK, STATE_MASK } from '../word-descriptor'
import { entryAt } from './access-set'
import { advanceClock, clock } from './arena'
import { isUpdate } from './commutative'
import { generationOf } from './hash-index'
import { slotAddress } from './horizon'
import { isMerged } from './merge'
import { count } from './thread-record'

/** The entries of a set from which on moving the snapshot also closes the epoch. */
const CLOSING_ENTRY_COUNT: u32 = 8

/** The id of the slot that has locked a cell with this word, or 0. */
export function ownerIn(word: u64): u32 {
  return (<u32>word & OWNER_MASK) >> OWNER_ID_SHIFT
}

/** The phase word of the slot that a locked cell word names. */
export function ownerPhase(word: u64): u64 {
  return atomic.load<u64>(slotAddress(ownerIn(word)), SLOT_PHASE_OFFSET)
}

/**
 * Whether the owner of a locked word, whose slot had this phase then, has neither taken a timestamp nor
 * committed, nor ends a cell's life. The phase may still be that of the use of the slot before.
 */
export function isUnstamped(word: u64, phase: u64): bool {
  if ((<u32>(phase >> GENERATION_SHIFT) ^ <u32>word) & 1) return true
  const state = <u32>phase & STATE_MASK
  return state != STATE_STAMPED && state != STATE_INSTALLING && state != STATE_RECYCLING
}

/** Remembers what a conflict was about: for the error, not for the protocol. */
export function blame(slot: usize, cell: u32, word: u64): void {
  store<u32>(slot, cell, SLOT_CONFLICT_CELL_OFFSET)
  store<u32>(slot, ownerIn(word), SLOT_OPPONENT_OFFSET)
}

/** Remembers the cell of an entry as what a conflict was about, unless it is another key's by now. */
export function blameEntry(slot: usize, entry: usize, word: u64): void {
  const flags = load<u32>(entry, ENTRY_FLAGS_OFFSET)
  const cell = load<u32>(entry, ENTRY_CELL_OFFSET)
  // A gap is that of many keys.
  const isKnown =
    !(flags & ENTRY_GAP) &&
    generationOf((<usize>cell) << CELL_SHIFT) == flags >> ENTRY_GENERATION_SHIFT
  blame(slot, isKnown ? cell : 0, word)
}

/**
 * Whether the word of an entry is unchanged. A foreign lock is let pass while its owner has no
 * timestamp: that owner looks at the clock again after it published one, so it comes later.
 */
export function isCurrent(entry: usize): bool {
  const cell = (<usize>load<u32>(entry, ENTRY_CELL_OFFSET)) << CELL_SHIFT
  const expected = load<u64>(entry, ENTRY_WORD_OFFSET)
  const word = atomic.load<u64>(cell, CELL_WORD_OFFSET)
  if (word == expected) return true
  if ((word & ~(<u64>OWNER_MASK)) != expected) return false
  const isLater = isUnstamped(word, ownerPhase(word))
  const now = atomic.load<u64>(cell, CELL_WORD_OFFSET)
  return now == expected || (isLater && now == word)
}

/** Moves the snapshot forward to now; false when a read is no longer current or it costs too much. */
export function extend(slot: usize): bool {
  const entries = load<u32>(slot, SLOT_ENTRY_COUNT_OFFSET)
  const budget = load<u32>(slot, SLOT_BUDGET_OFFSET)
  if (entries > budget) return false
  store<u32>(slot, budget - entries, SLOT_BUDGET_OFFSET)
  count(THREAD_EXTENSIONS_OFFSET)
  const bound = entries >= CLOSING_ENTRY_COUNT ? advanceClock() : clock()
  let entry = entryAt(slot, 0)
  const end = entry + (entries << ENTRY_SHIFT)
  while (entry < end) {
    const flags = load<u32>(entry, ENTRY_FLAGS_OFFSET)
    const matters = flags & ENTRY_READ || !(flags & ENTRY_GAP)
    if (matters && !isCurrent(entry) && !isUpdate(entry, flags) && !isMerged(flags)) {
      blameEntry(slot, entry, 0)
      return false
    }
    entry += ENTRY_LENGTH
  }
  store<u64>(slot, bound, SLOT_BOUND_OFFSET)
  return true
}
