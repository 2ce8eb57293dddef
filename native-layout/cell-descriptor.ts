/**
 * The part of a cell that every transaction touches: one key's current version. Four to a cache line,
 * so that a table of cells takes little of the processor's caches. The other parts are the meta word,
 * which a plain number needs no look at (W3), and the node, which only look-ups touch.
 * A cell is addressed 16 bytes before its first byte, so that no private offset equals a shared one.
 * A page of cells holds these parts of all of them first, then the meta words, then the nodes.
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

/** Distance from the address of a cell to its first byte. */
export const CELL_BIAS: u32 = 16

/** Shared, i64. The cell word: timestamp of the current version, owner of the lock. */
export const CELL_WORD_OFFSET: u32 = CELL_BIAS

/** Shared, i64. Inline value or block handle. */
export const CELL_VALUE_OFFSET: u32 = CELL_WORD_OFFSET + 8

/** Length of this part of a cell in bytes. */
export const CELL_LENGTH: u32 = 16

/** A cell's id is its address shifted right by this. */
export const CELL_SHIFT: u32 = 4

/** Cells of one page, a whole number of cache lines. */
export const CELLS_A_PAGE: u32 = 1168

/** Cells of one cache line. */
export const CELLS_A_LINE: u32 = 4
