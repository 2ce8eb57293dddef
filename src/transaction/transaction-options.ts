import { MODE_CLOSED } from '../../native-layout/slot-descriptor.ts'
import { InvalidOptionError } from '../errors/store-errors.ts'
import type { CommitResult } from './commit-result.ts'
import {
  type ConflictMode,
  closedMode,
  type IsolationLevel,
  modeBits,
  type SerializableMode,
} from './isolation.ts'
import { columnNames, type KeyColumns } from './key-columns.ts'

/** What `startTransaction` takes. What is left out is as the store was opened. */
export interface TransactionOptions {
  readonly isolation?: IsolationLevel
  readonly onConflict?: ConflictMode
  /** The key columns of batches that are written with `onConflict: 'append'`. */
  readonly appendOn?: KeyColumns
  /** Told to others in the conflicts that this transaction causes. */
  readonly name?: string
  /**
   * Reads only: a write throws {@link ReadOnlyTransactionError}. Above `read-committed` it keeps the
   * snapshot that it begins with, and old versions are kept for it meanwhile. Its body runs once, but
   * for one case: at `serializable`, when what it saw turns out to lie in no serial order, which takes
   * another transaction with stale reads that was open at the same time.
   */
  readonly readOnly?: boolean
  /**
   * Reads only, as with `readOnly`, and at `serializable` begins with a safe snapshot: one that no
   * transaction that is still open can turn out to belong before. It waits for that, at most `deferMs`,
   * disturbs nobody, and never conflicts. This thread is blocked meanwhile;
   * `transactDeferrable` is the form that is not.
   */
  readonly deferrable?: boolean
  /**
   * Milliseconds that a deferrable transaction waits for a safe snapshot. Then it goes on as one that
   * is `readOnly`, and its result says that its snapshot is not `safe`. Default: 1000.
   */
  readonly deferMs?: number
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

/** What `transactDeferrable` takes. */
export type DeferrableOptions = Omit<TransactOptions, 'readOnly' | 'deferrable' | 'onConflict'>

/** Options of one transaction, checked, with the kernel's mode word. */
export interface TransactPlan
  extends Omit<TransactOptions, 'isolation' | 'onConflict' | 'appendOn'> {
  readonly appendOn: readonly string[] | undefined
  readonly mode: number
  /** Of a transaction that runs its body again after a read that was no longer current. */
  readonly closedMode: number
}

/** What a store uses where a transaction says nothing. */
export interface TransactionDefaults {
  readonly isolation: IsolationLevel
  readonly onConflict: ConflictMode
  readonly serializable: SerializableMode
}

const NAMES: ReadonlySet<string> = new Set([
  'isolation',
  'onConflict',
  'appendOn',
  'name',
  'readOnly',
  'deferrable',
  'deferMs',
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
  const {
    isolation = defaults.isolation,
    onConflict = defaults.onConflict,
    appendOn,
    ...rest
  } = options
  const { maxAttempts = 1, timeoutMs = 1, deferMs = 1, name = '', signal, onCommit } = rest
  const { deferrable = false, readOnly = deferrable } = rest
  expect('maxAttempts', maxAttempts, isCount(maxAttempts), 'a whole number above 0, or Infinity')
  expect(
    'timeoutMs',
    timeoutMs,
    Number(timeoutMs) === timeoutMs && timeoutMs > 0,
    'a number above 0',
  )
  expect('deferMs', deferMs, Number(deferMs) === deferMs && deferMs >= 0, 'a number, 0 or above')
  expect('name', name, typeof name === 'string', 'a string')
  expect('readOnly', readOnly, typeof readOnly === 'boolean', 'true or false')
  expect('deferrable', deferrable, typeof deferrable === 'boolean', 'true or false')
  expect('deferrable', deferrable, readOnly || !deferrable, 'false where readOnly is false')
  expect('signal', signal, signal === undefined || signal instanceof AbortSignal, 'an AbortSignal')
  expect(
    'onCommit',
    onCommit,
    onCommit === undefined || typeof onCommit === 'function',
    'a function',
  )
  const mode = modeBits(isolation, onConflict)
  const plan = {
    ...rest,
    readOnly,
    deferrable,
    appendOn: appendOn === undefined ? undefined : columnNames(appendOn),
  }
  if (!readOnly) return { ...plan, mode, closedMode: closedMode(mode, defaults.serializable) }
  const closed = mode | MODE_CLOSED
  return { ...plan, mode: isolation === 'read-committed' ? mode : closed, closedMode: closed }
}

/** As `planTransaction`, for a transaction that is spread over many calls: it keeps its snapshot. */
export function planExplicit(
  options: TransactionOptions,
  defaults: TransactionDefaults,
): TransactPlan {
  const plan = planTransaction(options, defaults)
  return { ...plan, mode: plan.closedMode }
}

function isCount(given: number): boolean {
  return given === Number.POSITIVE_INFINITY || (Number.isInteger(given) && given > 0)
}

function expect(option: string, given: unknown, accepted: boolean, what: string): void {
  if (!accepted) throw new InvalidOptionError({ option, given, accepted: what })
}
