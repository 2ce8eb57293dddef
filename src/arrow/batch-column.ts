import { DataType, type RecordBatch } from 'apache-arrow'
import { ValueNotAcceptableError } from '../errors/data-errors.ts'

/** The array that the values of a column lie in. */
export type ColumnValues =
  | Int8Array
  | Int16Array
  | Int32Array
  | BigInt64Array
  | Uint8Array
  | Uint16Array
  | Uint32Array
  | BigUint64Array
  | Float32Array
  | Float64Array

/** One column of a batch: an array with an element for each row, and which rows are null. */
export interface BatchColumn {
  /** One element a row, as Arrow stores them; whatever it may be where a row is null. */
  readonly values: ColumnValues
  readonly nullCount: number
  /**
   * One bit a row, 1 where it has a value, the first row in the lowest bit of the first byte; undefined when
   * no row is null. Row `i` is at bit `i + validityOffset`.
   */
  readonly validity: Uint8Array | undefined
  /** Bits before the first row. */
  readonly validityOffset: number
  /** Whether a row has a value. */
  isValid(row: number): boolean
}

class FlatColumn implements BatchColumn {
  readonly values: ColumnValues
  readonly nullCount: number
  readonly validity: Uint8Array | undefined
  readonly validityOffset: number

  constructor(
    values: ColumnValues,
    nullCount: number,
    validity: Uint8Array | undefined,
    validityOffset: number,
  ) {
    this.values = values
    this.nullCount = nullCount
    this.validity = validity
    this.validityOffset = validityOffset
  }

  isValid(row: number): boolean {
    const bit = row + this.validityOffset
    return (
      this.validity === undefined || ((this.validity[bit >> 3] as number) >> (bit & 7)) % 2 === 1
    )
  }
}

/**
 * A column of a batch as the array that its values lie in.
 * @throws {ValueNotAcceptableError} when there is no such column, or no array with an element for each row.
 */
export function columnOf(batch: RecordBatch, name: string): BatchColumn {
  const index = batch.schema.fields.findIndex((field) => field.name === name)
  const data = batch.data.children[index]
  if (data === undefined) {
    const names = batch.schema.fields.map((field) => field.name).join(', ')
    throw refuse(name, `the batch has no such column; it has ${names || 'none'}`)
  }
  const { type, values, length, nullCount, nullBitmap, offset } = data
  if (!isFlat(type) || data.stride !== 1) {
    throw refuse(name, `its type ${type} has no array with one element a row; use get`)
  }
  const flat = (values as Uint8Array).subarray(0, length)
  const validity = nullCount > 0 ? nullBitmap : undefined
  return new FlatColumn(flat as ColumnValues, nullCount, validity, offset)
}

function isFlat(type: DataType): boolean {
  return (
    DataType.isInt(type) ||
    DataType.isFloat(type) ||
    DataType.isDate(type) ||
    DataType.isTime(type) ||
    DataType.isTimestamp(type) ||
    DataType.isDuration(type)
  )
}

function refuse(name: string, why: string): ValueNotAcceptableError {
  return new ValueNotAcceptableError({ path: `$.${name}`, why })
}
