/**
 * One chunk: an immutable thing that several may refer to, and how many do. The rows of a batch, the
 * values of a dictionary, and a schema are chunks. What a cell, a version or an access set holds of a
 * batch is one reference to its chunk; a batch refers to its schema and its dictionaries.
 * Invariants:
 *   K1. Type-stable: a block of this class is a chunk for ever, so that whoever finds its handle in a
 *       table or a cache may look whether it is still the same one, and hold it if so.
 *   K2. The count leaves 0 by a new id only. Who takes it to 0 gives back what the chunk consists of.
 *   K3. What is below a batch is set before anybody else sees it, and changes only to what has the same rows.
 * Owner: all who hold a reference.
 */

/** Shared, i64. `id << CHUNK_ID_SHIFT | references`. No two chunks ever have the same id. */
export const CHUNK_WORD_OFFSET: u32 = 8

/** Shared, i64. `kind << 32 | handle` of the block that it consists of, its batch block or its bytes. */
export const CHUNK_BLOCK_OFFSET: u32 = CHUNK_WORD_OFFSET + 8

/**
 * Shared, i64. `block handle << 32 | chunk handle` of the batch that its rows are to be added to, which it
 * holds; 0: none (K3).
 */
export const CHUNK_OLDER_OFFSET: u32 = CHUNK_BLOCK_OFFSET + 8

/** Length of a chunk in bytes. */
export const CHUNK_LENGTH: u32 = CHUNK_OLDER_OFFSET + 8

/** Bits of the count of references, below the id. */
export const CHUNK_ID_SHIFT: u32 = 24

/** References of a chunk at most, and the mask of their count. */
export const CHUNK_REFERENCES_MAX: u32 = 0xffffff

/** Kind: a batch or a dictionary. Its block is a batch block. */
export const CHUNK_BATCH: u32 = 1

/** Kind: a schema. Its block holds the schema as an IPC message. */
export const CHUNK_SCHEMA: u32 = 2
