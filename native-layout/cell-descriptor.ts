/**
 * The half of a cell that transactions touch: one key's current version and the head of its chain of
 * older ones. Two to a cache line, so that a table of cells takes little of the processor's caches.
 * The other half, which only look-ups touch, is the node.
 * Invariants:
 *   C1. Value and meta change only while the word is locked.
 *   C2. A value read between two equal loads of an unlocked word belongs to that word's timestamp.
 *   C3. Tag ABSENT with a value: nothing was committed here since the cell was given to its key. The
 *       value is the clock at that time. A key that was deleted has tag ABSENT and the value 0.
 *   C4. Cell 0 is none. Its meta has the greatest generation, so that the handle 0 of any other one,
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

/** Length of this half of a cell in bytes. */
export const CELL_LENGTH: u32 = CELL_META_OFFSET + 8

/** A cell's id is its address shifted right by this. */
export const CELL_SHIFT: u32 = 5
