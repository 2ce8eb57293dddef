/**
 * One superseded version of one cell, half a cache line. Versions form a chain, newest first.
 * A version is addressed 8 bytes before its first byte, so that no shared field has the offset 0.
 * Invariants:
 *   V1. Reachable from its cell only after it is complete, its word stored last.
 *   V2. Not written again while a live snapshot needs it.
 *   V3. Along a chain, commit timestamps strictly decrease (I-3).
 *   V4. Type-stable: a block of this class is a version for ever, so a reader that stands on a
 *       recycled one notices by its cell and timestamp. Where the value was are the links of the free
 *       list while it is free: who stands on it may go on from it, and takes no value from it, since
 *       what is free was needed by no live snapshot.
 *   V5. A chain that has a version is of one key: a cell is taken from its key without one.
 * Owner: the committing thread until V1; nobody afterwards; at the end whoever cuts it off.
 */

/** Distance from the address of a version to its first byte. */
export const VERSION_BIAS: u32 = 8

/** Shared, i64. Inline value or block handle. */
export const VERSION_VALUE_OFFSET: u32 = VERSION_BIAS

/** Shared, i64. Chain word: the next older version, the cell that it belongs to. */
export const VERSION_CHAIN_OFFSET: u32 = VERSION_VALUE_OFFSET + 8

/** Shared, i64. Version word: commit timestamp of the writer, tag of the value. */
export const VERSION_WORD_OFFSET: u32 = VERSION_CHAIN_OFFSET + 8

/** Shared, i64. pi of the transaction that replaced it: c(T), or less when that was judged. */
export const VERSION_SSTAMP_OFFSET: u32 = VERSION_WORD_OFFSET + 8

/** Length of a version in bytes. */
export const VERSION_LENGTH: u32 = 32

/** A handle of a version or a block is its address shifted right by this. */
export const HANDLE_SHIFT: u32 = 3
