/**
 * The bit fields of the 64-bit words that several structures share.
 *
 * A cell word is `commit timestamp << 12 | owner`: owner 0 means unlocked, any other number is the
 * id of the slot that holds the lock. A locked word keeps the timestamp of the current version.
 * A phase word is `timestamp << 12 | generation << 4 | state`.
 * A meta word is `version handle << 32 | cell generation << 8 | value tag`; in a version, which has
 * no generation there, those bits are what the cell's were.
 * Invariants:
 *   W1. A cell word changes only by the CAS that locks it and by a store of its owner; that of a gap
 *       also by a CAS that raises its timestamp while nobody owns it.
 *   W2. Timestamps are below 2^52, so that every one is exact as a JavaScript number.
 */

/** Bits below the timestamp in a cell word and in a phase word. */
export const TIMESTAMP_SHIFT: u32 = 12

/** Mask of the owner in a cell word. */
export const OWNER_MASK: u32 = 4095

/** Bits below the generation in a phase word. */
export const GENERATION_SHIFT: u32 = 4

/** Mask of the generation after the shift; it counts the uses of a slot, modulo 256. */
export const GENERATION_MASK: u32 = 255

/** Mask of the state in a phase word. */
export const STATE_MASK: u32 = 15

/** Bits below the version handle in a meta word. */
export const HEAD_SHIFT: u32 = 32

/** Bits below the cell's generation in a meta word. */
export const CELL_GENERATION_SHIFT: u32 = 8

/** Mask of the cell's generation after the shift; it counts the keys that the cell was given to. */
export const CELL_GENERATION_MASK: u32 = 0xffffff

/** Mask of the value tag in a meta word. */
export const TAG_MASK: u32 = 255
