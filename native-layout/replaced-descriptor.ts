/**
 * A batch that another one with the same rows was put in the place of, and that readers may still stand
 * on: one record of the queue of the thread that did so, whose last one is still to be filled.
 * Invariants:
 *   L1. Timestamps do not fall along the queue.
 *   L2. The batch is let go of when every live snapshot is at or above the timestamp, by whoever moves the
 *       beginning of the queue past it.
 *   L3. A record is given back when the queue begins behind it, the last one never.
 * Owner: the thread adds to its queue, after its death whoever attaches with the record; anybody lets go.
 */

/** Shared, i64. A timestamp above every snapshot of who may have found the batch. */
export const REPLACED_TIMESTAMP_OFFSET: u32 = 8

/** Shared, u32. Address of the next one in the queue. */
export const REPLACED_NEXT_OFFSET: u32 = REPLACED_TIMESTAMP_OFFSET + 8

/** Shared, u32. Handle of the chunk of the batch, of which one reference is kept here. */
export const REPLACED_CHUNK_OFFSET: u32 = REPLACED_NEXT_OFFSET + 4

/** Length in bytes. */
export const REPLACED_LENGTH: u32 = REPLACED_CHUNK_OFFSET + 4
