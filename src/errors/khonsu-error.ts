/** Stable names of everything that can go wrong. They never change meaning between releases. */
export type KhonsuErrorCode =
  | 'KHONSU_ARENA_CORRUPT'
  | 'KHONSU_ARENA_FULL'
  | 'KHONSU_HISTORY_DAMAGED'
  | 'KHONSU_HISTORY_FOREIGN'
  | 'KHONSU_HISTORY_MISMATCH'
  | 'KHONSU_HISTORY_TRUNCATED'
  | 'KHONSU_HISTORY_UNEXPORTABLE'
  | 'KHONSU_HISTORY_UNREADABLE'
  | 'KHONSU_INVALID_OPTION'
  | 'KHONSU_IPC_DAMAGED'
  | 'KHONSU_IPC_FOREIGN'
  | 'KHONSU_IPC_MISSING'
  | 'KHONSU_IPC_TRUNCATED'
  | 'KHONSU_IPC_UNREADABLE'
  | 'KHONSU_IPC_UNSUPPORTED'
  | 'KHONSU_IPC_UNWRITABLE'
  | 'KHONSU_KEY_NOT_ACCEPTABLE'
  | 'KHONSU_LAYOUT_MISMATCH'
  | 'KHONSU_PIN_LIMIT'
  | 'KHONSU_PIN_RELEASED'
  | 'KHONSU_PROMISE_RETURNED'
  | 'KHONSU_READ_ONLY'
  | 'KHONSU_RETRIES_EXHAUSTED'
  | 'KHONSU_SLOT_LIMIT'
  | 'KHONSU_SNAPSHOT_TOO_OLD'
  | 'KHONSU_STORE_CLOSED'
  | 'KHONSU_THREAD_LIMIT'
  | 'KHONSU_TRANSACTION_ABORTED'
  | 'KHONSU_TRANSACTION_CONFLICT'
  | 'KHONSU_TRANSACTION_ENDED'
  | 'KHONSU_TRANSACTION_POISONED'
  | 'KHONSU_TRANSACTION_TIMEOUT'
  | 'KHONSU_TRANSACTION_TOO_LARGE'
  | 'KHONSU_UNSUPPORTED_RUNTIME'
  | 'KHONSU_UPDATE_REFUSED'
  | 'KHONSU_VALUE_NOT_ACCEPTABLE'
  | 'KHONSU_WORKER_LOST'

/**
 * Every error that Khonsu throws. Tell them apart by `code` or by class; both survive the way
 * between threads, the text of the message may change between releases.
 */
export abstract class KhonsuError extends Error {
  static {
    KhonsuError.prototype.name = 'KhonsuError'
  }

  readonly code: KhonsuErrorCode

  /**
   * True when nothing was committed and the same transaction, run again at once and unchanged, may
   * succeed. `transact` retries conflicts by itself.
   */
  readonly retryable: boolean

  protected constructor(
    code: KhonsuErrorCode,
    retryable: boolean,
    message: string,
    options?: ErrorOptions,
  ) {
    super(message, options)
    this.code = code
    this.retryable = retryable
  }
}
