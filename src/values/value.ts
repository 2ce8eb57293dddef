import type { RecordBatch, Table, Vector } from 'apache-arrow'

/** What JSON can say, and reads back as it was written. */
export type Json =
  | { readonly [name: string]: Json }
  | readonly Json[]
  | string
  | number
  | boolean
  | null

/**
 * A plain object or an array of {@link Json}. Declare such shapes with `type`, not `interface`: an
 * interface has no implicit index signature and does not fit.
 */
export type JsonObject = { readonly [name: string]: Json } | readonly Json[]

/**
 * What a cell can hold. Numbers, bigints of 64 bits, booleans and null lie in the cell; strings,
 * bytes, JSON and Arrow batches lie in blocks of their own. A stored value never changes: to change it,
 * write another one.
 */
export type Value =
  | number
  | bigint
  | boolean
  | null
  | string
  | Uint8Array
  | JsonObject
  | RecordBatch

/** What can be written: values, and tables and vectors of Arrow, which are read as batches. */
export type Storable = Value | Table | Vector

type Scalar = string | number | bigint | boolean | symbol | null | undefined

/**
 * T with every property and element readonly, at every depth: what a read hands out. Bytes stay
 * as they are, because their elements cannot be made readonly by a type.
 */
export type DeepReadonly<T> = [JsonObject] extends [T]
  ? T
  : T extends Scalar | Uint8Array | RecordBatch
    ? T
    : { readonly [K in keyof T]: DeepReadonly<T[K]> }
