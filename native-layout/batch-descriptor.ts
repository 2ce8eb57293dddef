/**
 * The first part of the block of a batch: what it refers to, and where its body lies. Behind it are the
 * words that say where each buffer is (`src/arrow/`), then, when it is small, the body itself.
 * Invariants:
 *   T1. Immutable after publication (I-4), freed with its chunk only: what is shared here is accessed
 *       atomically in the kernel for the sake of its neighbours' offsets, and read plainly elsewhere.
 * Owner: the writing thread until T1; then nobody.
 */

/** Shared, i32. Handle of the chunk of the batch. */
export const BATCH_CHUNK_OFFSET: u32 = 8

/** Shared, i32. Handle of the chunk of its schema, held by this batch; 0 while it is being made. */
export const BATCH_SCHEMA_OFFSET: u32 = BATCH_CHUNK_OFFSET + 4

/** Shared, i32. First page of the body, or 0: it lies in this block. */
export const BATCH_PAGE_OFFSET: u32 = BATCH_SCHEMA_OFFSET + 4

/** Shared, i32. Address of a body that lies in the arena. */
export const BATCH_BODY_OFFSET: u32 = BATCH_PAGE_OFFSET + 4

/** Shared, i32. Length of the body in bytes. */
export const BATCH_BODY_LENGTH_OFFSET: u32 = BATCH_BODY_OFFSET + 4

/** Shared, i32. Address of the handles of its dictionaries' chunks, held by this batch. */
export const BATCH_DICTIONARIES_OFFSET: u32 = BATCH_BODY_LENGTH_OFFSET + 4

/** Shared, i32. How many dictionaries it holds. */
export const BATCH_DICTIONARY_COUNT_OFFSET: u32 = BATCH_DICTIONARIES_OFFSET + 4

/** Shared, i32. Rows. */
export const BATCH_ROW_COUNT_OFFSET: u32 = BATCH_DICTIONARY_COUNT_OFFSET + 4

/** Shared, i32. What becomes of its rows when they are added to an older batch: a ROWS_ code. */
export const BATCH_ROWS_OFFSET: u32 = BATCH_ROW_COUNT_OFFSET + 4

/** Shared, i32. Address of the key columns: how many, then the index of each. 0: it has none. */
export const BATCH_KEYS_OFFSET: u32 = BATCH_ROWS_OFFSET + 4

/** Shared, i32. Batches that were added, one after the other, to make this one. */
export const BATCH_DEPTH_OFFSET: u32 = BATCH_KEYS_OFFSET + 4

/** Length of this part in bytes: what follows begins here. */
export const BATCH_LENGTH: u32 = 56

/** Its rows are put behind those of the older batch. */
export const ROWS_APPENDED: u32 = 0

/** Its rows replace those of the older batch that have the same keys; the others are put behind them. */
export const ROWS_UPSERTED: u32 = 1

/** The rows of the older batch that have the keys of one of its rows go. */
export const ROWS_DELETED: u32 = 2

/** Bodies from this length on begin at a multiple of BODY_ALIGNMENT; shorter ones at one of 8. */
export const ALIGNED_BODY_LENGTH: u32 = 4096

/** Alignment in bytes of bodies that are not short: a cache line. */
export const BODY_ALIGNMENT: u32 = 64
