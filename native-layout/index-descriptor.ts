/**
 * The hash index: a split-ordered list (Shalev and Shavit, Journal of the ACM 53(3), 2006). All
 * cells form one list, sorted by the bit-reversed hash of their key; a bucket is a place to start.
 * A bucket is one 64-bit link in a segment; segment 0 holds the first buckets, segment k as many
 * as all before it together. Growth doubles the bucket count and touches nothing else.
 * A link is `split key of the target << 32 | target`: the target is a cell id, or a bucket number
 * with BUCKET_FLAG, or 0 at the end of the list. A cell's split key is odd, a bucket's is even.
 * Invariants:
 *   X1. Along the list, split keys do not decrease.
 *   X2. A link changes only by CAS, and one with DELETED_FLAG not at all while its cell is linked.
 *   X3. A cell is complete before it is linked.
 *   X4. A cell that was unlinked is used again only when everybody is gone who announced a change of
 *       the list before it was unlinked, and after the count of reuses has moved: who only looks up
 *       and sees it move looks up again.
 * Owner: everybody.
 */

/** Flag in a link's target: it is a bucket, not a cell. */
export const BUCKET_FLAG: u32 = 0x40000000

/** Flag in a bucket's own link: the bucket is being linked; walks pass it, none begins there. */
export const PENDING_FLAG: u32 = 0x20000000

/** Flag in a cell's own link: the cell is no longer in the list, or about to be taken out of it. */
export const DELETED_FLAG: u32 = 0x80000000

/** Mask of the number in a link's target: a cell id or a bucket number. */
export const TARGET_MASK: u32 = 0x0fffffff

/** Buckets of segment 0, as a shift. */
export const SEGMENT_SHIFT: u32 = 12

/** Buckets of segment 0. */
export const SEGMENT_BUCKETS_MIN: u32 = 4096

/** Length of a bucket in bytes, as a shift. */
export const BUCKET_SHIFT: u32 = 3

/** Buckets at most, as a shift. */
export const BUCKET_COUNT_MAX_SHIFT: u32 = 26
