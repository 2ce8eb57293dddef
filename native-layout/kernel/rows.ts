/**
 * Rows that are added to a batch: the new batch holds the old one and says what becomes of its own rows,
 * so that nothing is copied. Who reads the batch puts the rows together; who has time for it puts another
 * batch with the same rows in the place of an old one (`replaceOlder`).
 */
import {
  BATCH_DEPTH_OFFSET,
  BATCH_KEYS_OFFSET,
  BATCH_ROWS_OFFSET,
  BATCH_SCHEMA_OFFSET,
  ROWS_DELETED,
} from '../batch-descriptor'
import { CELL_SHIFT, CELL_VALUE_OFFSET, CELL_WORD_OFFSET } from '../cell-descriptor'
import { CHUNK_BATCH, CHUNK_LENGTH, CHUNK_OLDER_OFFSET } from '../chunk-descriptor'
import { CELL_CLASS, PAGE_CLASS_SHIFT, PAGE_SHIFT, PAGE_SLAB } from '../page-descriptor'
import {
  SLOT_OWNER_OFFSET,
  SLOT_PHASE_OFFSET,
  SLOT_SWEPT_CELL_OFFSET,
  STATE_FREE,
  STATE_SWEEPING,
} from '../slot-descriptor'
import { TAG_BATCH } from '../status-codes'
import { HANDLE_SHIFT } from '../version-descriptor'
import { OWNER_MASK, TAG_MASK } from '../word-descriptor'
import { giveData } from './allocator'
import { metaOf } from './cell'
import { chunkBlock, chunkId, chunkKind, dropChunk, holdChunk } from './chunk'
import { pageCount, pageEntry } from './pages'
import { letGoLater, takeRecord } from './replaced'
import { isEqual } from './schema'
import { phaseOf } from './transaction'

function chunkOf(value: u64): usize {
  return (<usize>(<u32>value)) << HANDLE_SHIFT
}

function blockOf(value: u64): usize {
  return (<usize>(<u32>(value >> 32))) << HANDLE_SHIFT
}

/** The address of the block of a chunk that somebody holds. */
function blockIn(handle: u32): usize {
  return (<usize>chunkBlock(handle)) << HANDLE_SHIFT
}

/** Whether the chunk of a value is held by somebody as the batch that the value means. */
function isBatch(value: u64): bool {
  return chunkKind(<u32>value) == CHUNK_BATCH && chunkBlock(<u32>value) == <u32>(value >> 32)
}

/** Whether there is memory where the chunk of a batch would be. */
function isInBounds(value: u64): bool {
  const end = ((<u64>(<u32>value)) << HANDLE_SHIFT) + CHUNK_LENGTH
  return end <= (<u64>pageCount()) << PAGE_SHIFT
}

/**
 * Whether a batch has key columns and holds no other one: what it holds may be published, and can be put on
 * top of nothing else then.
 */
export function isAddable(value: u64): bool {
  if (atomic.load<u32>(blockOf(value), BATCH_KEYS_OFFSET) == 0) return false
  return olderOf(chunkOf(value)) == 0
}

/**
 * A reference to the batch to which the rows of a chunk that the caller holds are to be added: its chunk, or
 * 0. Another one may come into its place at any time, and it may go unless it is held.
 */
function holdOlder(chunk: usize): u32 {
  let older = olderOf(chunk)
  while (older != 0) {
    const handle = <u32>older
    const isHeld = holdChunk(handle, chunkId(handle))
    const now = olderOf(chunk)
    if (now == older) return isHeld ? handle : 0
    if (isHeld) dropChunk(handle)
    older = now
  }
  return 0
}

/**
 * The chunk that says which schema a batch has: that of the keys of deleted rows does not count. Another
 * one than that of the batch is held, for the caller.
 */
function withSchema(handle: u32): u32 {
  let chunk = handle
  while (atomic.load<u32>(blockIn(chunk), BATCH_ROWS_OFFSET) == ROWS_DELETED) {
    const older = holdOlder((<usize>chunk) << HANDLE_SHIFT)
    if (older == 0) break
    if (chunk != handle) dropChunk(chunk)
    chunk = older
  }
  return chunk
}

/** Whether rows of one batch can be added to another: they have the same schema, which may be two chunks. */
function haveSameSchema(added: u32, value: u32): bool {
  const left = withSchema(added)
  const right = withSchema(value)
  const leftSchema = atomic.load<u32>(blockIn(left), BATCH_SCHEMA_OFFSET)
  const rightSchema = atomic.load<u32>(blockIn(right), BATCH_SCHEMA_OFFSET)
  const isSame =
    leftSchema == rightSchema ||
    (leftSchema != 0 && rightSchema != 0 && isEqual(blockIn(leftSchema), blockIn(rightSchema)))
  if (left != added) dropChunk(left)
  if (right != value) dropChunk(right)
  return isSame
}

/**
 * Puts a batch that nobody else has seen on top of another one, which it holds from then on; false when
 * their schemas differ. What the new one holds already, which nobody else has seen either, comes in between.
 * Who deletes rows has looked at the schema himself.
 */
export function addRows(added: u64, value: u64): bool {
  const handle = <u32>value
  // First: who has found the value in a snapshot may have lost the right to it.
  if (!holdChunk(handle, chunkId(handle))) return false
  const isDeletion = atomic.load<u32>(blockOf(added), BATCH_ROWS_OFFSET) == ROWS_DELETED
  if (!isBatch(value) || !(isDeletion || haveSameSchema(<u32>added, handle))) {
    dropChunk(handle)
    return false
  }
  let lowest = chunkOf(added)
  let depth: u32 = 1
  for (let older = olderOf(lowest); older != 0; older = olderOf(lowest)) {
    lowest = chunkOf(older)
    depth++
  }
  atomic.store<u64>(lowest, value, CHUNK_OLDER_OFFSET)
  depth += atomic.load<u32>(blockOf(value), BATCH_DEPTH_OFFSET)
  atomic.store<u32>(blockOf(added), depth, BATCH_DEPTH_OFFSET)
  return true
}

function olderOf(chunk: usize): u64 {
  return atomic.load<u64>(chunk, CHUNK_OLDER_OFFSET)
}

/** The block of the batch to which the rows of the batch in a chunk are to be added, or 0. */
export function olderBlock(handle: u32): u32 {
  return <u32>(olderOf((<usize>handle) << HANDLE_SHIFT) >> 32)
}

/**
 * Puts a batch in the place of the one that the rows of the chunk with this id are to be added to, which has
 * the same rows. False, and nothing has changed, when somebody else has done so, the chunk has gone, or
 * there is no memory. The reference of the caller is the chunk's then; the batch that was there stays until
 * nobody can stand on it.
 */
export function replaceOlder(handle: u32, id: f64, seenBlock: u32, chunk: u32, block: u32): bool {
  // Who has lost the right to its snapshot meanwhile may find another chunk, or none.
  if (!holdChunk(handle, id)) return false
  const isReplaced = replaceLink((<usize>handle) << HANDLE_SHIFT, seenBlock, chunk, block)
  dropChunk(handle)
  return isReplaced
}

function replaceLink(above: usize, seenBlock: u32, chunk: u32, block: u32): bool {
  const seen = olderOf(above)
  if (<u32>(seen >> 32) != seenBlock) return false
  const record = takeRecord()
  if (record == 0) return false
  const wanted = ((<u64>block) << 32) | <u64>chunk
  if (atomic.cmpxchg<u64>(above, seen, wanted, CHUNK_OLDER_OFFSET) != seen) {
    giveData(record)
    return false
  }
  letGoLater(record, <u32>seen)
  return true
}

/**
 * Puts a batch in the place of the one that a cell holds, which has the same rows: under the lock of the
 * cell, as who prunes its chain, so that neither its timestamp nor its versions change. Otherwise as
 * `replaceOlder`; false also when the cell is locked, or holds something else by now. What was there is
 * told by the id of its chunk: who has lost the right to its snapshot may find another batch in the same memory.
 *
 * @param slot one in which no transaction is open.
 */
export function replaceCurrent(slot: usize, cell: u32, seenId: f64, chunk: u32, block: u32): bool {
  const address = (<usize>cell) << CELL_SHIFT
  const word = atomic.load<u64>(address, CELL_WORD_OFFSET)
  if (<u32>word & OWNER_MASK) return false
  const record = takeRecord()
  if (record == 0) return false
  const owner = <u64>load<u32>(slot, SLOT_OWNER_OFFSET)
  atomic.store<u64>(slot, phaseOf(slot, 0, STATE_SWEEPING), SLOT_PHASE_OFFSET)
  store<u32>(slot, cell, SLOT_SWEPT_CELL_OFFSET)
  let replaced: u64 = 0
  if (atomic.cmpxchg<u64>(address, word, word | owner, CELL_WORD_OFFSET) == word) {
    const seen = atomic.load<u64>(address, CELL_VALUE_OFFSET)
    const tag = <u32>metaOf(address) & TAG_MASK
    if (tag == TAG_BATCH && chunkId(<u32>seen) == seenId) {
      atomic.store<u64>(address, ((<u64>block) << 32) | <u64>chunk, CELL_VALUE_OFFSET)
      replaced = seen
    }
    atomic.store<u64>(address, word, CELL_WORD_OFFSET)
  }
  store<u32>(slot, 0, SLOT_SWEPT_CELL_OFFSET)
  atomic.store<u64>(slot, phaseOf(slot, 0, STATE_FREE), SLOT_PHASE_OFFSET)
  if (replaced == 0) {
    giveData(record)
    return false
  }
  letGoLater(record, <u32>replaced)
  return true
}

/** The first cell of some in one page whose batch has rows that were added to another one, or 0. A guess. */
export function nextChain(first: u32, count: u32): u32 {
  const entry = pageEntry(first >> (PAGE_SHIFT - CELL_SHIFT))
  if ((entry & 0xffff) != (PAGE_SLAB | (CELL_CLASS << PAGE_CLASS_SHIFT))) return 0
  for (let cell = first; cell < first + count; cell++) {
    const address = (<usize>cell) << CELL_SHIFT
    const tag = <u32>metaOf(address) & TAG_MASK
    if (tag != TAG_BATCH) continue
    // It may be another value by now, and the chunk another chunk: nothing but a wrong guess.
    const value = atomic.load<u64>(address, CELL_VALUE_OFFSET)
    if (<u32>value != 0 && isInBounds(value) && olderOf(chunkOf(value)) != 0) return cell
  }
  return 0
}

/** As `addRows`, of handles of blocks and chunks. */
export function addRowsTo(chunk: u32, block: u32, olderChunk: u32, older: u32): bool {
  return addRows(((<u64>block) << 32) | <u64>chunk, ((<u64>older) << 32) | <u64>olderChunk)
}
