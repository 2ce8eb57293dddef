/** Rows that are added to batches, put into them by key, or taken out of them. */
import type { RecordBatch } from 'apache-arrow'
import { ROWS_APPENDED, ROWS_DELETED, ROWS_UPSERTED } from '../../native-layout/batch-descriptor.ts'
import { STATUS_ARENA_FULL, STATUS_OK } from '../../native-layout/status-codes.ts'
import type { Tabular } from '../values/arrow-codec.ts'
import type { RowsMeaning } from '../values/batch-writer.ts'
import type { Key } from '../values/key.ts'
import { handleOf, readBlockOf, writing } from './access.ts'
import { columnNames, DEFAULT_KEY_COLUMN, type KeyColumns } from './key-columns.ts'
import { peekBlock } from './peeking.ts'
import { Ref } from './ref.ts'
import type { Transaction } from './transaction.ts'

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
    const aligned = peekBlock(session, key, (block) =>
      block === undefined ? rows : batches.align(rows, block, widens),
    )
    const isUpsert = meaning.rows === ROWS_UPSERTED
    const written = isUpsert ? batches.withUniqueKeys(aligned, meaning.on) : aligned
    write(tx, target, () => batches.write(written, meaning))
  } catch (error) {
    throw tx.poison(error)
  }
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
