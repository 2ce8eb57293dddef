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
