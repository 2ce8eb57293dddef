import {
  Field,
  Float64,
  Int64,
  makeData,
  RecordBatch,
  Schema,
  Struct,
  Utf8,
  vectorFromArray,
} from 'apache-arrow'

/** Characters of a name, with its number. */
const NAME_LENGTH = 12

const SCHEMA = new Schema([
  new Field('id', new Int64(), false),
  new Field('value', new Float64(), true),
  new Field('name', new Utf8(), true),
])

/** Ids from `first` on, in steps of `step`: batches of three columns, as different as columns are. */
export function rowsOf(rowCount: number, first = 0, step = 1): RecordBatch {
  const ids = BigInt64Array.from({ length: rowCount }, (_, i) => BigInt(first + i * step))
  const values = Float64Array.from({ length: rowCount }, (_, i) => (first + i * step) * 0.5)
  const names = Array.from({ length: rowCount }, (_, i) => nameOf(first + i * step))
  const name = vectorFromArray(names, new Utf8()).data[0]
  const children = [
    makeData({ type: new Int64(), length: rowCount, data: ids }),
    makeData({ type: new Float64(), length: rowCount, data: values }),
    ...(name === undefined ? [] : [name]),
  ]
  const type = new Struct(SCHEMA.fields)
  return new RecordBatch(SCHEMA, makeData({ type, length: rowCount, children }))
}

function nameOf(id: number): string {
  return `name ${id}`.padEnd(NAME_LENGTH, '.')
}
