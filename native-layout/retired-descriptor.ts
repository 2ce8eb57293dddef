/**
 * One retired block: a value that a commit has replaced while nobody reads old versions, and that
 * readers of current versions may still be copying.
 * An element is addressed 64 bytes before its first byte, as an entry of an access set is.
 * Invariants:
 *   R1. Timestamps do not fall along the queue.
 *   R2. The block is given back when no pin is older than the timestamp, and by its thread only.
 * Owner: the thread whose record holds the queue; after its death whoever attaches with the record.
 */

/** Distance from the address of an element to its first byte. */
export const RETIRED_BIAS: u32 = 64

/** Private, i64. Timestamp of the commit that replaced the block. */
export const RETIRED_TIMESTAMP_OFFSET: u32 = RETIRED_BIAS

/** Private, i64. Handle of the block. */
export const RETIRED_HANDLE_OFFSET: u32 = RETIRED_TIMESTAMP_OFFSET + 8

/** Length of an element, as a shift. */
export const RETIRED_SHIFT: u32 = 4

/** Length of an element in bytes. */
export const RETIRED_LENGTH: u32 = 16

/** Elements that a queue has room for, a power of two. */
export const RETIRED_COUNT_MAX: u32 = 256
