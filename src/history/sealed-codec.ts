import type { Codec, ValueCodec } from '../values/codec.ts'
import type { Key } from '../values/key.ts'
import type { Value } from '../values/value.ts'
import type { ValueEnvelope } from './value-envelope.ts'

/** Hands versions from the calls of a recorded transaction to the codecs of its refs, and back. */
export interface VersionExchange {
  /** Version of the value that was decoded last; null when there was none. */
  read: number | null
  /** Version of the value that is encoded next. */
  write: number
}

/** The codec of a recorded ref: what it would keep without recording, in an envelope. */
export class SealedCodec<T> implements ValueCodec<T> {
  readonly kind = 'value'
  readonly exchange: VersionExchange
  readonly #envelope: ValueEnvelope
  readonly #inner: Codec<T> | undefined
  readonly #key: Key

  constructor(
    key: Key,
    exchange: VersionExchange,
    envelope: ValueEnvelope,
    inner: Codec<T> | undefined,
  ) {
    this.exchange = exchange
    this.#envelope = envelope
    this.#inner = inner
    this.#key = key
  }

  encode(value: T): Value {
    const inner = this.#inner
    // Records are kept as plain objects: their raw form has no room for a version.
    const plain =
      inner === undefined || inner.kind === 'record' ? (value as Value) : inner.encode(value)
    return this.#envelope.seal(this.exchange.write, plain, this.#key)
  }

  decode(stored: Value): T {
    const { version, value } = this.#envelope.open(stored, this.#key)
    this.exchange.read = version
    const inner = this.#inner
    return inner === undefined || inner.kind === 'record' ? (value as T) : inner.decode(value)
  }
}
