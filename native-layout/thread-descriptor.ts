/**
 * The record of one attached thread: a page of its own, in the thread table of the header.
 * Invariants:
 *   T1. Private fields are touched by their thread only, after its death by whoever recovers it.
 *   T2. Statistics are written by their thread with plain stores and only ever grow; a reader may
 *       see them late.
 * Owner: the attached thread.
 */

/**
 * Shared, i64. `Node's id of the thread << 32 | one of the THREAD_ states`: whoever sees the exit of a
 * thread finds its record, and at no instant is one attached under the id of somebody else.
 */
export const THREAD_STATE_OFFSET: u32 = 8

/** Shared, i32. Waiters of this thread sleep here. */
export const THREAD_WAIT_OFFSET: u32 = THREAD_STATE_OFFSET + 8

/**
 * Shared, i64. While this thread changes the list of the hash index: the clock when it began, plus
 * one. Otherwise 0.
 */
export const THREAD_WALK_OFFSET: u32 = THREAD_WAIT_OFFSET + 4 + 4

/**
 * Shared, i64. The queue of batches that this thread has put others in the place of and that are not let
 * go of yet: the address of the first record, and in the upper half how many were let go of. 0: there was
 * never one.
 */
export const THREAD_REPLACED_FIRST_OFFSET: u32 = THREAD_WALK_OFFSET + 8

/** Shared, u32. The last record of the queue, which is still to be filled. Its address. */
export const THREAD_REPLACED_LAST_OFFSET: u32 = THREAD_REPLACED_FIRST_OFFSET + 8

/** Private, u32. Index of this thread in the thread table. */
export const THREAD_INDEX_OFFSET: u32 = 64

/** Private, u32. Open transactions that read old versions. */
export const THREAD_CLOSED_COUNT_OFFSET: u32 = THREAD_INDEX_OFFSET + 4

/** Private, u32. Open transactions that may be judged. */
export const THREAD_JUDGEABLE_COUNT_OFFSET: u32 = THREAD_CLOSED_COUNT_OFFSET + 4

/** Private, u32. First free slot of the pool, linked through SLOT_NEXT_FREE. */
export const THREAD_FREE_SLOT_OFFSET: u32 = THREAD_JUDGEABLE_COUNT_OFFSET + 4

/** Private, u32. Next slot of the slot page that is being cut. */
export const THREAD_SLOT_CURSOR_OFFSET: u32 = THREAD_FREE_SLOT_OFFSET + 4

/** Private, u32. Where that page's last slot ends. */
export const THREAD_SLOT_CURSOR_END_OFFSET: u32 = THREAD_SLOT_CURSOR_OFFSET + 4

/** Private, u32. Versions pushed and blocks retired since the horizon was last computed. */
export const THREAD_PUSH_COUNT_OFFSET: u32 = THREAD_SLOT_CURSOR_END_OFFSET + 4

/** Private, u32. Blocks retired so far, modulo 2^32. */
export const THREAD_RETIRED_COUNT_OFFSET: u32 = THREAD_PUSH_COUNT_OFFSET + 4

/** Private, u32. Retired blocks given back so far, modulo 2^32. */
export const THREAD_RELEASED_COUNT_OFFSET: u32 = THREAD_RETIRED_COUNT_OFFSET + 4

/** Private, u32. Address of the queue of retired blocks; an element's fields lie behind it. */
export const THREAD_QUEUE_OFFSET: u32 = THREAD_RELEASED_COUNT_OFFSET + 4

/** Private, u32. Snapshots in the list of those that read old versions. */
export const THREAD_SNAPSHOT_COUNT_OFFSET: u32 = THREAD_QUEUE_OFFSET + 4

/** Private, u32. First of the cells in limbo: unlinked by this thread, not yet free. Its address. */
export const THREAD_LIMBO_OFFSET: u32 = THREAD_SNAPSHOT_COUNT_OFFSET + 4

/** Private, i64. The epoch that was closed after the last cell came into limbo; 0: none was. */
export const THREAD_LIMBO_EPOCH_OFFSET: u32 = THREAD_LIMBO_OFFSET + 4

/** Private, u32. A node of the ordered index that this thread may have locked. Its address, or 0. */
export const THREAD_ORDERED_OFFSET: u32 = THREAD_LIMBO_EPOCH_OFFSET + 8

/** Private, u32. Another one, which is locked after the first. */
export const THREAD_ORDERED_SECOND_OFFSET: u32 = THREAD_ORDERED_OFFSET + 4

/** Private, u32. First of the nodes of the ordered index in limbo. Its address. */
export const THREAD_ORDERED_LIMBO_OFFSET: u32 = THREAD_ORDERED_SECOND_OFFSET + 4

/** Private, u32. First of the blocks that hold names of transactions. Its address. */
export const THREAD_NAMES_OFFSET: u32 = THREAD_ORDERED_LIMBO_OFFSET + 4

/** Private, u32. A chunk to which this thread still has to drop a reference. Its handle, or 0. */
export const THREAD_DROPPING_OFFSET: u32 = THREAD_NAMES_OFFSET + 4

/** Private, u32. Times that transactions of this thread wrote over own writes, modulo 2^32. */
export const THREAD_OVERWRITE_COUNT_OFFSET: u32 = THREAD_DROPPING_OFFSET + 4

/** Private, i64. The horizon as last computed: every live and later snapshot is at or above it. */
export const THREAD_HORIZON_OFFSET: u32 = THREAD_OVERWRITE_COUNT_OFFSET + 4

/** Private, i64. As last computed: snapshots that are not listed, and pins, are at or above it. */
export const THREAD_SETTLED_OFFSET: u32 = THREAD_HORIZON_OFFSET + 8

/** Private, SNAPSHOT_COUNT_MAX times i64. Live snapshots that read old versions, as last computed. */
export const THREAD_SNAPSHOTS_OFFSET: u32 = THREAD_SETTLED_OFFSET + 8

/** Snapshots that are listed; further ones count as if they needed everything after them. */
export const SNAPSHOT_COUNT_MAX: u32 = 32

/** Private, 32 times u32. Per size class: first free block (its address). */
export const THREAD_FREE_LISTS_OFFSET: u32 = THREAD_SNAPSHOTS_OFFSET + SNAPSHOT_COUNT_MAX * 8

/** Private, 32 times u32. Per size class: free blocks in the list. */
export const THREAD_FREE_COUNTS_OFFSET: u32 = THREAD_FREE_LISTS_OFFSET + 32 * 4

/** Private, 32 times u32. Per size class: next block of the page that is being cut. */
export const THREAD_CURSORS_OFFSET: u32 = THREAD_FREE_COUNTS_OFFSET + 32 * 4

/** Private, 32 times u32. Per size class: where that page's last block ends, or 0: there is no page. */
export const THREAD_CURSOR_ENDS_OFFSET: u32 = THREAD_CURSORS_OFFSET + 32 * 4

/** Statistic, i64. Commits of this thread. */
export const THREAD_COMMITS_OFFSET: u32 = THREAD_CURSOR_ENDS_OFFSET + 32 * 4

/** Statistic, i64. Commits without writes, counted in commits too. */
export const THREAD_READ_COMMITS_OFFSET: u32 = THREAD_COMMITS_OFFSET + 8

/** Statistic, i64. Commits that were judged, counted in commits too. */
export const THREAD_JUDGED_COMMITS_OFFSET: u32 = THREAD_READ_COMMITS_OFFSET + 8

/** Statistic, i64. Times that the snapshot was moved forward. */
export const THREAD_EXTENSIONS_OFFSET: u32 = THREAD_JUDGED_COMMITS_OFFSET + 8

/** Statistic, i64. Times that the clock was moved by this thread. */
export const THREAD_CLOCK_MOVES_OFFSET: u32 = THREAD_EXTENSIONS_OFFSET + 8

/** Statistic, i64. Versions pushed on chains. */
export const THREAD_PUSHES_OFFSET: u32 = THREAD_CLOCK_MOVES_OFFSET + 8

/** Statistic, i64. Room of the largest access set that did not fit into its slot. */
export const THREAD_LARGEST_SET_OFFSET: u32 = THREAD_PUSHES_OFFSET + 8

/** Statistic, 32 times i64. Blocks taken from the allocator, by size class. */
export const THREAD_TAKEN_OFFSET: u32 = THREAD_LARGEST_SET_OFFSET + 8

/** Statistic, 32 times i64. Blocks given back to the allocator, by size class. */
export const THREAD_GIVEN_OFFSET: u32 = THREAD_TAKEN_OFFSET + 32 * 8

/** Statistic, ABORT_CAUSE_COUNT times i64. Aborts by cause. */
export const THREAD_ABORTS_OFFSET: u32 = THREAD_GIVEN_OFFSET + 32 * 8

/** Causes that have a counter. */
export const ABORT_CAUSE_COUNT: u32 = 16

/** First address behind the record's fields. */
export const THREAD_END_OFFSET: u32 = THREAD_ABORTS_OFFSET + ABORT_CAUSE_COUNT * 8

/** Private, THREAD_SCRATCH_LENGTH bytes. Scratch: keys for the kernel, dropped writes from it. */
export const THREAD_SCRATCH_OFFSET: u32 = 4096

/** Length of the scratch area in bytes. */
export const THREAD_SCRATCH_LENGTH: u32 = 57344

/** Private, RETIRED_COUNT_MAX times RETIRED_LENGTH bytes. Queue of retired blocks, used as a ring. */
export const THREAD_RETIRED_OFFSET: u32 = THREAD_SCRATCH_OFFSET + THREAD_SCRATCH_LENGTH

/** State: never used, or recovered. */
export const THREAD_UNUSED: u32 = 0

/** State: attached. */
export const THREAD_ATTACHED: u32 = 1

/** State: its exit was seen; what it left has to be recovered. */
export const THREAD_DEAD: u32 = 2
