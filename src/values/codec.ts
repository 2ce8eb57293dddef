import type { Value } from './value.ts'

/**
 * Translates between what a program works with and what a cell can hold. Both functions must be
 * pure and must not throw for what the other one produced: a transaction may call them again.
 */
export interface ValueCodec<T> {
  readonly kind?: 'value'
  encode(value: T): Value
  decode(stored: Value): T
}

/** Views of one whole shared buffer, each from its first byte. */
export interface RecordArrays {
  readonly f64: Float64Array
  readonly i32: Int32Array
  readonly u32: Uint32Array
}

/** The number types that a record field can have. */
export type RecordFieldType = 'float64' | 'int32' | 'uint32'

/** Where a field of a record lies. */
export interface RecordField {
  readonly name: string
  readonly type: RecordFieldType
  /** From the start of the record, a multiple of the width of the type. */
  readonly byteOffset: number
}

/** A record that is changed in place: its fields, as properties that can be read and assigned. */
export type RecordView<T> = { -readonly [K in keyof T]: T[K] }

/** The transaction that a view belongs to. */
export interface ViewOwner {
  /** Of the shared memory; once the transaction has ended, something that throws. */
  readonly arrays: RecordArrays
}

/** Keeps objects with a fixed set of number fields as raw numbers. Made by `record()`. */
export interface RecordCodec<T> {
  readonly kind: 'record'
  /** A multiple of 8. */
  readonly byteLength: number
  /** In the order of their declaration; this is also the order of properties in what is read. */
  readonly fields: readonly RecordField[]
  /** Equal for codecs that read each other's records, e.g. `count:float64,worst:int32`. */
  readonly signature: string
  /** Hash of the signature, stored with every record. */
  readonly fingerprint: number
  /**
   * Writes `value` at `byteOffset`, a multiple of 8. Plain stores: nobody else may see the block
   * yet. After a throw the block is undefined.
   *
   * @throws {ValueNotAcceptableError} when a field is missing, unknown, no number or does not fit.
   */
  encodeInto(value: T, arrays: RecordArrays, byteOffset: number): void
  /** Reads the record at `byteOffset`, a multiple of 8, as a new object. */
  decodeFrom(arrays: RecordArrays, byteOffset: number): T
  /** The record at `byteOffset`, a multiple of 8, to be changed in place while its owner is open. */
  viewOf(owner: ViewOwner, byteOffset: number): RecordView<T>
}

/** How one cell keeps its values: a pair of functions of your own, or `record()`. */
export type Codec<T> = ValueCodec<T> | RecordCodec<T>
