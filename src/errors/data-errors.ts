import type { Key } from '../values/key.ts'
import { describeKey } from './describe-value.ts'
import { KhonsuError } from './khonsu-error.ts'

/** What is wrong with a key or a value, and where in it. */
interface DataFault {
  /** From the root `$`: `$`, `$[2]`, `$.a[3].b`. */
  readonly path: string
  /** What was found and what to use instead, without a full stop. */
  readonly why: string
}

/**
 * A key is not a well-formed string, a number or a short tuple of these.
 * A retry does not help: change the key.
 */
export class KeyNotAcceptableError extends KhonsuError {
  static {
    KeyNotAcceptableError.prototype.name = 'KeyNotAcceptableError'
  }

  readonly path: string
  readonly why: string

  constructor(fault: DataFault, options?: ErrorOptions) {
    const where = fault.path === '$' ? 'The key' : `Element ${fault.path} of the key`
    super('KHONSU_KEY_NOT_ACCEPTABLE', false, `${where} is not acceptable: ${fault.why}.`, options)
    this.path = fault.path
    this.why = fault.why
  }
}

/**
 * A value cannot be stored without changing it: it, or something in it, is not data.
 * A retry does not help: change the value, or give the cell a codec.
 */
export class ValueNotAcceptableError extends KhonsuError {
  static {
    ValueNotAcceptableError.prototype.name = 'ValueNotAcceptableError'
  }

  readonly path: string
  readonly why: string

  constructor(fault: DataFault, options?: ErrorOptions) {
    super(
      'KHONSU_VALUE_NOT_ACCEPTABLE',
      false,
      `The value at ${fault.path} is not acceptable: ${fault.why}.`,
      options,
    )
    this.path = fault.path
    this.why = fault.why
  }
}

/** What stood in the way of an update. */
interface UpdateRefusal {
  /** `add`, `max` or `min`. */
  readonly call: string
  readonly key: Key | undefined
  /** The type of the value that the key has, e.g. `string`. */
  readonly met: string
  /** The type of the operand: `number` or `bigint`. */
  readonly operand: string
}

/**
 * `add`, `max` or `min` met a value of another type than its operand, or the sum of two bigints has
 * more than 64 bits (`met` and `operand` are equal then). Nothing of the transaction was committed.
 * A retry does not help while the key has that value.
 */
export class UpdateRefusedError extends KhonsuError {
  static {
    UpdateRefusedError.prototype.name = 'UpdateRefusedError'
  }

  readonly call: string
  readonly key: Key | undefined
  readonly met: string
  readonly operand: string

  constructor(refusal: UpdateRefusal, options?: ErrorOptions) {
    const { call, key, met, operand } = refusal
    const where = key === undefined ? 'a key' : `key ${describeKey(key)}`
    const why =
      met === operand
        ? `the sum would have more than 64 bits. Use smaller amounts, or numbers`
        : `it holds ${met}, and the operand is a ${operand}. Use an operand of the type of the ` +
          'value, or set the key first'
    super(
      'KHONSU_UPDATE_REFUSED',
      false,
      `${call} of ${where} is not possible: ${why}. Nothing was committed.`,
      options,
    )
    this.call = call
    this.key = key
    this.met = met
    this.operand = operand
  }
}
