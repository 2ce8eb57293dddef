import { ValueNotAcceptableError } from '../errors/data-errors.ts'
import { describeValue } from '../errors/describe-value.ts'
import type { RecordArrays, RecordFieldType } from './codec.ts'

/** The types of fields as numbers, for switches on hot paths. */
export const FLOAT64 = 0
export const INT32 = 1
export const UINT32 = 2

export const TYPE_CODE: Readonly<Record<RecordFieldType, number>> = {
  float64: FLOAT64,
  int32: INT32,
  uint32: UINT32,
}

/** Stores a field's value at a byte position; refuses what its type does not take. */
export function storeField(
  value: unknown,
  type: number,
  arrays: RecordArrays,
  position: number,
  name: string,
): void {
  if (typeof value !== 'number') throw refuseField(value, type, name)
  if (type === FLOAT64) {
    arrays.f64[position >>> 3] = value
    return
  }
  const whole = type === INT32 ? value | 0 : value >>> 0
  if (whole !== value || (value === 0 && 1 / value < 0)) throw refuseField(value, type, name)
  if (type === INT32) arrays.i32[position >>> 2] = value
  else arrays.u32[position >>> 2] = value
}

/** The field's value at a byte position. */
export function loadField(type: number, arrays: RecordArrays, position: number): number {
  if (type === FLOAT64) return arrays.f64[position >>> 3] as number
  return (type === INT32 ? arrays.i32[position >>> 2] : arrays.u32[position >>> 2]) as number
}

/** Where a field is found in a value, in error messages. */
export function fieldPath(name: string): string {
  return `$.${name}`
}

/** The error for a value that a field does not take. */
export function refuseField(
  value: unknown,
  type: number,
  name: string | undefined,
): ValueNotAcceptableError {
  const range =
    type === FLOAT64
      ? 'a number'
      : type === INT32
        ? 'a whole number from -2147483648 to 2147483647'
        : 'a whole number from 0 to 4294967295'
  const why = `it is ${describeValue(value)}, and this field of the record takes ${range}`
  return new ValueNotAcceptableError({ path: name === undefined ? '$' : fieldPath(name), why })
}
