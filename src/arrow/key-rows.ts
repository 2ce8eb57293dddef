import {
  Field,
  type RecordBatch,
  Schema,
  Struct,
  Table,
  type Vector,
  vectorFromArray,
} from 'apache-arrow'
import { ValueNotAcceptableError } from '../errors/data-errors.ts'
import { batchWith, recordBatchOf } from './record-batch.ts'

/**
 * Keys as a batch of key columns alone.
 *
 * @param schema has the key columns.
 * @param keys rows that have these columns, or, where there is one, a list of values for it.
 * @throws {ValueNotAcceptableError} naming the column that is missing, or the value that is none of it.
 */
export function keyBatch(
  schema: Schema,
  keys: RecordBatch | Table | Vector | readonly unknown[],
  on: readonly string[],
): RecordBatch {
  if (Array.isArray(keys)) return listedKeys(schema, keys, on)
  const batch = recordBatchOf(keys as RecordBatch | Table | Vector)
  const fields = on.map((name) => fieldNamed(batch.schema, name))
  const children = fields.map((field) => {
    const data = batch.data.children[batch.schema.fields.indexOf(field)]
    if (data === undefined) throw missing(batch.schema, field.name)
    return data
  })
  const ofKeys = new Schema(fields)
  return batchWith(ofKeys, batch.numRows, children, { rowType: new Struct(fields) })
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
    if (isSameKey(data.get(i), key)) continue
    const why = `it is no value of the column ${name}, which has the type ${type}`
    throw new ValueNotAcceptableError({ path: `$[${i}]`, why })
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
