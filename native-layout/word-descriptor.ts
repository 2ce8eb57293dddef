/**
 * The bit fields of the 64-bit words that several structures share.
 *
 * A cell word is `commit timestamp << 14 | plain << 13 | owner`: owner 0 means unlocked, otherwise it
 * is `id of the slot that holds the lock << 1 | lowest bit of its generation`. A locked word keeps the
 * rest of the unlocked one.
 * A phase word is `timestamp << 14 | generation << 4 | state`.
 * A meta word is `version handle << 32 | cell generation << 8 | value tag`.
 * A version word is `commit timestamp << 14 | value tag`, a chain word `version handle << 32 | cell id`.
 * Invariants:
 *   W1. A cell word changes only by the CAS that locks it and by a store of its owner; that of a gap
 *       also by a CAS that raises its timestamp while nobody owns it.
 *   W2. Timestamps are below 2^50, so that every one is exact as a JavaScript number.
 *   W3. Plain: the current version is a number in a cell that never had another key, with no older
 *       version behind it, so that its meta word is PLAIN_META. A cell of which that is true need not
 *       say so.
 */

/** Bits below the timestamp in a cell word, a phase word and a version word. */
export const TIMESTAMP_SHIFT: u32 = 14

/** Mask of the owner in a cell word. */
export const OWNER_MASK: u32 = 8191

/** Bits below the slot's id in an owner. */
export const OWNER_ID_SHIFT: u32 = 1

/** Flag in a cell word: the version is plain. */
export const PLAIN_FLAG: u32 = 8192

/** Bits below the generation in a phase word. */
export const GENERATION_SHIFT: u32 = 4

/** Mask of the generation after the shift; it counts the uses of a slot, modulo 1024. */
export const GENERATION_MASK: u32 = 1023

/** Mask of the state in a phase word. */
export const STATE_MASK: u32 = 15

/** Bits below the version handle in a meta word and in a chain word. */
export const HEAD_SHIFT: u32 = 32

/** Bits below the cell's generation in a meta word. */
export const CELL_GENERATION_SHIFT: u32 = 8

/** Mask of the cell's generation after the shift; it counts the keys that the cell was given to. */
export const CELL_GENERATION_MASK: u32 = 0xffffff

/** Mask of the value tag in a meta word and in a version word. */
export const TAG_MASK: u32 = 255

/** The generation of a cell in its first use. */
export const PLAIN_GENERATION: u32 = 1

/** The meta word of a plain version: a number, that generation, no older version. */
export const PLAIN_META: u32 = 257
