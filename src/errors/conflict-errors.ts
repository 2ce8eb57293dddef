import type { Key } from '../values/key.ts'
import { describeKey, describeValue } from './describe-value.ts'
import { KhonsuError } from './khonsu-error.ts'

/** Why a transaction lost against another one. */
export type ConflictReason =
  | 'write-conflict'
  | 'stale-read'
  | 'locked'
  | 'snapshot-moved'
  | 'dangerous-structure'
  | 'missing-stamp'

const WHAT_HAPPENED: Readonly<Record<ConflictReason, string>> = {
  'write-conflict': 'was written and committed by another transaction after this one began',
  'stale-read': 'was read, then changed by another transaction before this one could commit',
  locked: 'is being committed by another transaction, which did not finish in time',
  'snapshot-moved': 'changed after the snapshot that this transaction reads',
  'dangerous-structure':
    'was read, then changed by another transaction, and a third one may have to come in between, ' +
    'which no serial order allows',
  'missing-stamp':
    'was read, then changed by other transactions, and which of them came first is no longer known',
}

/**
 * The attempt lost against a concurrent transaction; nothing of it was committed.
 * A retry helps: `transact` does it by itself, with `startTransaction` begin a new transaction.
 */
export class TransactionConflictError extends KhonsuError {
  static {
    TransactionConflictError.prototype.name = 'TransactionConflictError'
  }

  readonly reason: ConflictReason
  /** The key on which they met, where one key can be named. */
  readonly key: Key | undefined
  /** `name` of the other transaction, where it has one and is still known. */
  readonly opponent: string | undefined

  constructor(
    conflict: {
      readonly reason: ConflictReason
      readonly key?: Key | undefined
      readonly opponent?: string | undefined
    },
    options?: ErrorOptions,
  ) {
    const { reason, key, opponent } = conflict
    const subject = key === undefined ? 'A key of this transaction' : `Key ${describeKey(key)}`
    const other = opponent === undefined ? '' : ` (the other one is ${describeValue(opponent)})`
    super(
      'KHONSU_TRANSACTION_CONFLICT',
      true,
      `${subject} ${WHAT_HAPPENED[reason]}${other}. Nothing was committed; run the transaction ` +
        'again. transact() does so by itself.',
      options,
    )
    this.reason = reason
    this.key = key
    this.opponent = opponent
  }
}

/**
 * The transaction ran for longer than old versions are kept, and lost its snapshot.
 * A retry helps, because it takes a new snapshot, but only if it is quicker or the limit is raised.
 */
export class SnapshotTooOldError extends KhonsuError {
  static {
    SnapshotTooOldError.prototype.name = 'SnapshotTooOldError'
  }

  readonly ageMsMax: number

  constructor(snapshot: { readonly ageMsMax: number }, options?: ErrorOptions) {
    super(
      'KHONSU_SNAPSHOT_TOO_OLD',
      true,
      `The transaction kept its snapshot for longer than ${snapshot.ageMsMax} ms, and lost its ` +
        `right to it. Run it again; if it takes that long each time, split it or ` +
        'open the store with a greater maxSnapshotAgeMs.',
      options,
    )
    this.ageMsMax = snapshot.ageMsMax
  }
}
