/** Numbers that the kernel and TypeScript exchange: value tags, and how a call ended. */

/** Tag: no value. */
export const TAG_ABSENT: u32 = 0

/** Tag: a float64, inline. */
export const TAG_NUMBER: u32 = 1

/** Tag: a signed 64-bit integer, inline. */
export const TAG_BIGINT: u32 = 2

/** Tag: 0 or 1, inline. */
export const TAG_BOOLEAN: u32 = 3

/** Tag: null. */
export const TAG_NULL: u32 = 4

/**
 * Tags from here on stand in entries only, never in a cell: the value is the operand of an update that
 * the commit computes. Below TAG_APPEND the odd ones are of bigints, the even ones of numbers.
 */
export const TAG_UPDATE_FIRST: u32 = 8

/** Tag of an entry: adds the operand. */
export const TAG_ADD: u32 = 8

/** Tag of an entry: the larger one of the value and the operand. */
export const TAG_MAX: u32 = 10

/** Tag of an entry: the smaller one of the value and the operand. */
export const TAG_MIN: u32 = 12

/** Tag of an entry: adds the rows of a batch. The operand is `block handle << 32 | chunk handle`. */
export const TAG_APPEND: u32 = 14

/** Tag of an entry: the same for a batch that met a conflict; what it cannot be added to is one. */
export const TAG_APPEND_ON_CONFLICT: u32 = 15

/** How many tags of updates there are, one of each type for each of the above. */
export const TAG_UPDATE_COUNT: u32 = 8

/** Tags from here on: the value is a block handle. */
export const TAG_BLOCK_FIRST: u32 = 16

/** Tag: a string, one byte a character (Latin-1). */
export const TAG_STRING_LATIN1: u32 = 16

/** Tag: a string, two bytes a character (UTF-16). */
export const TAG_STRING_UTF16: u32 = 17

/** Tag: bytes. */
export const TAG_BYTES: u32 = 18

/** Tag: JSON text, one byte a character. */
export const TAG_JSON_LATIN1: u32 = 19

/** Tag: JSON text, two bytes a character. */
export const TAG_JSON_UTF16: u32 = 20

/** Tag: a record of numbers with a fixed layout. */
export const TAG_RECORD: u32 = 21

/** Tag: an Arrow batch: handle of its block << 32 | handle of its chunk. */
export const TAG_BATCH: u32 = 22

/** Status: done. */
export const STATUS_OK: u32 = 0

/** Statuses from here on are failures; they are above every tag. */
export const STATUS_FAILURE_FIRST: u32 = 64

/** Status: another transaction committed over a written cell. */
export const STATUS_WRITE_CONFLICT: u32 = 64

/** Status: another transaction committed over a read cell. */
export const STATUS_STALE_READ: u32 = 65

/** Status: a cell stayed locked by another transaction. */
export const STATUS_LOCKED: u32 = 66

/** Status: the snapshot could not be moved forward to what was met. */
export const STATUS_SNAPSHOT_MOVED: u32 = 67

/** Status: the snapshot lost its right. */
export const STATUS_SNAPSHOT_TOO_OLD: u32 = 68

/** Status: no memory is left. */
export const STATUS_ARENA_FULL: u32 = 69

/** Status: the access set is at its limit. */
export const STATUS_TOO_LARGE: u32 = 70

/** Status: the cell belongs to another key by now; look the key up again. */
export const STATUS_REF_EXPIRED: u32 = 71

/** Status: no slot or thread record is left. */
export const STATUS_LIMIT: u32 = 72

/** Status: a lock that the commit needs is held; the transaction is open, call commit again. */
export const STATUS_BUSY: u32 = 73

/** Status: it would stand between two others in a cycle of dependencies. */
export const STATUS_PIVOT: u32 = 74

/** Status: a version that it read is gone, and with it what the judge has to know. */
export const STATUS_MISSING_STAMP: u32 = 75

/** Status: an update met a value that it cannot be made of; the slot's value says which. */
export const STATUS_UPDATE_REFUSED: u32 = 76

/** Status: a write that is to be merged met another version; the transaction is open, call commit again. */
export const STATUS_UNMERGED: u32 = 80

/** Abort causes are the status minus STATUS_FAILURE_FIRST; the next three come from TypeScript. */

/** Abort cause: the extra run of a body in development. */
export const CAUSE_REHEARSAL: u32 = 13

/** Abort cause: rolled back on request. */
export const CAUSE_ROLLBACK: u32 = 14

/** Abort cause: the body threw. */
export const CAUSE_ERROR: u32 = 15
