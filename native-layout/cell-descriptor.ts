/**
 * The half of a cell that transactions touch: one key's current version and the head of its chain of
 * older ones. Two to a cache line, so that a table of cells takes little of the processor's caches.
 * The other half, which only look-ups touch, is the node. A gap cell has this half alone and stands
 * for the keys of its stripe that do not exist: it has stamps in place of value and meta.
 * Invariants:
 *   C1. Value and meta change only while the word is locked.
 *   C2. A value read between two equal loads of an unlocked word belongs to that word's timestamp.
 *   C3. Tag ABSENT with a value: nothing was committed here since the cell was given to its key. The
 *       value is the clock at that time. A key that was deleted has tag ABSENT and the value 0.
 *   C4. Cell 0 is none. Its meta has the greatest generation, so that the handle 0 of generation 0,
 *       which is what an index outside of a list of handles gives, has always expired.
 *   C5. A cell's timestamps rise, also from one key to the next: a word never comes back.
 * Owner: whoever holds the lock in the word.
 */

/** Shared, i64. The cell word: timestamp of the current version, owner of the lock. */
export const CELL_WORD_OFFSET: u32 = 8

/** Shared, i64. Inline value or block handle. */
export const CELL_VALUE_OFFSET: u32 = CELL_WORD_OFFSET + 8

/** Shared, i64. Meta word: tag of the value, generation of the cell, newest older version. */
export const CELL_META_OFFSET: u32 = CELL_VALUE_OFFSET + 8

/** Shared, i64, in a gap: the largest stamp of a reader, as in a node. */
export const GAP_PSTAMP_OFFSET: u32 = CELL_WORD_OFFSET + 8

/** Shared, i64, in a gap: the commit timestamp of its last writer that has its place in the past. */
export const GAP_JUDGED_OFFSET: u32 = GAP_PSTAMP_OFFSET + 8

/** Length of this half of a cell in bytes. */
export const CELL_LENGTH: u32 = CELL_META_OFFSET + 8

/** A cell's id is its address shifted right by this. */
export const CELL_SHIFT: u32 = 5
