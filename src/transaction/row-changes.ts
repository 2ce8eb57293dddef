/** Rows that are added to batches, put into them by key, or taken out of them. */
import type { RecordBatch } from 'apache-arrow'
import { ROWS_APPENDED, ROWS_DELETED, ROWS_UPSERTED } from '../../native-layout/batch-descriptor.ts'
import {
  STATUS_ARENA_FULL,
  STATUS_REF_EXPIRED,
  STATUS_SNAPSHOT_TOO_OLD,
  STATUS_STALE_READ,
  TAG_BATCH,
} from '../../native-layout/status-codes.ts'
import type { Member } from '../arrow/value-set.ts'
import { arrowCodec, type Tabular } from '../values/arrow-codec.ts'
import type { RowsMeaning } from '../values/batch-writer.ts'
import type { Key } from '../values/key.ts'
import { type FoundBatch, handleOf, usingBatch, usingBlock, writing } from './access.ts'
import { type ChainMerge, planNewest } from './chain-merging.ts'
import { columnNames, DEFAULT_KEY_COLUMN, type KeyColumns } from './key-columns.ts'
import { peekBlock } from './peeking.ts'
import { Ref } from './ref.ts'
import type { Session } from './session.ts'
import type { Transaction } from './transaction.ts'

/** Additions to a key after which who adds more merges the newest batches. */
const MERGE_DEPTH = 32

/** Bytes that are merged by who adds rows: the rest is left to the coordinator. */
const MERGED_BYTES_MAX = 256 * 1024

/** Keys of which a thread remembers when it merged them. */
const MERGED_COUNT_MAX = 1024

/** What `append` takes. */
export interface AppendOptions {
  /**
   * Whether rows may be brought to the schema of what is there where that loses nothing: smaller numbers to
   * larger ones, short texts to long ones, null for columns that are missing. Default: false.
   */
  readonly widen?: boolean
}

/** What `upsert` takes. */
export interface UpsertOptions extends AppendOptions {
  /** The key columns. Default: `id`. */
  readonly on?: KeyColumns
}

/** What `deleteRows` takes. */
export interface DeleteRowsOptions {
  /** The key columns. Default: `id`. */
  readonly on?: KeyColumns
}

/** As `Transaction.append`. */
export function appendRows(
  tx: Transaction,
  target: Key | Ref<RecordBatch>,
  rows: Tabular,
  { widen = false }: AppendOptions = {},
): void {
  addRows(tx, target, rows, { rows: ROWS_APPENDED, on: [] }, widen)
}

/** As `Transaction.upsert`. */
export function upsertRows(
  tx: Transaction,
  target: Key | Ref<RecordBatch>,
  rows: Tabular,
  { on = DEFAULT_KEY_COLUMN, widen = false }: UpsertOptions = {},
): void {
  const names = namesOf(tx, on)
  addRows(tx, target, rows, { rows: ROWS_UPSERTED, on: names }, widen)
}

/** As `Transaction.deleteRows`. */
export function deleteRows(
  tx: Transaction,
  target: Key | Ref<RecordBatch>,
  keys: Tabular | readonly unknown[],
  { on = DEFAULT_KEY_COLUMN }: DeleteRowsOptions = {},
): void {
  const names = namesOf(tx, on)
  usingBatch(tx, target, (batch) => {
    const { batches } = tx.session
    const gone = batches.keyRows(batch.block, keys, names)
    writing(tx, batch, () => {
      const block = batches.write(gone, { rows: ROWS_DELETED, on: names })
      if (block === 0) return STATUS_ARENA_FULL
      return batches.handOver(block, tx, (chunk) => putOn(tx, batch, chunk, block))
    })
  })
}

/**
 * Writes a batch on top of the one that the transaction has read, and of no other: the keys in it are those
 * of rows of that one.
 */
function putOn(
  { kernel, slot }: Transaction,
  on: FoundBatch,
  chunk: number,
  block: number,
): number {
  const isOn = kernel.addRowsTo(chunk, block, on.chunk, on.block) !== 0
  // Without the right to its snapshot it may stand on anything by now.
  if (!isOn || kernel.isLive(slot) === 0) return STATUS_SNAPSHOT_TOO_OLD
  const status = kernel.writeValue(slot, on.cell, on.generation, TAG_BATCH, chunk, block)
  return status === STATUS_REF_EXPIRED ? STATUS_STALE_READ : status
}

/** As `Transaction.union`. */
export function uniteMembers(
  tx: Transaction,
  target: Key | Ref<RecordBatch>,
  members: Iterable<Member>,
): void {
  tx.assertOpen()
  const { memberBatch, VALUE_COLUMN } = arrowCodec()
  let rows: RecordBatch
  try {
    const list = [...members]
    if (list.length === 0) return
    rows = memberBatch(list)
  } catch (error) {
    throw tx.poison(error)
  }
  addRows(tx, target, rows, { rows: ROWS_UPSERTED, on: [VALUE_COLUMN] }, false)
}

/** As `Transaction.members`. */
export function readMembers(
  tx: Transaction,
  target: Key | Ref<RecordBatch>,
): Set<Member> | undefined {
  return usingBlock(tx, target, (block) => {
    return arrowCodec().membersOf(tx.session.batches.open(block, tx.slot))
  })
}

function namesOf(tx: Transaction, on: KeyColumns): readonly string[] {
  try {
    return columnNames(on, 'on')
  } catch (error) {
    throw tx.poison(error)
  }
}

function addRows(
  tx: Transaction,
  target: Key | Ref<RecordBatch>,
  rows: Tabular,
  meaning: RowsMeaning,
  widens: boolean,
): void {
  tx.assertOpen()
  try {
    const { session } = tx
    const key = target instanceof Ref ? target.key : target
    const { batches } = session
    const aligned = peekBlock(session, key, (block, slot) => {
      if (block === undefined) return rows
      mergeNow(session, key, block, slot)
      return batches.align(rows, block, widens)
    })
    const isUpsert = meaning.rows === ROWS_UPSERTED
    const written = isUpsert ? batches.withUniqueKeys(aligned, meaning.on) : aligned
    writing(tx, handleOf(tx, target), ({ cell, generation }) => {
      const block = batches.write(written, meaning)
      if (block === 0) return STATUS_ARENA_FULL
      return batches.handOver(block, tx, (chunk) =>
        tx.kernel.appendBatch(tx.slot, cell, generation, chunk, block),
      )
    })
  } catch (error) {
    throw tx.poison(error)
  }
}

/** Merges the newest batches of a chain that has grown since this thread last looked, if that can be done. */
function mergeNow(session: Session, key: Key, block: number, slot: number): void {
  const depth = session.batches.blocks.depthOf(block)
  const handle = session.recall(key)
  if (handle === undefined || depth < MERGE_DEPTH) return
  const grown = depth - (session.mergedDepths.get(handle.cell) ?? 0)
  if (grown >= 0 && grown < MERGE_DEPTH) return
  if (session.mergedDepths.size >= MERGED_COUNT_MAX) session.mergedDepths.clear()
  session.mergedDepths.set(handle.cell, depth)
  const bytesMax = MERGED_BYTES_MAX
  let merge: ChainMerge | undefined
  try {
    merge = planNewest(session, block, { slot, bytesMax })
    merge?.step(Number.POSITIVE_INFINITY)
  } catch {
    // They cannot be put together, or the right to read them got lost: the chain stays as it is, and rows
    // can be added to it all the same.
    merge?.abandon()
  }
}
