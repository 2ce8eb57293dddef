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
import { ValueNotAcceptableError } from '../errors/data-errors.ts'
import { notArrow } from './batch-plan.ts'

/** Name of the only column of the batch that a vector becomes. */
export const VALUE_COLUMN = 'value'

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
  const schema = valueSchemaOf(value.type)
  const chunks = value.data.map((data) => batchWith(schema, data.length, [data]))
  return batchOfChunks(schema, chunks)
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
  const [first, second] = chunks
  if (first === undefined) {
    const children = schema.fields.map(({ type }) => new Data(type, 0, 0))
    return batchWith(schema, 0, children)
  }
  if (second !== undefined) {
    throw new ValueNotAcceptableError({ path: '$', why: 'it has more than one chunk' })
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
