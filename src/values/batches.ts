import type { RecordBatch, Table } from 'apache-arrow'
import { CHUNK_COUNT_OFFSET } from '../../native-layout/arena-header-descriptor.ts'
import { ROWS_APPENDED, ROWS_DELETED, ROWS_UPSERTED } from '../../native-layout/batch-descriptor.ts'
import { STATUS_OK } from '../../native-layout/status-codes.ts'
import type { MergeJob, OpenSchema } from '../arrow/batch-codec.ts'
import type { BatchColumn } from '../arrow/batch-column.ts'
import type { Arena } from '../memory/arena.ts'
import { arrowCodec, type Tabular } from './arrow-codec.ts'
import { BatchBlocks } from './batch-blocks.ts'
import { BatchReader, type Borrower } from './batch-reader.ts'
import { BatchWriter, PLAIN_ROWS, type RowsMeaning } from './batch-writer.ts'
import { groupsOf, JobList, type Source } from './row-groups.ts'

/**
 * Batches in shared memory, as one thread writes and reads them: chunks of buffers that are viewed in
 * place, with references to schemas and dictionaries, which are chunks too. A value is one chunk, or a
 * chain of them: rows that were added to an older batch, newest first.
 */
export class Batches {
  readonly blocks: BatchBlocks
  readonly writer: BatchWriter
  readonly #reader: BatchReader
  readonly #poisons: boolean

  constructor(arena: Arena, poisons: boolean) {
    this.blocks = new BatchBlocks(arena)
    this.writer = new BatchWriter(this.blocks)
    this.#reader = new BatchReader(this.blocks, this.writer)
    this.#poisons = poisons
  }

  /**
   * Writes a batch into shared memory: the handle of its block, whose one reference is the caller's; 0
   * when there is no room.
   *
   * @throws {ValueNotAcceptableError} with the path of what cannot be stored, also of a key that is null.
   * Nothing is left behind.
   */
  write(value: Tabular, meaning: RowsMeaning = PLAIN_ROWS): number {
    if (meaning.rows === ROWS_UPSERTED) this.#planUnique(value, meaning.on)
    return this.writer.write(value, meaning)
  }

  /**
   * Has a transaction that is still open take over the reference of a new batch; how that ends. Otherwise
   * the batch is given back.
   */
  handOver(block: number, writer: { assertOpen(): void }, take: (chunk: number) => number): number {
    const chunk = this.blocks.chunkOf(block)
    let status: number | undefined
    try {
      writer.assertOpen()
      status = take(chunk)
      return status
    } finally {
      if (status !== STATUS_OK) this.blocks.arena.kernel.dropChunk(chunk)
    }
  }

  /** Rows without those whose keys come again behind them. Errors as in `write`. */
  withUniqueKeys(value: Tabular, on: readonly string[]): RecordBatch {
    const { finishJob, recordBatchOf } = arrowCodec()
    const job = this.#planUnique(value, on)
    const batch = recordBatchOf(value)
    return batch.numRows < 2 ? batch : finishJob(job)
  }

  /**
   * The batch of a value that somebody holds. Of one chunk: views of shared memory, or, in a store that
   * poisons, of a copy that is lent to `borrower` until `endLoans`. Of several: put together here.
   */
  open(block: number, borrower: Borrower): RecordBatch {
    if (this.isChain(block)) return this.#assemble(block, (each) => this.#reader.open(each))
    if (this.#poisons) return this.#reader.lend(block, borrower)
    return this.#reader.open(block)
  }

  /** The batch of a value that somebody holds, in memory of this thread alone. */
  copy(block: number): RecordBatch {
    return this.#assemble(block, (each) => this.#reader.copy(each))
  }

  /** A table of a value that somebody holds: as `open`, but rows that were put behind others stay apart. */
  table(block: number, borrower: Borrower): Table {
    const { Table } = arrowCodec()
    const chain = this.chainOf(block)
    if (this.#poisons || chain.some((each) => !this.#isPlain(each, chain))) {
      return new Table([this.open(block, borrower)])
    }
    return new Table(chain.map((each) => this.#reader.open(each)))
  }

  /**
   * A column of a batch as one array; otherwise as `open`.
   * @throws {ValueNotAcceptableError} when there is no such column, or its values are in no array.
   */
  column(block: number, name: string, borrower: Borrower): BatchColumn {
    return arrowCodec().columnOf(this.open(block, borrower), name)
  }

  /** Whether any batch was ever written to the store. */
  get areUsed(): boolean {
    return Atomics.load(this.blocks.arena.i64, CHUNK_COUNT_OFFSET >>> 3) !== 0n
  }

  /** Whether a value consists of several chunks. */
  isChain(block: number): boolean {
    return this.blocks.olderOf(block) !== 0
  }

  /** The schema of a value that somebody holds. */
  schemaOf(block: number): OpenSchema {
    let each = block
    // Those of deleted rows have their keys only.
    while (this.blocks.rowsOf(each) === ROWS_DELETED && this.isChain(each)) {
      each = this.blocks.olderOf(each)
    }
    return this.#reader.schemaIn(this.blocks.schemaOf(each))
  }

  /** Rows as they can be added to a value: under its schema. Errors as in `alignBatch`. */
  align(rows: Tabular, block: number, widens: boolean): RecordBatch {
    const { alignBatch, batchWith, recordBatchOf } = arrowCodec()
    const { schema } = this.schemaOf(block)
    const { numRows, data } = alignBatch(recordBatchOf(rows), schema, { widen: widens })
    // Metadata, and nulls that are allowed and not there, do not make it another schema.
    return batchWith(schema, numRows, data.children)
  }

  /**
   * Keys as a batch of the key columns of a value that somebody holds.
   * @param keys rows that have these columns, or, where there is one, a list of values for it.
   * @throws {ValueNotAcceptableError} when they are no keys of the value.
   */
  keyRows(block: number, keys: Tabular | readonly unknown[], on: readonly string[]): RecordBatch {
    return arrowCodec().keyBatch(this.schemaOf(block).schema, keys, on)
  }

  /** Overwrites what was lent to a borrower. */
  endLoans(borrower: Borrower): void {
    this.#reader.endLoans(borrower)
  }

  /** Has each row be looked for among those behind it: says what is wrong with keys. */
  #planUnique(value: Tabular, on: readonly string[]): MergeJob {
    const { planUnique, recordBatchOf } = arrowCodec()
    return planUnique(recordBatchOf(value), on)
  }

  /** The blocks of a value that somebody holds, oldest first. */
  chainOf(block: number): number[] {
    const chain: number[] = []
    for (let each = block; each !== 0; each = this.blocks.olderOf(each)) chain.push(each)
    return chain.reverse()
  }

  /** Whether the rows of a block are all there in what its chain makes. */
  #isPlain(block: number, [oldest]: readonly number[]): boolean {
    return block === oldest || this.blocks.rowsOf(block) === ROWS_APPENDED
  }

  /** A block alone, as views of shared memory; somebody must hold the value that it is part of. */
  openAlone(block: number): RecordBatch {
    return this.#reader.open(block)
  }

  /** What the rows of a block are for. */
  meaningOf(block: number): RowsMeaning {
    const { fields } = this.#reader.schemaIn(this.blocks.schemaOf(block)).schema
    const on = this.blocks.keysOf(block).map((index) => fields[index]?.name ?? '')
    return { rows: this.blocks.rowsOf(block), on }
  }

  #assemble(block: number, open: (block: number) => RecordBatch): RecordBatch {
    const [oldest, ...added] = this.chainOf(block)
    const base = open(oldest as number)
    const list = new JobList()
    let source: Source = () => base
    for (const { meaning, blocks } of groupsOf(this, added)) {
      source = list.addGroup(source, meaning, blocks.map(open))
    }
    return list.finish() ?? base
  }
}
