/**
 * One cell in the access set of a transaction: what was read there and what will be written.
 * An entry is addressed 64 bytes before its first byte, so that no private offset equals a shared
 * one and the compiled kernel can be checked for plain accesses to shared memory.
 * Invariants:
 *   E1. One entry a cell. Entries of cell 0 hold lent blocks that were written over, or nothing.
 *   E2. Complete before its cell is locked; that of an update before its slot is INSTALLING.
 *   E3. The tag of an update has ENTRY_WRITE and no ENTRY_READ beside it: its cell was not looked at.
 *   E4. With ENTRY_MERGED, the word is that of the version which the value was made of.
 * Owner: the transaction's thread.
 */

/** Distance from the address of an entry to its first byte. */
export const ENTRY_BIAS: u32 = 64

/** Private, u32. The cell's id. */
export const ENTRY_CELL_OFFSET: u32 = ENTRY_BIAS

/** Private, u32. `generation of the cell at the first access << 8 | ENTRY_ bits`. */
export const ENTRY_FLAGS_OFFSET: u32 = ENTRY_CELL_OFFSET + 4

/** Private, i64. The unlocked cell word at the first access. */
export const ENTRY_WORD_OFFSET: u32 = ENTRY_FLAGS_OFFSET + 4

/** Private, i64. The value to write, or the operand of an update. */
export const ENTRY_VALUE_OFFSET: u32 = ENTRY_WORD_OFFSET + 8

/** Private, u32. The tag to write, or the TAG_ of an update. */
export const ENTRY_TAG_OFFSET: u32 = ENTRY_VALUE_OFFSET + 8

/** Private, u32. Handle of the version that keeps the old value, or 0. */
export const ENTRY_VERSION_OFFSET: u32 = ENTRY_TAG_OFFSET + 4

/** Length of an entry, as a shift. */
export const ENTRY_SHIFT: u32 = 5

/** Length of an entry in bytes. */
export const ENTRY_LENGTH: u32 = 32

/** Flag: its read is validated. */
export const ENTRY_READ: u32 = 1

/** Flag: it will be written. */
export const ENTRY_WRITE: u32 = 2

/** Flag: its cell is a gap; writing it only moves the word. */
export const ENTRY_GAP: u32 = 4

/** Flag: an old version was read. */
export const ENTRY_STALE: u32 = 8

/**
 * Flag, the same bit, of an entry that is written and not read: the write is based on the version with
 * its word, and on no other.
 */
export const ENTRY_MERGED: u32 = 8

/** Flag: whether to keep the old version was decided; meta and value may be overwritten already. */
export const ENTRY_DECIDED: u32 = 64

/** Flag, set with ENTRY_DECIDED: the old value is a block that is being retired. */
export const ENTRY_RETIRING: u32 = 128

/** Flag: the value to write was handed out, and stays in memory until the transaction ends. */
export const ENTRY_LENT: u32 = 32

/** Bits below the generation in the flags; a gap has none there. */
export const ENTRY_GENERATION_SHIFT: u32 = 8

/** Flag: conflict resolution dropped the write. */
export const ENTRY_IGNORED: u32 = 16
