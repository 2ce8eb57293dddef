/** What updates that commute take and make, in JavaScript; the kernel does the same under a lock. */
import { UpdateRefusedError, ValueNotAcceptableError } from '../errors/data-errors.ts'
import { describeValue } from '../errors/describe-value.ts'
import type { Key } from './key.ts'
import { BIGINT_MAX, BIGINT_MIN } from './stored-value.ts'

/** The updates that commute. */
export type NumericUpdate = 'add' | 'max' | 'min'

/**
 * The operand of an update, checked.
 * @throws {ValueNotAcceptableError} when it is NaN, of more than 64 bits or no number at all.
 */
export function numericOperand(call: NumericUpdate, given: unknown): number | bigint {
  if (typeof given === 'number' && !Number.isNaN(given)) return given
  if (typeof given === 'bigint' && given >= BIGINT_MIN && given <= BIGINT_MAX) return given
  const why = `it is ${describeValue(given)}, and ${call} takes a number but NaN, or a bigint of 64 bits`
  throw new ValueNotAcceptableError({ path: '$', why })
}

/**
 * What an update makes of a value; none counts as the identity.
 * @throws {UpdateRefusedError} when nothing can be made of it.
 */
export function updated(
  call: NumericUpdate,
  key: Key,
  old: unknown,
  operand: number | bigint,
): number | bigint {
  if (old === undefined) return operand
  if (typeof old === 'number' && typeof operand === 'number') return numbers(call, old, operand)
  if (typeof old !== 'bigint' || typeof operand !== 'bigint') {
    throw new UpdateRefusedError({ call, key, met: nameOf(old), operand: typeof operand })
  }
  if (call !== 'add') return old > operand === (call === 'max') ? old : operand
  const sum = old + operand
  if (sum >= BIGINT_MIN && sum <= BIGINT_MAX) return sum
  throw new UpdateRefusedError({ call, key, met: 'bigint', operand: 'bigint' })
}

function numbers(call: NumericUpdate, old: number, operand: number): number {
  if (call === 'add') return old + operand
  return call === 'max' ? Math.max(old, operand) : Math.min(old, operand)
}

function nameOf(value: unknown): string {
  if (value === null) return 'null'
  if (value instanceof Uint8Array) return 'bytes'
  return typeof value === 'object' ? 'JSON' : typeof value
}
