/**
 * A batch that another one with the same rows was put in the place of, and that readers may still stand on.
 * Invariants:
 *   L1. Timestamps do not fall along the list.
 *   L2. The batch is let go of when every live snapshot is at or above the timestamp.
 * Owner: the thread whose record holds the list; after its death whoever attaches with the record.
 */

/** Private, i64. A timestamp above every snapshot of who may have found the batch. */
export const REPLACED_TIMESTAMP_OFFSET: u32 = 64

/** Private, u32. Address of the next one in the list, or 0. */
export const REPLACED_NEXT_OFFSET: u32 = REPLACED_TIMESTAMP_OFFSET + 8

/** Private, u32. Handle of the chunk of the batch, of which one reference is kept here. */
export const REPLACED_CHUNK_OFFSET: u32 = REPLACED_NEXT_OFFSET + 4

/** Length in bytes. */
export const REPLACED_LENGTH: u32 = REPLACED_CHUNK_OFFSET + 4
