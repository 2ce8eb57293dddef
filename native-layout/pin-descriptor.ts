/**
 * One pin: a reference to a chunk that somebody keeps beyond the end of a transaction. Pins lie in a table
 * of fixed size. A word is `use << 41 | (thread + 1) << 32 | chunk handle`, 0 in the lower 41 bits when
 * it is free.
 * Invariants:
 *   N1. A word leaves free by CAS, with the next use, after its reference was taken, and becomes free by
 *       CAS before its reference is dropped.
 *   N2. No word names a thread that has left its record.
 * Owner: the thread named in it; after its death its recoverer, and the coordinator when it is too old.
 */

/** Entries of the table of pins. */
export const PIN_COUNT_MAX: u32 = 4096

/** In the place of a pin's number: all are in use. */
export const PIN_NONE_FREE: i32 = -1

/** In the place of a pin's number: nobody holds the batch any more. */
export const PIN_BATCH_GONE: i32 = -2

/** In the place of a pin's number: the batch has as many references as it can have. */
export const PIN_BATCH_FULL: i32 = -3

/** Bits below the thread in a pin. */
export const PIN_THREAD_SHIFT: u32 = 32

/** Mask of the thread after the shift: its index and one, or 0 when the pin is free. */
export const PIN_THREAD_MASK: u32 = 511

/** Bits below the use in a pin. */
export const PIN_USE_SHIFT: u32 = 41

/** Mask of the use after the shift; it counts the uses of an entry, modulo 2^22. */
export const PIN_USE_MASK: u32 = 0x3fffff
