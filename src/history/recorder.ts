import type { HistorySink } from './history-format.ts'
import type { VersionExchange } from './sealed-codec.ts'
import type { ValueEnvelope } from './value-envelope.ts'

/** What all transactions of one recorded store share. */
export class Recorder {
  readonly sink: HistorySink
  readonly envelope: ValueEnvelope
  readonly exchange: VersionExchange = { read: null, write: 0 }
  readonly #clockNs: bigint

  constructor(sink: HistorySink, envelope: ValueEnvelope, clockNs: bigint) {
    this.sink = sink
    this.envelope = envelope
    this.#clockNs = clockNs
  }

  /** Nanoseconds since the recording began, of a clock that all threads of the process share. */
  now(): number {
    return Number(process.hrtime.bigint() - this.#clockNs)
  }
}
