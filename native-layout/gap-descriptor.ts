/**
 * A gap cell: it stands for the keys of its stripe that do not exist. Who looks one up and does not
 * find it reads the gap, who writes a first value of one writes it. Its word is that of a cell, so that
 * locking, validation and recovery need no second case; it has no value and no versions. It takes up
 * two ids of cells.
 * Invariants:
 *   G1. The timestamp in the word is not below that of any first value of a key of the stripe, nor below
 *       that of any deletion of one whose cell was taken from it.
 *   G2. The stamp of readers is not below that of any reader of such a cell.
 * Owner: whoever holds the lock in the word; the stamp of readers only rises, by anybody.
 */

/** Shared, i64. Commit timestamp of the last writer that was judged and has its place in the past. */
export const GAP_JUDGED_OFFSET: u32 = 8

/** Shared, i64. As in a cell: timestamp of the last change, owner of the lock. */
export const GAP_WORD_OFFSET: u32 = GAP_JUDGED_OFFSET + 8

/** Shared, i64. The largest stamp of a reader, as in a node. */
export const GAP_PSTAMP_OFFSET: u32 = GAP_WORD_OFFSET + 8

/** Length of a gap cell in bytes. */
export const GAP_LENGTH: u32 = GAP_PSTAMP_OFFSET + 8

/** Ids of cells that a gap cell takes up, as a shift. */
export const GAP_ID_SHIFT: u32 = 1
