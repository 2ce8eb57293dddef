import { InvalidOptionError } from '../errors/store-errors.ts'
import type { CommitResult } from './commit-result.ts'
import { type ConflictMode, type IsolationLevel, modeBits } from './isolation.ts'

/** What `startTransaction` takes. What is left out is as the store was opened. */
export interface TransactionOptions {
  readonly isolation?: IsolationLevel
  readonly onConflict?: ConflictMode
  /** Told to others in the conflicts that this transaction causes. */
  readonly name?: string
}

/** What `transact` takes. */
export interface TransactOptions extends TransactionOptions {
  /** Attempts before KHONSU_RETRIES_EXHAUSTED. Default: no limit. */
  readonly maxAttempts?: number
  /** Milliseconds of attempts before KHONSU_TRANSACTION_TIMEOUT. Default: that of the store. */
  readonly timeoutMs?: number
  /** Looked at before each attempt. */
  readonly signal?: AbortSignal
  /** Called once, after the commit, with its timestamp and the writes that were dropped. */
  readonly onCommit?: (result: CommitResult) => void
}

/** Options of one transaction, checked, with the kernel's mode word. */
export interface TransactPlan extends Omit<TransactOptions, 'isolation' | 'onConflict'> {
  readonly mode: number
}

/** What a store uses where a transaction says nothing. */
export interface TransactionDefaults {
  readonly isolation: IsolationLevel
  readonly onConflict: ConflictMode
}

/**
 * Checks the options of one transaction.
 * @throws {InvalidOptionError} naming the option.
 */
export function planTransaction(
  options: TransactOptions,
  defaults: TransactionDefaults,
): TransactPlan {
  const { isolation, onConflict, ...rest } = options
  expectPositive('maxAttempts', rest.maxAttempts)
  expectPositive('timeoutMs', rest.timeoutMs)
  if (rest.name !== undefined && typeof rest.name !== 'string') {
    throw new InvalidOptionError({ option: 'name', given: rest.name, accepted: 'a string' })
  }
  return {
    ...rest,
    mode: modeBits(isolation ?? defaults.isolation, onConflict ?? defaults.onConflict),
  }
}

function expectPositive(option: string, given: number | undefined): void {
  if (given === undefined || given > 0) return
  throw new InvalidOptionError({ option, given, accepted: 'a number above 0' })
}
