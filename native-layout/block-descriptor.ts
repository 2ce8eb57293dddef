/**
 * A block of bytes: a key or a value that is not inline. Its address is that of its first payload
 * byte; the prefix lies before it.
 * Invariants:
 *   B1. Immutable after publication (I-4), freed only when no snapshot can reach it (I-5).
 * Owner: the writing thread until B1; then nobody.
 */

/** Distance from the start of the block to its payload. */
export const BLOCK_PREFIX_LENGTH: u32 = 8

/** Immutable after publication, u32. Payload length in bytes; this far before the payload. */
export const BLOCK_LENGTH_DISTANCE: u32 = 8

/**
 * Immutable after publication, u32. Hash of a key, fingerprint of a record's fields; of the name of a
 * transaction, while it is in a list of its thread, the next one. This far before the payload.
 */
export const BLOCK_HASH_DISTANCE: u32 = 4
