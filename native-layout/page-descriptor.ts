/**
 * Pages and size classes. The arena is cut into pages of 64 KiB. A page table entry says what its
 * page holds; a slab page is cut into blocks of one size class. Behind the pages of the arena are
 * counted those of the payload segments, which hold spans only.
 * An entry is `kind | class << 8 | thread << 16`, for the head of a span `kind | pages << 8`.
 * Invariants:
 *   P1. An entry leaves 0 only by CAS; who wins owns the page.
 *   P2. Cell, version, ordered and chunk pages keep their class for ever (type-stable), slot and thread
 *       pages too.
 */

/** Length of a page in bytes, as a shift. */
export const PAGE_SHIFT: u32 = 16

/** Length of a page in bytes. */
export const PAGE_LENGTH: u32 = 65536

/** Kind: may be claimed. */
export const PAGE_FREE: u32 = 0

/** Kind: header, tables and gap cells. */
export const PAGE_RESERVED: u32 = 1

/** Kind: cut into blocks of one size class. */
export const PAGE_SLAB: u32 = 2

/** Kind: first page of a span, which holds one block larger than the largest class, or one body. */
export const PAGE_SPAN: u32 = 3

/** Kind: a following page of a span. */
export const PAGE_SPAN_BODY: u32 = 4

/** Kind: the record of one thread. */
export const PAGE_THREAD: u32 = 5

/** Kind: transaction slots of one thread. */
export const PAGE_SLOTS: u32 = 6

/** Bits below the class, or below the span's number of pages, in an entry. */
export const PAGE_CLASS_SHIFT: u32 = 8

/** Bits below the thread index in an entry. */
export const PAGE_THREAD_SHIFT: u32 = 16

/** Size class of cells: 64 bytes. */
export const CELL_CLASS: u32 = 0

/** Size class of versions: 32 bytes. */
export const VERSION_CLASS: u32 = 1

/** Size class of nodes of the ordered index: 256 bytes. */
export const ORDERED_CLASS: u32 = 2

/** Size class of chunks: 32 bytes. */
export const CHUNK_CLASS: u32 = 3

/** First size class of data blocks: 16 bytes; then 24, 32, 48, 64, ... two to each doubling. */
export const DATA_CLASS_FIRST: u32 = 4

/** Length of the smallest data block. */
export const DATA_LENGTH_MIN: u32 = 16

/** Length of the largest data block that comes from a slab. */
export const DATA_LENGTH_MAX: u32 = 32768

/** Number of size classes. */
export const CLASS_COUNT: u32 = 27

/** Blocks that move between a thread and the shared stack of their class at once. */
export const BATCH_BLOCK_COUNT: u32 = 64

/** As BATCH_BLOCK_COUNT, of nodes of the ordered index, of which there are few. */
export const ORDERED_BATCH_COUNT: u32 = 8

/** Shared, i32, in a free block: the next batch on the shared stack of the class. */
export const FREE_BATCH_LINK_OFFSET: u32 = 4

/** Private, u32, in a free block: the next free block. */
export const FREE_LINK_OFFSET: u32 = 0
