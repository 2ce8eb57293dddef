import type { Key } from '../values/key.ts'
import type { Json, Value } from '../values/value.ts'
import { UNRECORDED_VERSION } from './history-format.ts'

/** What an envelope holds. */
export interface Sealed {
  /** Id of the version; 0 when no recorder wrote it. */
  readonly version: number
  readonly value: Value
}

/**
 * How a recorded value carries the id of its version, so that whoever reads it knows who wrote it.
 * Both functions must be pure. Give one of your own where the form of the stored values matters.
 */
export interface ValueEnvelope {
  seal(version: number, value: Value, key: Key): Value
  open(stored: Value, key: Key): Sealed
}

const VERSION_FIELD = '$version'

/** Numbers that JSON would change. */
const ODD_NUMBERS: Readonly<Record<string, number>> = {
  NaN: Number.NaN,
  Infinity: Number.POSITIVE_INFINITY,
  '-Infinity': Number.NEGATIVE_INFINITY,
  '-0': -0,
}

/** Keeps every value, with its version, as a small JSON object. */
export const JSON_ENVELOPE: ValueEnvelope = {
  seal(version, value) {
    if (typeof value === 'bigint') return { [VERSION_FIELD]: version, bigint: String(value) }
    if (value instanceof Uint8Array) {
      const bytes = Buffer.from(value.buffer, value.byteOffset, value.byteLength)
      return { [VERSION_FIELD]: version, bytes: bytes.toString('base64') }
    }
    if (typeof value === 'number' && (!Number.isFinite(value) || Object.is(value, -0))) {
      const number = Object.is(value, -0) ? '-0' : String(value)
      return { [VERSION_FIELD]: version, number }
    }
    return { [VERSION_FIELD]: version, value: value as Json }
  },

  open(stored) {
    const fields = stored as Readonly<Record<string, Json>> | null
    const version = typeof fields === 'object' ? fields?.[VERSION_FIELD] : undefined
    if (fields === null || typeof version !== 'number') {
      return { version: UNRECORDED_VERSION, value: stored }
    }
    if (typeof fields.bigint === 'string') return { version, value: BigInt(fields.bigint) }
    if (typeof fields.bytes === 'string') {
      return { version, value: new Uint8Array(Buffer.from(fields.bytes, 'base64')) }
    }
    if (typeof fields.number === 'string') {
      return { version, value: ODD_NUMBERS[fields.number] ?? Number.NaN }
    }
    return { version, value: fields.value as Value }
  },
}
