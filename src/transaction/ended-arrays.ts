import { type TransactionEnd, TransactionEndedError } from '../errors/transaction-errors.ts'
import type { RecordArrays } from '../values/codec.ts'

/** The arrays of a transaction that has ended: its record views are of no use any more. */
class EndedArrays implements RecordArrays {
  readonly #end: TransactionEnd

  constructor(end: TransactionEnd) {
    this.#end = end
  }

  get f64(): never {
    throw new TransactionEndedError({ end: this.#end })
  }

  get i32(): never {
    return this.f64
  }

  get u32(): never {
    return this.f64
  }
}

const COMMITTED = new EndedArrays('committed')

const OTHERS: Readonly<Record<Exclude<TransactionEnd, 'committed'>, RecordArrays>> = {
  aborted: new EndedArrays('aborted'),
  poisoned: new EndedArrays('poisoned'),
  'rolled-back': new EndedArrays('rolled-back'),
}

/** Those of the transactions that have ended in this way. Most have committed: they need no look-up by name. */
export function endedArrays(end: TransactionEnd): RecordArrays {
  return end === 'committed' ? COMMITTED : OTHERS[end]
}
