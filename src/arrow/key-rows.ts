import {
  type Data,
  DataType,
  Field,
  type RecordBatch,
  Schema,
  Struct,
  Table,
  Vector,
  vectorFromArray,
} from 'apache-arrow'
import { ValueNotAcceptableError } from '../errors/data-errors.ts'
import { soundSchemaOf } from './batch-plan.ts'
import { pathSegment } from './column-path.ts'
import { planDeletion } from './merge-job.ts'
import { nullColumn } from './null-column.ts'
import { batchWith, recordBatchOf } from './record-batch.ts'
import { isSameType } from './type-text.ts'

/**
 * Keys as a batch of key columns alone, by which rows can be taken out of batches of a schema. Texts may be
 * in a dictionary or not, whichever the schema says.
 *
 * @param schema has the key columns.
 * @param keys rows that have these columns, or, where there is one, a list of values for it.
 * @throws {ValueNotAcceptableError} naming the column that is missing, is of another type or none of a key,
 * or the value that is null or none of its column.
 */
export function keyBatch(
  schema: Schema,
  keys: RecordBatch | Table | Vector | readonly unknown[],
  on: readonly string[],
): RecordBatch {
  const expected = on.map((name) => fieldNamed(schema, name))
  const batch = Array.isArray(keys)
    ? listedKeys(schema, keys, on)
    : tabularKeys(expected, recordBatchOf(keys as RecordBatch | Table | Vector))
  // Whoever reads what is left would meet what is wrong with keys: nothing is taken out of no rows.
  const none = expected.map(({ type }) => nullColumn(type, 0))
  const empty = batchWith(new Schema(expected), 0, none)
  planDeletion(empty, batch, on).step(Number.POSITIVE_INFINITY)
  return batch
}

function tabularKeys(expected: readonly Field[], batch: RecordBatch): RecordBatch {
  soundSchemaOf(batch)
  const columns = expected.map(({ name, type }) => {
    const field = fieldNamed(batch.schema, name)
    const data = batch.data.children[batch.schema.fields.indexOf(field)]
    if (data === undefined) throw missing(batch.schema, name)
    if (isSameType(field.type, type) || !isText(field.type) || !isText(type)) return { field, data }
    return { field: new Field(name, type, true), data: textsAs(type, data, name) }
  })
  const fields = columns.map(({ field }) => field)
  const children = columns.map(({ data }) => data)
  const rowType = new Struct(fields)
  return batchWith(new Schema(fields), batch.numRows, children, { rowType })
}

function isText(type: DataType): boolean {
  if (DataType.isDictionary(type)) return isText(type.dictionary)
  return DataType.isUtf8(type) || DataType.isLargeUtf8(type)
}

/** Texts as a column of another type of texts, whose dictionary may have no room for all of them. */
function textsAs(type: DataType, data: Data, name: string): Data {
  const given = [...new Vector([data])]
  const texts = vectorFromArray(given, type)
  const row = given.findIndex((text, i) => texts.get(i) !== text)
  if (row >= 0) throw noValueOf(name, type, `$${pathSegment(name)}[${row}]`)
  return recordBatchOf(texts).data.children[0] as Data
}

function noValueOf(name: string, type: DataType, path: string): ValueNotAcceptableError {
  const why = `it is no value of the column ${name}, which has the type ${type}`
  return new ValueNotAcceptableError({ path, why })
}

function listedKeys(schema: Schema, keys: readonly unknown[], on: readonly string[]): RecordBatch {
  const [name] = on
  if (name === undefined || on.length !== 1) {
    const why = 'a list of values is for one key column; pass a table that has all of them'
    throw new ValueNotAcceptableError({ path: '$', why })
  }
  const { type } = fieldNamed(schema, name)
  const row = keys.findIndex((key) => key === null || key === undefined)
  if (row >= 0) {
    throw new ValueNotAcceptableError({
      path: `$[${row}]`,
      why: 'it is no key, because it is null',
    })
  }
  let data: Vector
  try {
    data = vectorFromArray(keys, type)
  } catch (cause) {
    const why = `these are no values of the column ${name}, which has the type ${type}`
    throw new ValueNotAcceptableError({ path: '$', why }, { cause })
  }
  for (const [i, key] of keys.entries()) {
    if (!isSameKey(data.get(i), key)) throw noValueOf(name, type, `$[${i}]`)
  }
  const field = new Field(name, type, true)
  return recordBatchOf(new Table(new Schema([field]), { [name]: data }))
}

/** Whether what is read from a column is what was to be written there: Arrow converts without a word. */
function isSameKey(found: unknown, given: unknown): boolean {
  if (Object.is(found, given) || (found === 0 && given === 0)) return true
  if (typeof found === 'bigint' && typeof given === 'number') {
    return Number.isSafeInteger(given) && found === BigInt(given)
  }
  if (given instanceof Date) return Number(found) === given.getTime()
  if (found instanceof Uint8Array && given instanceof Uint8Array) {
    return Buffer.compare(found, given) === 0
  }
  return false
}

function fieldNamed(schema: Schema, name: string): Field {
  const field = schema.fields.find((each) => each.name === name)
  if (field === undefined) throw missing(schema, name)
  return field
}

function missing(schema: Schema, name: string): ValueNotAcceptableError {
  const names = schema.fields.map((field) => field.name).join(', ')
  const why = `there is no key column of this name; there are ${names || 'none'}`
  return new ValueNotAcceptableError({ path: `$.${name}`, why })
}
