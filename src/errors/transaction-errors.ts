import { describeValue } from './describe-value.ts'
import { KhonsuError, type KhonsuErrorCode } from './khonsu-error.ts'

/** How a transaction came to its end before it was used again. */
export type TransactionEnd = 'committed' | 'rolled-back' | 'aborted' | 'poisoned'

/**
 * A transaction was used after its end, or after an error of the engine was caught inside its body
 * (`KHONSU_TRANSACTION_POISONED`; that error is the `cause`).
 * A retry does not help an ended transaction: begin a new one. A poisoned one can be retried when
 * its cause can, and `retryable` says so.
 */
export class TransactionEndedError extends KhonsuError {
  static {
    TransactionEndedError.prototype.name = 'TransactionEndedError'
  }

  readonly end: TransactionEnd

  constructor(transaction: { readonly end: TransactionEnd }, options?: ErrorOptions) {
    const { end } = transaction
    const cause = options?.cause
    const poisoned = end === 'poisoned'
    super(
      poisoned ? 'KHONSU_TRANSACTION_POISONED' : 'KHONSU_TRANSACTION_ENDED',
      poisoned && cause instanceof KhonsuError && cause.retryable,
      poisoned
        ? 'An error of this transaction was caught inside its body, so that it cannot go on: ' +
            'its state is broken. Let errors of tx.* calls leave the body; the first one is the ' +
            'cause of this one.'
        : `The transaction is ${end} and cannot be used any more. Begin a new one, and do not ` +
            'keep the transaction object beyond its body.',
      options,
    )
    this.end = end
  }
}

/** What stopped the retries of a transaction. */
export type AbortTrigger = 'signal' | 'timeout' | 'attempts'

const CODE_OF_TRIGGER: Readonly<Record<AbortTrigger, KhonsuErrorCode>> = {
  signal: 'KHONSU_TRANSACTION_ABORTED',
  timeout: 'KHONSU_TRANSACTION_TIMEOUT',
  attempts: 'KHONSU_RETRIES_EXHAUSTED',
}

const ADVICE_OF_TRIGGER: Readonly<Record<AbortTrigger, string>> = {
  signal: 'its AbortSignal was aborted. The reason of the signal is the cause',
  timeout: 'its timeoutMs ran out. Raise it, or make the transaction smaller',
  attempts: 'its maxAttempts were used up. Raise it, or let transactions meet on fewer keys',
}

/**
 * The transaction was given up for good: by its signal (`KHONSU_TRANSACTION_ABORTED`), its timeout
 * (`KHONSU_TRANSACTION_TIMEOUT`) or its number of attempts (`KHONSU_RETRIES_EXHAUSTED`).
 * Nothing was committed, so a retry is safe, but the engine has retried already: wait first.
 */
export class TransactionAbortedError extends KhonsuError {
  static {
    TransactionAbortedError.prototype.name = 'TransactionAbortedError'
  }

  readonly trigger: AbortTrigger
  readonly attempts: number

  constructor(
    abort: { readonly trigger: AbortTrigger; readonly attempts: number },
    options?: ErrorOptions,
  ) {
    const { trigger, attempts } = abort
    super(
      CODE_OF_TRIGGER[trigger],
      false,
      `The transaction was given up at attempt ${attempts}: ${ADVICE_OF_TRIGGER[trigger]}. ` +
        'Nothing was committed.',
      options,
    )
    this.trigger = trigger
    this.attempts = attempts
  }
}

/**
 * The body returned a promise, or a merge did. Transactions are synchronous; nothing was committed.
 * A retry does not help: await before the transaction, or after it.
 */
export class PromiseReturnedError extends KhonsuError {
  static {
    PromiseReturnedError.prototype.name = 'PromiseReturnedError'
  }

  /** `name` of the transaction, where it has one. */
  readonly transaction: string | undefined
  /** The name of the merge, where it was one that returned the promise. */
  readonly merge: string | undefined

  constructor(
    body: { readonly transaction?: string | undefined; readonly merge?: string | undefined } = {},
    options?: ErrorOptions,
  ) {
    const { transaction, merge } = body
    const which = transaction === undefined ? 'a transaction' : describeValue(transaction)
    const who = merge === undefined ? `The body of ${which}` : `The merge ${describeValue(merge)}`
    const what = merge === undefined ? 'Bodies' : 'Merges'
    super(
      'KHONSU_PROMISE_RETURNED',
      false,
      `${who} returned a promise, and nothing was committed. ${what} are ` +
        'synchronous: await what it needs before it, and do the rest with its result.',
      options,
    )
    this.transaction = transaction
    this.merge = merge
  }
}

/**
 * A transaction that was begun with `readOnly` was to write.
 * A retry does not help: leave `readOnly` out, or write in another transaction.
 */
export class ReadOnlyTransactionError extends KhonsuError {
  static {
    ReadOnlyTransactionError.prototype.name = 'ReadOnlyTransactionError'
  }

  /** The call that was refused, e.g. `set`. */
  readonly call: string

  constructor(refused: { readonly call: string }, options?: ErrorOptions) {
    const { call } = refused
    super(
      'KHONSU_READ_ONLY',
      false,
      `The transaction was begun with readOnly, and ${call} writes. Leave readOnly out, or write ` +
        'in another transaction.',
      options,
    )
    this.call = call
  }
}

/**
 * The transaction touches more than one transaction can.
 * A retry does not help: split the transaction, or open the store with a greater limit.
 */
export class TransactionTooLargeError extends KhonsuError {
  static {
    TransactionTooLargeError.prototype.name = 'TransactionTooLargeError'
  }

  /** What is full, e.g. `read set`. */
  readonly part: string
  readonly limit: number

  constructor(
    transaction: { readonly part: string; readonly limit: number },
    options?: ErrorOptions,
  ) {
    const { part, limit } = transaction
    super(
      'KHONSU_TRANSACTION_TOO_LARGE',
      false,
      `The ${part} of the transaction is full: it holds at most ${limit}. Split the ` +
        'transaction into several; nothing of it was committed.',
      options,
    )
    this.part = part
    this.limit = limit
  }
}
