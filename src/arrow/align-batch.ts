import {
  Data,
  DataType,
  type Field,
  Precision,
  type RecordBatch,
  type Schema,
  util,
} from 'apache-arrow'
import { soundSchemaOf } from './batch-plan.ts'
import { nullColumn } from './null-column.ts'
import { batchWith } from './record-batch.ts'
import { mismatch, requireSameFields } from './schema-match.ts'
import { isSameType } from './type-text.ts'

/** Bits of a whole number that a float holds without loss, its sign besides. */
const SINGLE_BITS = 24
const DOUBLE_BITS = 53
const LONG_BITS = 64

/**
 * A batch in the form of another schema, so that the two can be merged. With `widen`, columns are
 * found by name, in any order; whole numbers and floats may become wider as long as every value stays
 * what it is (Int32 to Int64 or Float64, Uint8 to Int16, Float32 to Float64), Utf8 and Binary become
 * LargeUtf8 and LargeBinary, and a column that is missing becomes null where nulls are allowed. Types
 * within other types must be equal. Without `widen`, fields have to be the same in the same order.
 * Columns that need no change are not copied.
 *
 * @throws {ValueNotAcceptableError} naming the first column that does not fit, or what is wrong in the
 * batch. A retry does not help.
 */
export function alignBatch(
  batch: RecordBatch,
  schema: Schema,
  { widen }: { readonly widen: boolean },
): RecordBatch {
  soundSchemaOf(batch)
  if (!widen) {
    requireSameFields(batchWith(schema, 0, []), batch)
    return batch
  }
  const given: readonly Field[] = batch.schema.fields
  const fields: readonly Field[] = schema.fields
  const extra = given.find(({ name }) => !fields.some((field) => field.name === name))
  if (extra !== undefined) throw mismatch(extra.name, 'there is no such field in the schema')
  const children = fields.map((field) => {
    const at = given.findIndex(({ name }) => name === field.name)
    return fitted(field, given[at], batch.data.children[at], batch.numRows)
  })
  return batchWith(schema, batch.numRows, children, { metadata: batch.metadata })
}

function fitted(
  field: Field,
  found: Field | undefined,
  data: Data | undefined,
  length: number,
): Data {
  if (found === undefined || data === undefined) {
    if (field.nullable) return nullColumn(field.type, length)
    throw mismatch(field.name, 'it is missing, and the schema allows no nulls in its place')
  }
  if (!field.nullable && data.nullCount > 0) {
    throw mismatch(field.name, 'it holds nulls where none are allowed')
  }
  if (isSameType(found.type, field.type)) return data
  const widened = widenData(data, field.type)
  if (widened !== undefined) return widened
  const why = `it has the type ${found.type}, which does not widen to ${field.type} without loss`
  throw mismatch(field.name, why)
}

/** A column in a wider type, or undefined when the type is not wider. */
function widenData(data: Data, type: DataType): Data | undefined {
  const { offset, length, nullCount, nullBitmap } = data
  const from: DataType = data.type
  const isWiderText =
    (DataType.isUtf8(from) && DataType.isLargeUtf8(type)) ||
    (DataType.isBinary(from) && DataType.isLargeBinary(type))
  if (isWiderText) {
    const offsets = new BigInt64Array(asLong(data.valueOffsets, length + 1).buffer)
    const buffers = { 0: offsets, 1: data.values, 2: nullBitmap }
    return new Data<DataType>(type, offset, length, nullCount, buffers)
  }
  const values = widenValues(data.values, from, type, length)
  if (values === undefined) return undefined
  return new Data(type, offset, length, nullCount, { 1: values, 2: nullBitmap })
}

function widenValues(
  values: Int32Array,
  from: DataType,
  to: DataType,
  length: number,
): ArrayBufferView | undefined {
  const Values = to.ArrayType
  if (DataType.isInt(from) && DataType.isInt(to)) {
    const isWider = to.bitWidth > from.bitWidth && (to.isSigned || !from.isSigned)
    if (!isWider) return undefined
    if (to.bitWidth < LONG_BITS) return new Values(values.subarray(0, length))
    return new Values(asLong(values, length).buffer)
  }
  if (DataType.isInt(from) && DataType.isFloat(to)) {
    const bits = from.bitWidth - (from.isSigned ? 1 : 0)
    return bits <= wholeBits(to.precision) ? new Values(values.subarray(0, length)) : undefined
  }
  if (DataType.isFloat(from) && DataType.isFloat(to) && to.precision > from.precision) {
    if (from.precision !== Precision.HALF) return new Values(values.subarray(0, length))
    return Values.from(values.subarray(0, length), util.uint16ToFloat64)
  }
  return undefined
}

function wholeBits(precision: Precision): number {
  if (precision === Precision.DOUBLE) return DOUBLE_BITS
  // Whole numbers as half floats are of no use.
  return precision === Precision.SINGLE ? SINGLE_BITS : 0
}

/** Numbers of up to 32 bits as pairs of words, the low one first. */
function asLong(values: ArrayLike<number>, length: number): Int32Array {
  const words = new Int32Array(length * 2)
  for (let i = 0; i < length; i++) {
    const value = values[i] as number
    words[2 * i] = value
    words[2 * i + 1] = value < 0 ? -1 : 0
  }
  return words
}
