/**
 * One superseded version of one cell. Versions form a chain, newest first, through the meta word.
 * Invariants:
 *   V1. Reachable from its cell only after it is complete, its timestamp stored last.
 *   V2. Not written again while a live snapshot needs it.
 *   V3. Along a chain, commit timestamps strictly decrease (I-3).
 *   V4. Type-stable: a block of this class is a version for ever, so a reader that stands on a
 *       recycled one notices by its owner and timestamp.
 * Owner: the committing thread until V1; nobody afterwards; at the end whoever cuts it off.
 */

/** Shared, i64. Commit timestamp of the writer. */
export const VERSION_TIMESTAMP_OFFSET: u32 = 8

/** Shared, i64. Inline value or block handle. */
export const VERSION_VALUE_OFFSET: u32 = VERSION_TIMESTAMP_OFFSET + 8

/** Shared, i64. Meta word: tag of the value, next older version. */
export const VERSION_META_OFFSET: u32 = VERSION_VALUE_OFFSET + 8

/** Shared, i64. `generation << 32 | cell id` of the cell it belongs to. */
export const VERSION_OWNER_OFFSET: u32 = VERSION_META_OFFSET + 8

/** Shared, i64. pi of the transaction that replaced it: c(T), or less when that was judged. */
export const VERSION_SSTAMP_OFFSET: u32 = VERSION_OWNER_OFFSET + 8

/** Length of a version in bytes. */
export const VERSION_LENGTH: u32 = VERSION_SSTAMP_OFFSET + 8

/** A handle of a version or a block is its address shifted right by this. */
export const HANDLE_SHIFT: u32 = 3
