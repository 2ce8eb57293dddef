/**
 * The part of a cell that look-ups touch: its node in the hash index. It is found from its cell. A cell
 * that is free is in the list of free blocks by its node.
 * Invariants:
 *   N1. Complete before it is linked; its key stays as it is until the cell is free again.
 *   N2. The key is 0 in a cell that is free. A link is never 0 once its cell was linked.
 * Owner: the inserting thread until it is linked; then nobody; then whoever has it in limbo.
 */

/** Shared, i64. Link of the hash index to the next node. */
export const NODE_LINK_OFFSET: u32 = 8

/** Shared, i64. `hash of the key << 32 | handle of the key block`. */
export const NODE_KEY_OFFSET: u32 = NODE_LINK_OFFSET + 8

/** Shared, i64. The largest stamp of a reader: c(T), or the snapshot of one that only read. */
export const NODE_PSTAMP_OFFSET: u32 = NODE_KEY_OFFSET + 8

/** Length of a node in bytes. */
export const NODE_LENGTH: u32 = NODE_PSTAMP_OFFSET + 8

/** Where the nodes of a page begin. */
export const NODE_START: u32 = 28064
