import { MODE_CLOSED } from '../../native-layout/slot-descriptor.ts'
import { InvalidOptionError } from '../errors/store-errors.ts'
import type { CommitResult } from './commit-result.ts'
import { type ConflictMode, type IsolationLevel, modeBits } from './isolation.ts'

/** What `startTransaction` takes. What is left out is as the store was opened. */
export interface TransactionOptions {
  readonly isolation?: IsolationLevel
  readonly onConflict?: ConflictMode
  /** Told to others in the conflicts that this transaction causes. */
  readonly name?: string
  /**
   * Reads only: a write throws {@link ReadOnlyTransactionError}. Above `read-committed` it keeps the
   * snapshot that it begins with, so that it never conflicts and its body runs once; old versions are
   * kept for it meanwhile.
   */
  readonly readOnly?: boolean
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

/** What `transact` takes for a body that reads only. */
export type ReadOnlyOptions = TransactOptions & { readonly readOnly: true }

/** Options of one transaction, checked, with the kernel's mode word. */
export interface TransactPlan extends Omit<TransactOptions, 'isolation' | 'onConflict'> {
  readonly mode: number
}

/** What a store uses where a transaction says nothing. */
export interface TransactionDefaults {
  readonly isolation: IsolationLevel
  readonly onConflict: ConflictMode
}

const NAMES: ReadonlySet<string> = new Set([
  'isolation',
  'onConflict',
  'name',
  'readOnly',
  'maxAttempts',
  'timeoutMs',
  'signal',
  'onCommit',
] satisfies (keyof TransactOptions)[])

/**
 * Checks the options of one transaction.
 * @throws {InvalidOptionError} naming the option, what was given and what is accepted.
 */
export function planTransaction(
  options: TransactOptions,
  defaults: TransactionDefaults,
): TransactPlan {
  expect('options', options, typeof options === 'object' && options !== null, 'an object')
  for (const name of Object.keys(options)) {
    expect('options', name, NAMES.has(name), `the names ${[...NAMES].join(', ')}`)
  }
  const { isolation = defaults.isolation, onConflict = defaults.onConflict, ...rest } = options
  const { maxAttempts = 1, timeoutMs = 1, name = '', readOnly = false, signal, onCommit } = rest
  expect('maxAttempts', maxAttempts, isCount(maxAttempts), 'a whole number above 0, or Infinity')
  expect(
    'timeoutMs',
    timeoutMs,
    Number(timeoutMs) === timeoutMs && timeoutMs > 0,
    'a number above 0',
  )
  expect('name', name, typeof name === 'string', 'a string')
  expect('readOnly', readOnly, typeof readOnly === 'boolean', 'true or false')
  expect('signal', signal, signal === undefined || signal instanceof AbortSignal, 'an AbortSignal')
  expect(
    'onCommit',
    onCommit,
    onCommit === undefined || typeof onCommit === 'function',
    'a function',
  )
  const mode = modeBits(isolation, onConflict)
  const keepsSnapshot = readOnly && isolation !== 'read-committed'
  return { ...rest, mode: keepsSnapshot ? mode | MODE_CLOSED : mode }
}

function isCount(given: number): boolean {
  return given === Number.POSITIVE_INFINITY || (Number.isInteger(given) && given > 0)
}

function expect(option: string, given: unknown, accepted: boolean, what: string): void {
  if (!accepted) throw new InvalidOptionError({ option, given, accepted: what })
}
