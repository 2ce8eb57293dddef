/**
 * The meta word of a cell: what its value is, and where its older versions begin. It is found from the
 * cell: as many words behind the first one of its page as the cell is behind the first one.
 * Invariants:
 *   M1. Changes only while the word of the cell is locked.
 *   M2. While the word of a cell says that it is plain (W3), this is PLAIN_META.
 * Owner: as that of the cell.
 */

/** Distance from a meta word's address to its first byte. */
export const META_BIAS: u32 = 8

/** Shared, i64. Meta word: tag of the value, generation of the cell, newest older version. */
export const META_WORD_OFFSET: u32 = META_BIAS

/** Length of a meta word in bytes. */
export const META_LENGTH: u32 = 8

/** Where the meta words of a page begin, and the one of cell 0. */
export const META_START: u32 = 18704
