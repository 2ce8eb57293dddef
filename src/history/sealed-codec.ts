import type { Codec, RecordCodec, RecordFieldType, ValueCodec } from '../values/codec.ts'
import type { Key } from '../values/key.ts'
import { record } from '../values/record-codec.ts'
import type { Value } from '../values/value.ts'
import type { Recorder } from './recorder.ts'

/** Names of the fields that a recorded record has besides its own. */
const HIGH = '$versionHigh'
const LOW = '$versionLow'
const LOW_RANGE = 2 ** 32

/**
 * The codec of a recorded ref: what it would keep without recording, and the version. The recorder
 * says which version is written next, and is told which one was read.
 */
export function sealedCodec<T>(
  recorder: Recorder,
  key: Key,
  codec: Codec<T> | undefined,
): Codec<T> {
  const sealed =
    codec?.kind === 'record' ? sealedRecord(recorder, codec) : sealedValue(recorder, key, codec)
  recorder.codecs.add(sealed)
  return sealed
}

function sealedValue<T>(
  { envelope, exchange }: Recorder,
  key: Key,
  codec: ValueCodec<T> | undefined,
): ValueCodec<T> {
  return {
    encode(value) {
      const plain = codec === undefined ? (value as Value) : codec.encode(value)
      return envelope.seal(exchange.write, plain, key)
    },
    decode(stored) {
      const { version, value } = envelope.open(stored, key)
      exchange.read = version
      return codec === undefined ? (value as T) : codec.decode(value)
    },
  }
}

/** The same record with two fields more: it is kept as raw numbers, as it is without recording. */
function sealedRecord<T>({ exchange }: Recorder, codec: RecordCodec<T>): RecordCodec<T> {
  const fields: Record<string, RecordFieldType> = {}
  for (const { name, type } of codec.fields) fields[name] = type
  const wide = record({ ...fields, [HIGH]: 'uint32', [LOW]: 'uint32' })
  return {
    ...wide,
    viewOf: wide.viewOf as unknown as RecordCodec<T>['viewOf'],
    encodeInto(value, arrays, byteOffset) {
      const version = exchange.write
      const stamp = { [HIGH]: Math.floor(version / LOW_RANGE), [LOW]: version % LOW_RANGE }
      wide.encodeInto({ ...(value as Record<string, number>), ...stamp }, arrays, byteOffset)
    },
    decodeFrom(arrays, byteOffset) {
      const { [HIGH]: high = 0, [LOW]: low = 0, ...own } = wide.decodeFrom(arrays, byteOffset)
      exchange.read = high * LOW_RANGE + low
      return own as T
    },
  }
}

/**
 * Gives a record that is changed in place its next version; the one that it had, or 0 when the
 * record was made for the view.
 */
export function exchangeVersion(view: object, version: number): number {
  const stamp = view as { [HIGH]: number; [LOW]: number }
  const old = stamp[HIGH] * LOW_RANGE + stamp[LOW]
  stamp[HIGH] = Math.floor(version / LOW_RANGE)
  stamp[LOW] = version % LOW_RANGE
  return old
}
