/**
 * One key's current version and the head of its chain of older ones; one cache line. A gap cell has
 * the same form and stands for the keys of its stripe that do not exist: only word and stamp count.
 * Invariants:
 *   C1. Value, meta and stamp change only while the word is locked.
 *   C2. A value read between two equal loads of an unlocked word belongs to that word's timestamp.
 *   C3. Timestamp 0 with tag ABSENT: no version was ever committed here since the cell was linked.
 * Owner: whoever holds the lock in the word.
 */

/** Immutable while linked, u32. Split-order hash of the key. */
export const CELL_HASH_OFFSET: u32 = 0

/** Shared, i64. The cell word: timestamp of the current version, owner of the lock. */
export const CELL_WORD_OFFSET: u32 = 8

/** Shared, i64. Inline value or block handle. */
export const CELL_VALUE_OFFSET: u32 = CELL_WORD_OFFSET + 8

/** Shared, i64. Meta word: tag of the value, newest older version. */
export const CELL_META_OFFSET: u32 = CELL_VALUE_OFFSET + 8

/** Shared, i64. Link of the hash index to the next node. */
export const CELL_LINK_OFFSET: u32 = CELL_META_OFFSET + 8

/** Shared, i64. `generation << 32 | handle of the key block`. */
export const CELL_IDENTITY_OFFSET: u32 = CELL_LINK_OFFSET + 8

/** Shared, i64. Reserved for the largest stamp of a committed reader. */
export const CELL_PSTAMP_OFFSET: u32 = CELL_IDENTITY_OFFSET + 8

/** Shared, i64. Reserved. */
export const CELL_RESERVED_OFFSET: u32 = CELL_PSTAMP_OFFSET + 8

/** Length of a cell in bytes. */
export const CELL_LENGTH: u32 = CELL_RESERVED_OFFSET + 8

/** A cell's id is its address shifted right by this. */
export const CELL_SHIFT: u32 = 6
