import type { StoreSettings } from '../api/store-options.ts'
import type { TransactionOptions } from '../transaction/transaction-options.ts'
import { AttemptLog } from './attempt-log.ts'
import type { HistorySink } from './history-format.ts'
import { promisedLevel } from './promised-level.ts'
import type { ValueEnvelope } from './value-envelope.ts'

/** Hands versions from the calls of a recorded transaction to the codecs of its refs, and back. */
export interface VersionExchange {
  /** Version of the value that was decoded last; null when there was none. */
  read: number | null
  /** Version of the value that is encoded next. */
  write: number
}

/** What all transactions of one recorded store share. */
export class Recorder {
  readonly sink: HistorySink
  readonly envelope: ValueEnvelope
  readonly exchange: VersionExchange = { read: null, write: 0 }
  /** The codecs of its refs. */
  readonly codecs: WeakSet<object> = new WeakSet()
  readonly #settings: StoreSettings
  readonly #clockNs: bigint

  constructor(
    settings: StoreSettings,
    sink: HistorySink,
    envelope: ValueEnvelope,
    clockNs: bigint,
  ) {
    this.#settings = settings
    this.sink = sink
    this.envelope = envelope
    this.#clockNs = clockNs
  }

  /** Begins to write down an attempt of a transaction with these options. */
  begin({ isolation, onConflict, name }: TransactionOptions, beganNs: number): AttemptLog {
    const promised = isolation && promisedLevel(isolation, this.#settings)
    return new AttemptLog({ isolation: promised, onConflict, name }, beganNs)
  }

  /** Nanoseconds since the recording began, of a clock that all threads of the process share. */
  now(): number {
    return Number(process.hrtime.bigint() - this.#clockNs)
  }
}
