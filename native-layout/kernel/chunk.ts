/**
 * Chunks: what several may refer to, with a count of references. Who drops the last one gives back the
 * block, the body, and the references to schema and dictionaries. Here as everywhere: a thread that is
 * thrown out in between loses what it was about to give back, and cannot give it twice.
 */
import { CHUNK_COUNT_OFFSET, HEADER_POISON_OFFSET, POISON } from '../arena-header-descriptor'
import {
  ALIGNED_BODY_LENGTH,
  BATCH_BODY_LENGTH_OFFSET,
  BATCH_BODY_OFFSET,
  BATCH_CHUNK_OFFSET,
  BATCH_DEPTH_OFFSET,
  BATCH_DICTIONARIES_OFFSET,
  BATCH_DICTIONARY_COUNT_OFFSET,
  BATCH_KEYS_OFFSET,
  BATCH_LENGTH,
  BATCH_PAGE_OFFSET,
  BATCH_ROWS_OFFSET,
  BATCH_SCHEMA_OFFSET,
  BODY_ALIGNMENT,
  ROWS_APPENDED,
} from '../batch-descriptor'
import { BLOCK_PREFIX_LENGTH } from '../block-descriptor'
import {
  CHUNK_BATCH,
  CHUNK_BLOCK_OFFSET,
  CHUNK_ID_SHIFT,
  CHUNK_LENGTH,
  CHUNK_OLDER_OFFSET,
  CHUNK_REFERENCES_MAX,
  CHUNK_WORD_OFFSET,
} from '../chunk-descriptor'
import {
  CHUNK_CLASS,
  DATA_LENGTH_MAX,
  PAGE_CLASS_SHIFT,
  PAGE_SHIFT,
  PAGE_SLAB,
} from '../page-descriptor'
import { THREAD_DROPPING_OFFSET } from '../thread-descriptor'
import { HANDLE_SHIFT } from '../version-descriptor'
import { give, giveData, take, takeData } from './allocator'
import { claimBody, isInArena, pageEntry, releasePages } from './pages'
import { thread } from './thread-record'

/** The address of a chunk, or of the payload of a block. */
function chunkAt(handle: u32): usize {
  return (<usize>handle) << HANDLE_SHIFT
}

/** Makes a chunk of a block, with one reference; its handle, or 0 when the arena is full. */
export function makeChunk(block: u32, kind: u32): u32 {
  const chunk = take(CHUNK_CLASS)
  if (chunk == 0) return 0
  const id = atomic.add<u64>(0, 1, CHUNK_COUNT_OFFSET) + 1
  atomic.store<u64>(chunk, ((<u64>kind) << 32) | <u64>block, CHUNK_BLOCK_OFFSET)
  atomic.store<u64>(chunk, 0, CHUNK_OLDER_OFFSET)
  atomic.store<u64>(chunk, (id << CHUNK_ID_SHIFT) | 1, CHUNK_WORD_OFFSET)
  return <u32>(chunk >> HANDLE_SHIFT)
}

/** Whether a handle is one of a chunk, which may have gone: of nothing else may somebody ask for its id. */
export function isChunk(handle: u32): bool {
  const page = handle >> (PAGE_SHIFT - HANDLE_SHIFT)
  if (!isInArena(page) || handle % (CHUNK_LENGTH >> HANDLE_SHIFT) != 0) return false
  return (pageEntry(page) & 0xffff) == (PAGE_SLAB | (CHUNK_CLASS << PAGE_CLASS_SHIFT))
}

/** The id of a chunk that somebody holds. Ids are exact as JavaScript numbers. */
export function chunkId(handle: u32): f64 {
  return <f64>(atomic.load<u64>(chunkAt(handle), CHUNK_WORD_OFFSET) >> CHUNK_ID_SHIFT)
}

/** Handle of the block of a chunk that somebody holds. */
export function chunkBlock(handle: u32): u32 {
  return <u32>atomic.load<u64>(chunkAt(handle), CHUNK_BLOCK_OFFSET)
}

/** Kind of a chunk that somebody holds. */
export function chunkKind(handle: u32): u32 {
  return <u32>(atomic.load<u64>(chunkAt(handle), CHUNK_BLOCK_OFFSET) >> 32)
}

/**
 * Takes one more reference to the chunk with this handle if it still has this id and somebody holds it;
 * whether it did.
 */
export function holdChunk(handle: u32, id: f64): bool {
  const chunk = chunkAt(handle)
  while (true) {
    const word = atomic.load<u64>(chunk, CHUNK_WORD_OFFSET)
    const references = <u32>word & CHUNK_REFERENCES_MAX
    if (word >> CHUNK_ID_SHIFT != <u64>id || references == 0) return false
    if (references == CHUNK_REFERENCES_MAX) return false
    if (atomic.cmpxchg<u64>(chunk, word, word + 1, CHUNK_WORD_OFFSET) == word) return true
  }
}

/** Whether the chunk with this id can have no more references. */
export function isFull(handle: u32, id: f64): bool {
  const word = atomic.load<u64>(chunkAt(handle), CHUNK_WORD_OFFSET)
  return (
    word >> CHUNK_ID_SHIFT == <u64>id && (<u32>word & CHUNK_REFERENCES_MAX) == CHUNK_REFERENCES_MAX
  )
}

/** Length of the body of the batch in a block, by the handle of the block. */
export function bodyLengthOf(block: u32): u32 {
  return atomic.load<u32>(chunkAt(block), BATCH_BODY_LENGTH_OFFSET)
}

/** Fills a body that goes with what nobody can take for data, in a store that poisons. */
function poison(block: usize): void {
  if (load<u32>(0, HEADER_POISON_OFFSET) == 0) return
  const page = atomic.load<u32>(block, BATCH_PAGE_OFFSET)
  if (page != 0 && !isInArena(page)) return
  const length = atomic.load<u32>(block, BATCH_BODY_LENGTH_OFFSET)
  memory.fill(atomic.load<u32>(block, BATCH_BODY_OFFSET), <u8>POISON, length)
}

/** Gives back a batch block, its body, and its references to others. */
function giveBatch(block: usize): void {
  poison(block)
  const count = atomic.load<u32>(block, BATCH_DICTIONARY_COUNT_OFFSET)
  atomic.store<u32>(block, 0, BATCH_DICTIONARY_COUNT_OFFSET)
  const dictionaries = <usize>atomic.load<u32>(block, BATCH_DICTIONARIES_OFFSET)
  for (let i: u32 = 0; i < count; i++) dropChunk(load<u32>(dictionaries + (i << 2)))
  const schema = atomic.load<u32>(block, BATCH_SCHEMA_OFFSET)
  atomic.store<u32>(block, 0, BATCH_SCHEMA_OFFSET)
  if (schema != 0) dropChunk(schema)
  const page = atomic.load<u32>(block, BATCH_PAGE_OFFSET)
  atomic.store<u32>(block, 0, BATCH_PAGE_OFFSET)
  if (page != 0) releasePages(page)
  giveData(block)
}

/** Drops one reference to a chunk; with the last one goes the chunk, and its reference to an older one. */
export function dropChunk(handle: u32): void {
  while (handle != 0) {
    const chunk = chunkAt(handle)
    // The one who takes the count to 0 is the only one that still has its handle from a reference.
    const word = atomic.sub<u64>(chunk, 1, CHUNK_WORD_OFFSET) - 1
    if (<u32>word & CHUNK_REFERENCES_MAX) return
    const block = atomic.load<u64>(chunk, CHUNK_BLOCK_OFFSET)
    handle = <u32>atomic.load<u64>(chunk, CHUNK_OLDER_OFFSET)
    // What a batch refers to has none that is older.
    if (handle != 0) store<u32>(thread, handle, THREAD_DROPPING_OFFSET)
    give(CHUNK_CLASS, chunk)
    const payload = (<usize>(<u32>block)) << HANDLE_SHIFT
    if (<u32>(block >> 32) == CHUNK_BATCH) giveBatch(payload)
    else giveData(payload)
    if (handle != 0) store<u32>(thread, 0, THREAD_DROPPING_OFFSET)
  }
}

/** Drops the reference that a thread with this record still had to drop when it died. */
export function finishDropping(record: usize): void {
  const handle = load<u32>(record, THREAD_DROPPING_OFFSET)
  store<u32>(record, 0, THREAD_DROPPING_OFFSET)
  dropChunk(handle)
}

/** Where a body of this length begins that lies behind `at`. */
function alignedBody(at: usize, length: u32): u32 {
  const alignment: u32 = length >= ALIGNED_BODY_LENGTH ? BODY_ALIGNMENT : 8
  return (<u32>at + alignment - 1) & ~(alignment - 1)
}

/** The block of a batch, without its chunk: its address, or 0. */
function takeBatchBlock(headerLength: u32, bodyLength: u32): usize {
  const whole = <u64>headerLength + bodyLength + (BATCH_LENGTH + BODY_ALIGNMENT)
  // An empty body has no pages of its own, however long the header is.
  const isInline = bodyLength == 0 || whole + BLOCK_PREFIX_LENGTH <= DATA_LENGTH_MAX
  const block = takeData(isInline ? <u32>whole : BATCH_LENGTH + headerLength)
  if (block == 0) return 0
  atomic.store<u32>(block, 0, BATCH_SCHEMA_OFFSET)
  atomic.store<u32>(block, 0, BATCH_DICTIONARY_COUNT_OFFSET)
  atomic.store<u32>(block, ROWS_APPENDED, BATCH_ROWS_OFFSET)
  atomic.store<u32>(block, 0, BATCH_KEYS_OFFSET)
  atomic.store<u32>(block, 0, BATCH_DEPTH_OFFSET)
  atomic.store<u32>(block, bodyLength, BATCH_BODY_LENGTH_OFFSET)
  if (isInline) {
    atomic.store<u32>(block, 0, BATCH_PAGE_OFFSET)
    const end = block + BATCH_LENGTH + headerLength
    atomic.store<u32>(block, alignedBody(end, bodyLength), BATCH_BODY_OFFSET)
    return block
  }
  const page = claimBody(bodyLength)
  if (page == 0) {
    giveData(block)
    return 0
  }
  atomic.store<u32>(block, page, BATCH_PAGE_OFFSET)
  atomic.store<u32>(block, page << PAGE_SHIFT, BATCH_BODY_OFFSET)
  return block
}

/**
 * Makes the chunk of a batch whose header, behind BATCH_LENGTH, and body are still to be filled, with one
 * reference: the address of its block, or 0 when there is no room.
 */
export function takeBatch(headerLength: u32, bodyLength: u32): usize {
  const block = takeBatchBlock(headerLength, bodyLength)
  if (block == 0) return 0
  const chunk = makeChunk(<u32>(block >> HANDLE_SHIFT), CHUNK_BATCH)
  if (chunk == 0) {
    giveBatch(block)
    return 0
  }
  atomic.store<u32>(block, chunk, BATCH_CHUNK_OFFSET)
  return block
}
