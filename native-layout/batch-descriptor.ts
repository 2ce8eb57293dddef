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

/** Length of this part in bytes: what follows begins here. */
export const BATCH_LENGTH: u32 = 40

/** Bodies from this length on begin at a multiple of BODY_ALIGNMENT; shorter ones at one of 8. */
export const ALIGNED_BODY_LENGTH: u32 = 4096

/** Alignment in bytes of bodies that are not short: a cache line. */
export const BODY_ALIGNMENT: u32 = 64
