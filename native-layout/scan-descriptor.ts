/**
 * What a scan and TypeScript exchange in the scratch area of the thread, and how a scan is asked for.
 * The start key lies at the beginning of the area: the smaller bound, or in reverse the greater one.
 * What was found are arrays of eight bytes an element: values; then, when elements are asked for,
 * `address of the key << 32 | length of the key << 8 | tag`; then the bytes of the keys. The arrays are
 * as long as the limit says.
 */

/** Longest encoded key, in bytes. */
export const SCAN_KEY_LENGTH_MAX: u32 = 1096

/** Where the end key lies in the scratch area. */
export const SCAN_END_KEY_START: u32 = SCAN_KEY_LENGTH_MAX + 16

/** Where the answer lies: SCAN_ bits to go on with, or 0, in the high half; `key length << 1 | more`. */
export const SCAN_ANSWER_START: u32 = 2 * SCAN_END_KEY_START

/** Where the cells of one leaf are noted while it is read: `generation << 32 | id` each. */
export const SCAN_CELLS_START: u32 = SCAN_ANSWER_START + 16

/** Where what was found begins. */
export const SCAN_FOUND_START: u32 = SCAN_CELLS_START + 128

/** Length of an element in the arrays together, in bytes. */
export const SCAN_ELEMENT_LENGTH: u32 = 16

/** Elements that one call finds at most. */
export const SCAN_ELEMENT_COUNT_MAX: u32 = 512

/** Numbers that one call finds at most. */
export const SCAN_NUMBER_COUNT_MAX: u32 = 6144

/** Bit: without the start key itself. */
export const SCAN_AFTER_START: u32 = 1

/** Bit: without the end key itself. */
export const SCAN_BEFORE_END: u32 = 2

/** Bit: from the greater keys to the smaller ones. */
export const SCAN_REVERSE: u32 = 4

/** Bit: there is an end key. */
export const SCAN_HAS_END: u32 = 8

/** Bit: there is a start key; in the answer always. */
export const SCAN_HAS_START: u32 = 16

/** Bit: the transaction writes nothing. */
export const SCAN_READ_ONLY: u32 = 32

/** Bit: answer with numbers alone, NaN where a value is none. */
export const SCAN_NUMBERS: u32 = 64

/** Bit: answer with elements. Without this bit and the one before, keys are counted. */
export const SCAN_ELEMENTS: u32 = 128
