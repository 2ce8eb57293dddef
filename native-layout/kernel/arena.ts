/** The arena header: making it, and the words in it that all threads share. */
import {
  BATCH_STACK_OFFSET,
  BUCKET_COUNT_OFFSET,
  CLOCK_OFFSET,
  HEADER_FINGERPRINT_OFFSET,
  HEADER_FIRST_PAGE_OFFSET,
  HEADER_GAP_ADDRESS_OFFSET,
  HEADER_GAP_COUNT_OFFSET,
  HEADER_MAGIC_OFFSET,
  HEADER_PAGE_COUNT_OFFSET,
  HEADER_PIN_TABLE_OFFSET,
  HEADER_POISON_OFFSET,
  HEADER_SCHEMA_TABLE_OFFSET,
  HEADER_SEGMENT_COUNT_OFFSET,
  HEADER_SEGMENT_PAGES_OFFSET,
  HEADER_STORE_ID_OFFSET,
  HEADER_VERSION_OFFSET,
  LAST_JUDGED_OFFSET,
  LAYOUT_VERSION,
  MAGIC,
  NEWEST_CLOSED_OFFSET,
  PAGE_FRESH_OFFSET,
  PAGE_HINT_OFFSET,
  PAGE_TABLE_ADDRESS,
  SCHEMA_TABLE_COUNT,
  SEGMENT_TABLE_OFFSET,
  TRANSACTION_COUNT_OFFSET,
} from '../arena-header-descriptor'
import { GAP_LENGTH } from '../gap-descriptor'
import { BUCKET_SHIFT, SEGMENT_BUCKETS_MIN } from '../index-descriptor'
import { ORDERED_LENGTH } from '../ordered-node-descriptor'
import { PAGE_LENGTH, PAGE_RESERVED, PAGE_SHIFT } from '../page-descriptor'
import { PIN_COUNT_MAX } from '../pin-descriptor'
import { CELL_GENERATION_MASK, CELL_GENERATION_SHIFT } from '../word-descriptor'
import { setMeta } from './cell'
import { linkFirstBucket } from './index-list'
import { makeFirstLeaf } from './ordered-insert'

/** Meta word of cell 0, which is none: with a generation that no handle of it has. */
const NO_CELL_META: u64 = (<u64>CELL_GENERATION_MASK) << CELL_GENERATION_SHIFT

/**
 * Writes the header of a fresh, zeroed arena. Called once, before anybody else can see it. The payload
 * segments lie elsewhere; their pages are entered into its page table.
 */
export function createArena(
  pageCount: u32,
  gapCount: u32,
  fingerprint: u32,
  segmentPages: u32,
  segmentCount: u32,
  poison: u32,
  storeId: u32,
): void {
  store<u32>(0, pageCount, HEADER_PAGE_COUNT_OFFSET)
  store<u32>(0, gapCount, HEADER_GAP_COUNT_OFFSET)
  store<u32>(0, segmentPages, HEADER_SEGMENT_PAGES_OFFSET)
  store<u32>(0, segmentCount, HEADER_SEGMENT_COUNT_OFFSET)
  store<u32>(0, poison, HEADER_POISON_OFFSET)
  store<u32>(0, storeId, HEADER_STORE_ID_OFFSET)
  const pages = pageCount + segmentPages * segmentCount
  const schemas = ((<u32>PAGE_TABLE_ADDRESS + (pages << 2) + 127) >> 7) << 7
  store<u32>(0, schemas, HEADER_SCHEMA_TABLE_OFFSET)
  const pins = schemas + (SCHEMA_TABLE_COUNT << 3)
  store<u32>(0, pins, HEADER_PIN_TABLE_OFFSET)
  const gaps = pins + (PIN_COUNT_MAX << 3)
  store<u32>(0, gaps, HEADER_GAP_ADDRESS_OFFSET)
  const firstLeaf = gaps + gapCount * GAP_LENGTH
  const buckets = firstLeaf + ORDERED_LENGTH
  const end = buckets + (SEGMENT_BUCKETS_MIN << BUCKET_SHIFT)
  const firstPage = (end + PAGE_LENGTH - 1) >> PAGE_SHIFT
  store<u32>(0, firstPage, HEADER_FIRST_PAGE_OFFSET)
  for (let page: u32 = 0; page < firstPage; page++) {
    atomic.store<i32>(PAGE_TABLE_ADDRESS + (page << 2), PAGE_RESERVED)
  }
  atomic.store<i32>(0, firstPage, PAGE_HINT_OFFSET)
  atomic.store<i32>(0, firstPage, PAGE_FRESH_OFFSET)
  atomic.store<i64>(0, 1, CLOCK_OFFSET)
  atomic.store<i32>(0, buckets, SEGMENT_TABLE_OFFSET)
  atomic.store<i32>(0, SEGMENT_BUCKETS_MIN, BUCKET_COUNT_OFFSET)
  linkFirstBucket()
  makeFirstLeaf(firstLeaf)
  setMeta(0, NO_CELL_META)
  store<u32>(0, fingerprint, HEADER_FINGERPRINT_OFFSET)
  store<u32>(0, LAYOUT_VERSION, HEADER_VERSION_OFFSET)
  store<u32>(0, MAGIC, HEADER_MAGIC_OFFSET)
}

/** The clock: every commit up to it is stable, the next ones get one more. */
export function clock(): u64 {
  return atomic.load<u64>(0, CLOCK_OFFSET)
}

/** Closes the running epoch: commits that take their timestamp afterwards get a larger one. */
export function advanceClock(): u64 {
  return atomic.add<u64>(0, 1, CLOCK_OFFSET) + 1
}

/** Closes the running epoch unless somebody else has done so since `seen` was loaded; whether it did. */
export function advanceClockFrom(seen: u64): bool {
  return atomic.cmpxchg<u64>(0, seen, seen + 1, CLOCK_OFFSET) == seen
}

/** No snapshot that reads old versions is newer than this. */
export function newestClosed(): u64 {
  return atomic.load<u64>(0, NEWEST_CLOSED_OFFSET)
}

/** No transaction with a larger timestamp was judged and has its place in the past. */
export function lastJudged(): u64 {
  return atomic.load<u64>(0, LAST_JUDGED_OFFSET)
}

/**
 * Closes the running epoch for a snapshot that reads old versions; that snapshot. It is noted before
 * the clock moves: whoever commits after it finds it noted.
 */
export function closeEpoch(): u64 {
  while (true) {
    const epoch = clock()
    const newest = newestClosed()
    if (newest <= epoch) {
      if (atomic.cmpxchg<u64>(0, newest, epoch + 1, NEWEST_CLOSED_OFFSET) != newest) continue
    }
    if (advanceClockFrom(epoch)) return epoch + 1
  }
}

/** Address of the stack of free batches of a size class. */
export function batchStack(sizeClass: u32): usize {
  return <usize>BATCH_STACK_OFFSET + (sizeClass << 3)
}

/** The next transaction id; the first one is 0. */
export function nextTransactionId(): f64 {
  return <f64>atomic.add<u64>(0, 1, TRANSACTION_COUNT_OFFSET)
}
