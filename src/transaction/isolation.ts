import {
  MODE_CLOSED,
  MODE_CONFLICT_APPEND,
  MODE_CONFLICT_FAIL,
  MODE_CONFLICT_IGNORE,
  MODE_CONFLICT_REPLACE,
  MODE_ISOLATION_MASK,
  MODE_JUDGEABLE,
  MODE_READ_COMMITTED,
  MODE_REPEATABLE_READ,
  MODE_SERIALIZABLE,
} from '../../native-layout/slot-descriptor.ts'
import { InvalidOptionError } from '../errors/store-errors.ts'

/**
 * What a transaction is protected from. `read-committed`: each read sees the latest committed value.
 * `repeatable-read`: all reads see one snapshot (snapshot isolation). `serializable`: the outcome is
 * that of some serial order.
 */
export type IsolationLevel = 'read-committed' | 'repeatable-read' | 'serializable'

/**
 * What happens when another transaction committed over a key that this one writes. `fail`: this one
 * aborts. `ignore`: this one's write of that key is dropped and named in the result. `replace`: this
 * one's write wins. `append`: the rows of a batch are put into the batch that is there by their keys (see
 * `appendOn`), as by `upsert`; for values of other types, and where there is no batch of the same fields,
 * as `fail`. None of them weakens the validation of reads; with `ignore` the outcome of several keys
 * together is not covered by serializability.
 */
export type ConflictMode = 'fail' | 'ignore' | 'replace' | 'append'

/** How serializability is reached: see `KhonsuOptions.serializable`. */
export type SerializableMode = 'ssi' | 'occ'

/** All of them. */
export const SERIALIZABLE_MODES: readonly SerializableMode[] = ['ssi', 'occ']

const ISOLATION_BITS: Readonly<Record<IsolationLevel, number>> = {
  'read-committed': MODE_READ_COMMITTED,
  'repeatable-read': MODE_REPEATABLE_READ,
  serializable: MODE_SERIALIZABLE,
}

const CONFLICT_BITS: Readonly<Record<ConflictMode, number>> = {
  fail: MODE_CONFLICT_FAIL,
  ignore: MODE_CONFLICT_IGNORE,
  replace: MODE_CONFLICT_REPLACE,
  append: MODE_CONFLICT_APPEND,
}

/**
 * The mode word of the kernel for a level and a conflict mode.
 * @throws {InvalidOptionError} when one of them is unknown.
 */
export function modeBits(isolation: IsolationLevel, onConflict: ConflictMode): number {
  return (
    lookUp('isolation', ISOLATION_BITS, isolation) | lookUp('onConflict', CONFLICT_BITS, onConflict)
  )
}

/** The mode word of a transaction that keeps the snapshot that it begins with, and may write. */
export function closedMode(mode: number, serializable: SerializableMode): number {
  const isJudgeable = serializable === 'ssi' && (mode & MODE_ISOLATION_MASK) === MODE_SERIALIZABLE
  return mode | MODE_CLOSED | (isJudgeable ? MODE_JUDGEABLE : 0)
}

function lookUp<K extends string>(
  option: string,
  table: Readonly<Record<K, number>>,
  given: K,
): number {
  if (Object.hasOwn(table, given)) return table[given]
  throw new InvalidOptionError({ option, given, accepted: Object.keys(table).join(', ') })
}
