import {
  Data,
  type DataType,
  Field,
  RecordBatch,
  Schema,
  Struct,
  Table,
  Vector,
} from 'apache-arrow'
import { notArrow, soundSchemaOf } from './batch-plan.ts'
import { bitmapLength } from './bitmap.ts'
import { finishJob, planConcatenation } from './merge-job.ts'
import { nullColumn } from './null-column.ts'

/** Name of the only column of the batch that a vector becomes. */
export const VALUE_COLUMN = 'value'

const valueSchemas = new WeakMap<DataType, Schema>()

/**
 * One batch with all rows of a table, or with a vector as its only column, `value`. Several chunks
 * are put together, and their dictionaries with them; what has one chunk is not copied. Columns that
 * apache-arrow has filled up with nulls, because others are longer, get the buffers they lack.
 *
 * @throws {ValueNotAcceptableError} for anything else, also for what comes from a copy of apache-arrow
 * that does not know this one, and for chunks that cannot be put together.
 */
export function recordBatchOf(value: RecordBatch | Table | Vector): RecordBatch {
  if (value instanceof RecordBatch) return withWholeNulls(value)
  if (value instanceof Table) return batchOfChunks(value.schema, value.batches)
  if (!(value instanceof Vector)) throw notArrow(value)
  const chunks = value.data.map((data) => batchOfValues(value.type, data))
  return batchOfChunks(valueSchemaOf(value.type), chunks)
}

/** A batch whose only column, `value`, is one chunk of a vector. */
export function batchOfValues(type: DataType, data: Data): RecordBatch {
  return batchWith(valueSchemaOf(type), data.length, [data])
}

/** What a batch has besides its columns. */
export interface BatchExtras {
  /** The type of its rows, when there is one already. */
  readonly rowType?: Struct
  readonly metadata?: Map<string, string>
}

/**
 * A batch of columns that fit a schema. The constructor of apache-arrow would build another schema
 * and another type, and extend columns that are too short.
 */
export function batchWith(
  schema: Schema,
  rowCount: number,
  children: Data[],
  { rowType = new Struct(schema.fields), metadata = new Map() }: BatchExtras = {},
): RecordBatch {
  return Object.assign(Object.create(RecordBatch.prototype), {
    schema,
    data: new Data(rowType, 0, rowCount, 0, {}, children),
    _metadata: metadata,
  })
}

function batchOfChunks(schema: Schema, chunks: readonly RecordBatch[]): RecordBatch {
  const [first] = chunks
  if (first === undefined) {
    const children = schema.fields.map(({ type }) => new Data(type, 0, 0))
    return batchWith(schema, 0, children)
  }
  if (chunks.length > 1) {
    const parts = chunks.map((chunk) => {
      return withWholeNulls(batchWith(schema, chunk.numRows, chunk.data.children))
    })
    for (const part of parts) soundSchemaOf(part)
    return finishJob(planConcatenation(parts))
  }
  if (first.schema === schema) return withWholeNulls(first)
  const { numRows, data, metadata } = first
  return withWholeNulls(batchWith(schema, numRows, data.children, { metadata }))
}

/** Columns that apache-arrow made up of nulls, without buffers for them, get those here. */
function withWholeNulls(batch: RecordBatch): RecordBatch {
  const { children } = batch.data
  if (!children.some(isMadeUp)) return batch
  const whole = children.map((data) => (isMadeUp(data) ? nullColumn(data.type, data.length) : data))
  return batchWith(batch.schema, batch.numRows, whole, { metadata: batch.metadata })
}

/** As columns are in a table of columns of unequal length: nulls only, and nothing behind them. */
function isMadeUp(data: Data | undefined): boolean {
  if (data === undefined || data.length === 0) return false
  const { values, valueOffsets, typeIds, nullBitmap, children } = data
  const hasBuffers =
    (values?.length ?? 0) > 0 || (valueOffsets?.length ?? 0) > 1 || typeIds !== undefined
  if (hasBuffers || children.some((child) => child?.length > 0)) return false
  const length = nullBitmap?.byteLength ?? 0
  // A null count that has to be counted needs all of its bits.
  return length >= bitmapLength(data.offset + data.length) && data.nullCount === data.length
}

function valueSchemaOf(type: DataType): Schema {
  let schema = valueSchemas.get(type)
  if (schema === undefined) {
    schema = new Schema([new Field(VALUE_COLUMN, type, true)])
    valueSchemas.set(type, schema)
  }
  return schema
}
