/** Rows that are added to batches, put into them by key, or taken out of them. */
import type { RecordBatch } from 'apache-arrow'
import { ROWS_APPENDED, ROWS_DELETED, ROWS_UPSERTED } from '../../native-layout/batch-descriptor.ts'
import { STATUS_ARENA_FULL, STATUS_OK } from '../../native-layout/status-codes.ts'
import type { Member } from '../arrow/value-set.ts'
import { arrowCodec, type Tabular } from '../values/arrow-codec.ts'
import type { RowsMeaning } from '../values/batch-writer.ts'
import type { Key } from '../values/key.ts'
import { handleOf, readBlockOf, writing } from './access.ts'
import { planNewest } from './chain-merging.ts'
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
  const block = readBlockOf(tx, target)
  if (block === undefined) return
  try {
    const { batches } = tx.session
    const gone = batches.keyRows(block, keys, names)
    write(tx, target, () => batches.write(gone, { rows: ROWS_DELETED, on: names }))
  } catch (error) {
    throw tx.poison(error)
  }
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
  const block = readBlockOf(tx, target)
  if (block === undefined) return undefined
  try {
    return arrowCodec().membersOf(tx.session.batches.open(block, tx.slot))
  } catch (error) {
    throw tx.poison(error)
  }
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
    write(tx, target, () => batches.write(written, meaning))
  } catch (error) {
    throw tx.poison(error)
  }
}

/** Merges the newest batches of a chain that has grown since this thread last looked. */
function mergeNow(session: Session, key: Key, block: number, slot: number): void {
  const depth = session.batches.blocks.depthOf(block)
  const handle = session.recall(key)
  if (handle === undefined || depth < MERGE_DEPTH) return
  const grown = depth - (session.mergedDepths.get(handle.cell) ?? 0)
  if (grown >= 0 && grown < MERGE_DEPTH) return
  if (session.mergedDepths.size >= MERGED_COUNT_MAX) session.mergedDepths.clear()
  session.mergedDepths.set(handle.cell, depth)
  const bytesMax = MERGED_BYTES_MAX
  planNewest(session, block, { slot, bytesMax })?.step(Number.POSITIVE_INFINITY)
}

/** Writes rows and notes in the transaction that they are to be added. */
function write(tx: Transaction, target: Key | Ref<RecordBatch>, make: () => number): void {
  const { batches } = tx.session
  writing(tx, handleOf(tx, target), ({ cell, generation }) => {
    const block = make()
    if (block === 0) return STATUS_ARENA_FULL
    const chunk = batches.blocks.chunkOf(block)
    const status = tx.kernel.appendBatch(tx.slot, cell, generation, chunk, block)
    if (status !== STATUS_OK) tx.kernel.dropChunk(chunk)
    return status
  })
}
