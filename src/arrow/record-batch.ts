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
import { finishJob, planConcatenation } from './merge-job.ts'

/** Name of the only column of the batch that a vector becomes. */
const VALUE_COLUMN = 'value'

const valueSchemas = new WeakMap<DataType, Schema>()

/**
 * One batch with all rows of a table, or with a vector as its only column, `value`. Several chunks
 * are put together, and their dictionaries with them; what has one chunk is not copied.
 *
 * @throws {ValueNotAcceptableError} for anything else, also for what comes from a copy of apache-arrow
 * that does not know this one, and for chunks that cannot be put together.
 */
export function recordBatchOf(value: RecordBatch | Table | Vector): RecordBatch {
  if (value instanceof RecordBatch) return value
  if (value instanceof Table) return batchOfChunks(value.schema, value.batches)
  if (!(value instanceof Vector)) throw notArrow(value)
  const chunks = value.data.map((data) => batchOfValues(value.type, data))
  return batchOfChunks(valueSchemaOf(value.type), chunks)
}

/** A batch whose only column, `value`, is one chunk of a vector. */
export function batchOfValues(type: DataType, data: Data): RecordBatch {
  return batchWith(valueSchemaOf(type), data.length, [data])
}

/**
 * A batch of columns that fit a schema. The constructor of apache-arrow would build another schema
 * and another type, and extend columns that are too short.
 */
export function batchWith(
  schema: Schema,
  rowCount: number,
  children: Data[],
  rowType: Struct = new Struct(schema.fields),
): RecordBatch {
  return Object.assign(Object.create(RecordBatch.prototype), {
    schema,
    data: new Data(rowType, 0, rowCount, 0, {}, children),
    _metadata: new Map(),
  })
}

function batchOfChunks(schema: Schema, chunks: readonly RecordBatch[]): RecordBatch {
  const [first] = chunks
  if (first === undefined) {
    const children = schema.fields.map(({ type }) => new Data(type, 0, 0))
    return batchWith(schema, 0, children)
  }
  if (chunks.length > 1) {
    const parts = chunks.map((chunk) => batchWith(schema, chunk.numRows, chunk.data.children))
    for (const part of parts) soundSchemaOf(part)
    return finishJob(planConcatenation(parts))
  }
  return first.schema === schema ? first : batchWith(schema, first.numRows, first.data.children)
}

function valueSchemaOf(type: DataType): Schema {
  let schema = valueSchemas.get(type)
  if (schema === undefined) {
    schema = new Schema([new Field(VALUE_COLUMN, type, true)])
    valueSchemas.set(type, schema)
  }
  return schema
}
