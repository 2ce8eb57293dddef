import { describeValue } from './describe-value.ts'
import { KhonsuError } from './khonsu-error.ts'

/**
 * The store was closed before, or while, this was asked of it.
 * A retry does not help: open a store, or attach to one.
 */
export class StoreClosedError extends KhonsuError {
  static {
    StoreClosedError.prototype.name = 'StoreClosedError'
  }

  constructor(options?: ErrorOptions) {
    super(
      'KHONSU_STORE_CLOSED',
      false,
      'The store is closed. Open a new one, and close it only when its last user is done.',
      options,
    )
  }
}

/**
 * A worker ended before it answered. What its task had committed stays committed.
 * A retry helps only a task that may run twice: find out first what it had done.
 */
export class WorkerLostError extends KhonsuError {
  static {
    WorkerLostError.prototype.name = 'WorkerLostError'
  }

  readonly threadId: number
  /** Undefined when the thread did not report one. */
  readonly exitCode: number | undefined

  constructor(
    worker: { readonly threadId: number; readonly exitCode?: number | undefined },
    options?: ErrorOptions,
  ) {
    const { threadId, exitCode } = worker
    const how = exitCode === undefined ? 'ended' : `ended with exit code ${exitCode}`
    super(
      'KHONSU_WORKER_LOST',
      false,
      `Worker thread ${threadId} ${how} before its task was done. Its committed transactions ` +
        'stay, its open one is undone. Run the task again only if it may run twice.',
      options,
    )
    this.threadId = threadId
    this.exitCode = exitCode
  }
}

/**
 * Khonsu cannot run here: it needs Node.js threads and shared memory.
 * A retry does not help: use a supported Node.js.
 */
export class UnsupportedRuntimeError extends KhonsuError {
  static {
    UnsupportedRuntimeError.prototype.name = 'UnsupportedRuntimeError'
  }

  /** `browser`, `Deno`, `Bun`, `Node.js`, or `unknown`. */
  readonly runtime: string
  readonly version: string | undefined

  constructor(
    found: {
      readonly runtime: string
      readonly version?: string | undefined
      readonly needed: string
    },
    options?: ErrorOptions,
  ) {
    const { runtime, version, needed } = found
    const here =
      runtime === 'browser' ? 'a browser' : runtime === 'unknown' ? 'an unknown runtime' : runtime
    super(
      'KHONSU_UNSUPPORTED_RUNTIME',
      false,
      `Khonsu does not run in ${here}${version === undefined ? '' : ` ${version}`}. ` +
        `Use ${needed}.`,
      options,
    )
    this.runtime = runtime
    this.version = version
  }
}

/**
 * An option or argument is outside of what is accepted.
 * A retry does not help: correct the option.
 */
export class InvalidOptionError extends KhonsuError {
  static {
    InvalidOptionError.prototype.name = 'InvalidOptionError'
  }

  readonly option: string
  /** What was given, in words. */
  readonly given: string
  readonly accepted: string

  constructor(
    fault: { readonly option: string; readonly given: unknown; readonly accepted: string },
    options?: ErrorOptions,
  ) {
    const { option, accepted } = fault
    const given = describeValue(fault.given)
    super(
      'KHONSU_INVALID_OPTION',
      false,
      `Option ${option} is ${given}. Accepted: ${accepted}.`,
      options,
    )
    this.option = option
    this.given = given
    this.accepted = accepted
  }
}
