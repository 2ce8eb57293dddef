/**
 * The slot of one open transaction. Slots are pooled per thread and named by a small id, which is
 * what the owner bits of a locked cell hold.
 * Invariants:
 *   S1. The phase moves FREE -> ACTIVE or PINNED -> STAMPED -> INSTALLING; each move is one atomic
 *       store or CAS. A transaction that publishes no snapshot passes over ACTIVE, one without
 *       reads to validate over STAMPED. Every state before INSTALLING may go to ABORTING and then
 *       to FREE, and ACTIVE and PINNED to REVOKED when the snapshot loses its right. In FREE,
 *       ACTIVE and PINNED a committing transaction may hold locks, without a timestamp.
 *       INSTALLING stays when all is installed, until the next use: with a generation that is not
 *       that of the slot's owner bits any more it means what FREE means.
 *   S2. Write entries are complete before the first cell is locked, those of updates when all are
 *       locked; INSTALLING is the commit point.
 *   S3. A slot is not used again before every cell it locked is unlocked.
 *   S4. In ACTIVE and PINNED the phase's timestamp bounds the horizon from above. No version that
 *       was current at the timestamp of an ACTIVE slot is freed, and no block that was current at
 *       or after that of a PINNED one. In STAMPED and INSTALLING it is c(T).
 * Owner: its thread; after that thread's death whoever recovers it.
 */

/** Shared, i64. The phase word: timestamp, generation, state. */
export const SLOT_PHASE_OFFSET: u32 = 8

/** Shared, i32. Handle of the block with the transaction's name, or 0. */
export const SLOT_NAME_OFFSET: u32 = SLOT_PHASE_OFFSET + 8

/** Private, u32. The slot's id, 1 to 4095. */
export const SLOT_ID_OFFSET: u32 = 64

/** Private, u32. Address of the next free slot of the thread. */
export const SLOT_NEXT_FREE_OFFSET: u32 = SLOT_ID_OFFSET + 4

/** Private, u32. The MODE_ bits of the transaction. */
export const SLOT_MODE_OFFSET: u32 = SLOT_NEXT_FREE_OFFSET + 4

/** Private, u32. Address of the access set; an entry's fields lie behind it as described there. */
export const SLOT_ENTRIES_OFFSET: u32 = SLOT_MODE_OFFSET + 4

/** Private, u32. Entries in the access set. */
export const SLOT_ENTRY_COUNT_OFFSET: u32 = SLOT_ENTRIES_OFFSET + 4

/** Private, u32. Entries the access set has room for. */
export const SLOT_ENTRY_CAPACITY_OFFSET: u32 = SLOT_ENTRY_COUNT_OFFSET + 4

/** Private, u32. Entries that write. */
export const SLOT_WRITE_COUNT_OFFSET: u32 = SLOT_ENTRY_CAPACITY_OFFSET + 4

/** Private, u32. Address of the table from cell to entry of a large access set, or 0. */
export const SLOT_TABLE_OFFSET: u32 = SLOT_WRITE_COUNT_OFFSET + 4

/** Private, i64. Bloom filter of the cells in the access set. */
export const SLOT_FILTER_OFFSET: u32 = SLOT_TABLE_OFFSET + 4

/** Private, i64. The snapshot: every version up to it is stable. */
export const SLOT_BOUND_OFFSET: u32 = SLOT_FILTER_OFFSET + 8

/** Private, i64. Value of the last read; of a refused update `its tag << 8 | the tag that it met`. */
export const SLOT_VALUE_OFFSET: u32 = SLOT_BOUND_OFFSET + 8

/** Private, u32. Tag of the last read, or of the failure: a STATUS_ code. */
export const SLOT_TAG_OFFSET: u32 = SLOT_VALUE_OFFSET + 8

/** Private, u32. Entries that may still be looked at while the snapshot is moved. */
export const SLOT_BUDGET_OFFSET: u32 = SLOT_TAG_OFFSET + 4

/** Private, u32. The cell that a conflict was found on. */
export const SLOT_CONFLICT_CELL_OFFSET: u32 = SLOT_BUDGET_OFFSET + 4

/** Private, u32. The slot that the cell was locked by, or 0. */
export const SLOT_OPPONENT_OFFSET: u32 = SLOT_CONFLICT_CELL_OFFSET + 4

/** Private, u32. Writes that conflict resolution dropped. */
export const SLOT_IGNORED_COUNT_OFFSET: u32 = SLOT_OPPONENT_OFFSET + 4

/** Private, u32. Address of the lock order: u32 entry addresses, as many as the capacity. */
export const SLOT_ORDER_OFFSET: u32 = SLOT_IGNORED_COUNT_OFFSET + 4

/** Private, i64. The commit timestamp once it is final, 0 before; afterwards that of the last commit. */
export const SLOT_COMMIT_TIMESTAMP_OFFSET: u32 = SLOT_ORDER_OFFSET + 4

/** Private, u32. Entries the cell-to-entry table has room for, minus one. */
export const SLOT_TABLE_MASK_OFFSET: u32 = SLOT_COMMIT_TIMESTAMP_OFFSET + 8

/** Private, u32. Index of the thread that the slot belongs to. */
export const SLOT_THREAD_OFFSET: u32 = SLOT_TABLE_MASK_OFFSET + 4

/** Private, u32. The cell that a sweep has locked in the name of this slot, perhaps with SWEPT_DEAD. */
export const SLOT_SWEPT_CELL_OFFSET: u32 = SLOT_THREAD_OFFSET + 4

/** Private, u32. Lent blocks that were written over, in entries of cell 0. */
export const SLOT_DROPPED_COUNT_OFFSET: u32 = SLOT_SWEPT_CELL_OFFSET + 4

/** Private, i64. The count of recycling when all cells to write were last seen to be their keys'. */
export const SLOT_RECYCLE_COUNT_OFFSET: u32 = SLOT_DROPPED_COUNT_OFFSET + 4

/** Private, u32. The owner in the words that this use of the slot locks: see the cell word. */
export const SLOT_OWNER_OFFSET: u32 = SLOT_RECYCLE_COUNT_OFFSET + 8

/** Private, i64. pi(T) of a transaction that was judged and has its place in the past; otherwise 0. */
export const SLOT_PI_OFFSET: u32 = SLOT_OWNER_OFFSET + 4 + 4

/** Private, i64. Of a closed snapshot: the largest timestamp of a deletion that it has met no version of. */
export const SLOT_SINCE_OFFSET: u32 = SLOT_PI_OFFSET + 8

/** First address behind the slot's fields. */
export const SLOT_END_OFFSET: u32 = SLOT_SINCE_OFFSET + 8

/** Private, SLOT_INLINE_ENTRY_COUNT times ENTRY_LENGTH bytes. The access set every slot has. */
export const SLOT_INLINE_ENTRIES_OFFSET: u32 = 256

/** Entries of the access set that every slot has. */
export const SLOT_INLINE_ENTRY_COUNT: u32 = 48

/** Private, SLOT_INLINE_ENTRY_COUNT times u32. The lock order every slot has. */
export const SLOT_INLINE_ORDER_OFFSET: u32 =
  SLOT_INLINE_ENTRIES_OFFSET + SLOT_INLINE_ENTRY_COUNT * 32

/** Distance between two slots. */
export const SLOT_LENGTH: u32 = 2048

/** Flag beside the swept cell: it was found dead under the lock, and is being taken from its key. */
export const SWEPT_DEAD: u32 = 0x80000000

/** State: nobody's. */
export const STATE_FREE: u32 = 0

/** State: open, with a snapshot that reads old versions; what its timestamp sees is kept. */
export const STATE_ACTIVE: u32 = 1

/** State: all locks held, c(T) in the phase, reads being validated. */
export const STATE_STAMPED: u32 = 2

/** State: committed, versions being installed; or all of it done, in a generation that is over. */
export const STATE_INSTALLING: u32 = 3

/** State: locks being released. */
export const STATE_ABORTING: u32 = 4

/** State: open, reads current versions only; no block that was current since its timestamp is freed. */
export const STATE_PINNED: u32 = 6

/** State: prunes chains, or swaps a batch for one with the same rows; the cell's timestamp stays. */
export const STATE_SWEEPING: u32 = 7

/** State: takes a cell out of the index; whoever meets the lock that it holds waits. */
export const STATE_RECYCLING: u32 = 8

/** State: lost its right to its snapshot; its next call says so. */
export const STATE_REVOKED: u32 = 5

/** Mode bits: the isolation level. */
export const MODE_ISOLATION_MASK: u32 = 3

/** Isolation: ReadCommitted. */
export const MODE_READ_COMMITTED: u32 = 0

/** Isolation: RepeatableRead, snapshot isolation. */
export const MODE_REPEATABLE_READ: u32 = 1

/** Isolation: Serializable. */
export const MODE_SERIALIZABLE: u32 = 2

/** Mode bit: the snapshot is closed; it reads old versions instead of moving forward. */
export const MODE_CLOSED: u32 = 4

/** Mode bits: what happens on a write-write conflict. */
export const MODE_CONFLICT_MASK: u32 = 24

/** Conflict mode: abort. */
export const MODE_CONFLICT_FAIL: u32 = 0

/** Conflict mode: drop this write. */
export const MODE_CONFLICT_IGNORE: u32 = 8

/** Conflict mode: write over. */
export const MODE_CONFLICT_REPLACE: u32 = 16

/** Conflict mode: add the rows of batches; abort for everything else. */
export const MODE_CONFLICT_APPEND: u32 = 24

/** Mode bit, with MODE_CLOSED at Serializable: it is judged when a read of it is stale at its commit. */
export const MODE_JUDGEABLE: u32 = 32

/** Mode bit, set by the kernel: transactions that may be judged were open when its snapshot was taken. */
export const MODE_UNSAFE: u32 = 64

/** Mode bit, set by the kernel: the access set may hold updates that the commit has to compute. */
export const MODE_UPDATES: u32 = 128
