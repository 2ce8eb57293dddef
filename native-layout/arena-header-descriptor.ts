/**
 * The first structure of the arena, at a fixed address: what the arena is, how large its parts are,
 * and the few words that all threads share.
 * Invariants:
 *   A1. Magic, layout version, fingerprint and sizes are written once, before the arena is shared.
 *   A2. The clock never goes back. The horizon bound never goes back and never passes the clock.
 *   A3. Each of clock, horizon bound, closed map and counters has its own pair of cache lines.
 * Owner: the thread that opens the store until A1 holds; then every thread.
 */

/** Address of the header; the first page below it stays unused, so that address 0 is nothing. */
export const HEADER_ADDRESS: u32 = 4096

/** Length reserved for the header, in bytes. The meta word of cell 0 lies in it, behind the fields. */
export const HEADER_LENGTH: u32 = 28672

/** Two cache lines: the distance that keeps neighbours from disturbing each other. */
export const CACHE_LINE_PAIR_LENGTH: u32 = 128

/** Immutable after open. Spells KHON. */
export const MAGIC: u32 = 0x4b484f4e

/** Immutable after open. Moves whenever the fingerprint moves. */
export const LAYOUT_VERSION: u32 = 1

/** Immutable after open, u32. Equals MAGIC. */
export const HEADER_MAGIC_OFFSET: u32 = 4096

/** Immutable after open, u32. Equals LAYOUT_VERSION. */
export const HEADER_VERSION_OFFSET: u32 = HEADER_MAGIC_OFFSET + 4

/** Immutable after open, u32. Fingerprint of all descriptors. */
export const HEADER_FINGERPRINT_OFFSET: u32 = HEADER_VERSION_OFFSET + 4

/** Immutable after open, u32. Pages of the arena. */
export const HEADER_PAGE_COUNT_OFFSET: u32 = HEADER_FINGERPRINT_OFFSET + 4

/** Immutable after open, u32. Number of gap cells, a power of two. */
export const HEADER_GAP_COUNT_OFFSET: u32 = HEADER_PAGE_COUNT_OFFSET + 4

/** Immutable after open, u32. Address of the first gap cell. */
export const HEADER_GAP_ADDRESS_OFFSET: u32 = HEADER_GAP_COUNT_OFFSET + 4

/** Immutable after open, u32. First page that can be claimed. */
export const HEADER_FIRST_PAGE_OFFSET: u32 = HEADER_GAP_ADDRESS_OFFSET + 4

/** Immutable after open, u32. Pages of one payload segment. */
export const HEADER_SEGMENT_PAGES_OFFSET: u32 = HEADER_FIRST_PAGE_OFFSET + 4

/** Immutable after open, u32. Number of payload segments. */
export const HEADER_SEGMENT_COUNT_OFFSET: u32 = HEADER_SEGMENT_PAGES_OFFSET + 4

/** Immutable after open, u32. Address of the table of schemas. */
export const HEADER_SCHEMA_TABLE_OFFSET: u32 = HEADER_SEGMENT_COUNT_OFFSET + 4

/** Immutable after open, u32. Address of the table of pins. */
export const HEADER_PIN_TABLE_OFFSET: u32 = HEADER_SCHEMA_TABLE_OFFSET + 4

/** Immutable after open, u32. 1: bodies that are given back are overwritten. */
export const HEADER_POISON_OFFSET: u32 = HEADER_PIN_TABLE_OFFSET + 4

/** Immutable after open, u32. A random number, by which stores of one process are told apart. */
export const HEADER_STORE_ID_OFFSET: u32 = HEADER_POISON_OFFSET + 4

/** Shared, i64. The commit clock. */
export const CLOCK_OFFSET: u32 = HEADER_MAGIC_OFFSET + CACHE_LINE_PAIR_LENGTH

/** Shared, i64. No snapshot below it may begin. */
export const HORIZON_BOUND_OFFSET: u32 = CLOCK_OFFSET + CACHE_LINE_PAIR_LENGTH

/** Shared, 4 times i64. One bit a thread: it has open transactions that read old versions. */
export const CLOSED_MAP_OFFSET: u32 = HORIZON_BOUND_OFFSET + CACHE_LINE_PAIR_LENGTH

/** Shared, 4 times i64. One bit a thread: it has open transactions that may be judged. */
export const JUDGEABLE_MAP_OFFSET: u32 = CLOSED_MAP_OFFSET + 32

/**
 * Shared, i32. Priority tickets modulo 2^16: the upper half counts those that were taken, the lower one
 * the turns that are over. While the two differ, the ticket with the lower number has its turn.
 */
export const TURNS_OFFSET: u32 = JUDGEABLE_MAP_OFFSET + 32

/** Shared, i32. Turns that transactions got. */
export const TURN_COUNT_OFFSET: u32 = TURNS_OFFSET + 4

/** Shared, i32. Turns that others ended because they outlived their lease. */
export const LAPSED_TURN_COUNT_OFFSET: u32 = TURN_COUNT_OFFSET + 4

/** Shared, i64. The newest snapshot that reads old versions, or one that is about to be taken. */
export const NEWEST_CLOSED_OFFSET: u32 = CLOSED_MAP_OFFSET + CACHE_LINE_PAIR_LENGTH

/** Shared, i64. Commit timestamp of the last transaction that was judged and has its place in the past. */
export const LAST_JUDGED_OFFSET: u32 = NEWEST_CLOSED_OFFSET + CACHE_LINE_PAIR_LENGTH

/** Shared, i32. The judge: id of the slot whose transaction is being judged, or 0. */
export const JUDGE_OFFSET: u32 = LAST_JUDGED_OFFSET + 8

/** Shared, i32. Where the search for a free page begins. */
export const PAGE_HINT_OFFSET: u32 = LAST_JUDGED_OFFSET + CACHE_LINE_PAIR_LENGTH

/** Shared, i32. The first page that nobody has claimed yet, nor any behind it: they hold zeros. */
export const PAGE_FRESH_OFFSET: u32 = PAGE_HINT_OFFSET + 4

/** Shared, i32. Slot ids handed out so far; slot ids begin with 1. */
export const SLOT_COUNT_OFFSET: u32 = PAGE_HINT_OFFSET + CACHE_LINE_PAIR_LENGTH

/** Shared, i32. Thread indexes handed out so far. */
export const THREAD_COUNT_OFFSET: u32 = SLOT_COUNT_OFFSET + 4

/** Shared, i32. Set when the store is closed; begin refuses. */
export const CLOSED_OFFSET: u32 = THREAD_COUNT_OFFSET + 4

/** Shared, i64. Transaction ids handed out so far. */
export const TRANSACTION_COUNT_OFFSET: u32 = CLOSED_OFFSET + 4 + 4

/** Shared, i64. Chunks made so far. */
export const CHUNK_COUNT_OFFSET: u32 = TRANSACTION_COUNT_OFFSET + 8

/** Shared, i32. Pins of the table up to the last one that was ever used. */
export const PIN_USED_COUNT_OFFSET: u32 = CHUNK_COUNT_OFFSET + 8

/** Shared, i32. Number of cells linked into the hash index. */
export const CELL_COUNT_OFFSET: u32 = SLOT_COUNT_OFFSET + CACHE_LINE_PAIR_LENGTH

/** Shared, i32. Buckets of the hash index in use, a power of two. */
export const BUCKET_COUNT_OFFSET: u32 = CELL_COUNT_OFFSET + CACHE_LINE_PAIR_LENGTH

/** Shared, i64. Times that memory of cells was let go to be used again. */
export const REUSE_COUNT_OFFSET: u32 = BUCKET_COUNT_OFFSET + 8

/** Shared, i64. Cells that were about to be taken out of the hash index, already locked for it. */
export const RECYCLE_COUNT_OFFSET: u32 = REUSE_COUNT_OFFSET + 8

/** Shared, i32. Address of the root of the ordered index. */
export const ORDERED_ROOT_OFFSET: u32 = RECYCLE_COUNT_OFFSET + 8

/** Shared, SEGMENT_COUNT_MAX times i32. Addresses of the bucket segments of the hash index. */
export const SEGMENT_TABLE_OFFSET: u32 = BUCKET_COUNT_OFFSET + CACHE_LINE_PAIR_LENGTH

/** Entries of the segment table. */
export const SEGMENT_COUNT_MAX: u32 = 32

/**
 * Shared, BATCH_STACK_COUNT times i64. Per size class a stack of free batches:
 * `pop count << 32 | block handle`.
 */
export const BATCH_STACK_OFFSET: u32 = SEGMENT_TABLE_OFFSET + SEGMENT_COUNT_MAX * 4

/** Entries reserved for the batch stacks. */
export const BATCH_STACK_COUNT: u32 = 32

/** Shared, THREAD_COUNT_MAX times i32. Addresses of the thread records, 0 while not claimed. */
export const THREAD_TABLE_OFFSET: u32 = BATCH_STACK_OFFSET + BATCH_STACK_COUNT * 8

/** Threads that can be attached over the life of a store at the same time. */
export const THREAD_COUNT_MAX: u32 = 256

/** First address behind the header's fields. */
export const HEADER_END_OFFSET: u32 = THREAD_TABLE_OFFSET + THREAD_COUNT_MAX * 4

/** Shared, SLOT_COUNT_MAX times i32. The slot table: the slot's address by slot id. */
export const SLOT_TABLE_ADDRESS: u32 = HEADER_ADDRESS + HEADER_LENGTH

/** Entries of the slot table; id 0 is nobody. */
export const SLOT_COUNT_MAX: u32 = 4096

/** Shared, one i32 a page, those of payload segments included. The page table. */
export const PAGE_TABLE_ADDRESS: u32 = SLOT_TABLE_ADDRESS + SLOT_COUNT_MAX * 4

/** Entries of the table of schemas, a power of two: `fingerprint << 32 | handle of the chunk`, i64. */
export const SCHEMA_TABLE_COUNT: u32 = 1024

/** What a body is filled with when it is given back and the store poisons. */
export const POISON: u32 = 0xdb
