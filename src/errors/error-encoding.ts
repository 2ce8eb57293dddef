import {
  ArenaCorruptError,
  ArenaFullError,
  LayoutMismatchError,
  PinLimitError,
  PinReleasedError,
  SlotLimitError,
  ThreadLimitError,
} from './arena-errors.ts'
import { SnapshotTooOldError, TransactionConflictError } from './conflict-errors.ts'
import {
  KeyNotAcceptableError,
  UpdateRefusedError,
  ValueNotAcceptableError,
} from './data-errors.ts'
import { describeValue } from './describe-value.ts'
import { HistoryFileError } from './history-errors.ts'
import { IpcError } from './ipc-errors.ts'
import { KhonsuError, type KhonsuErrorCode } from './khonsu-error.ts'
import {
  InvalidOptionError,
  StoreClosedError,
  UnsupportedRuntimeError,
  WorkerLostError,
} from './store-errors.ts'
import {
  PromiseReturnedError,
  ReadOnlyTransactionError,
  TransactionAbortedError,
  TransactionEndedError,
  TransactionTooLargeError,
} from './transaction-errors.ts'

type FieldValue = string | number | bigint | boolean | null | readonly (string | number)[]

/** An error as data that the structured clone algorithm takes to another thread. */
export interface EncodedError {
  /** A `KhonsuErrorCode`, or `''` for an error that is not Khonsu's. */
  readonly code: string
  readonly message: string
  readonly name: string
  /** Where it was thrown, in the thread that threw it. */
  readonly stack: string | undefined
  /** The own properties that are plain data. */
  readonly fields: Readonly<Record<string, FieldValue>>
  readonly cause: EncodedError | undefined
}

const FOREIGN_CODE = ''
const CAUSE_DEPTH_MAX = 8
const NOT_FIELDS: ReadonlySet<string> = new Set(['name', 'message', 'stack', 'cause', '__proto__'])

type ErrorClass = abstract new (...input: never[]) => KhonsuError

const CLASS_OF_CODE: Readonly<Record<KhonsuErrorCode, ErrorClass>> = {
  KHONSU_ARENA_CORRUPT: ArenaCorruptError,
  KHONSU_ARENA_FULL: ArenaFullError,
  KHONSU_HISTORY_DAMAGED: HistoryFileError,
  KHONSU_HISTORY_FOREIGN: HistoryFileError,
  KHONSU_HISTORY_MISMATCH: HistoryFileError,
  KHONSU_HISTORY_TRUNCATED: HistoryFileError,
  KHONSU_HISTORY_UNEXPORTABLE: HistoryFileError,
  KHONSU_HISTORY_UNREADABLE: HistoryFileError,
  KHONSU_INVALID_OPTION: InvalidOptionError,
  KHONSU_IPC_DAMAGED: IpcError,
  KHONSU_IPC_FOREIGN: IpcError,
  KHONSU_IPC_MISSING: IpcError,
  KHONSU_IPC_TRUNCATED: IpcError,
  KHONSU_IPC_UNREADABLE: IpcError,
  KHONSU_IPC_UNSUPPORTED: IpcError,
  KHONSU_IPC_UNWRITABLE: IpcError,
  KHONSU_KEY_NOT_ACCEPTABLE: KeyNotAcceptableError,
  KHONSU_LAYOUT_MISMATCH: LayoutMismatchError,
  KHONSU_PIN_LIMIT: PinLimitError,
  KHONSU_PIN_RELEASED: PinReleasedError,
  KHONSU_PROMISE_RETURNED: PromiseReturnedError,
  KHONSU_READ_ONLY: ReadOnlyTransactionError,
  KHONSU_RETRIES_EXHAUSTED: TransactionAbortedError,
  KHONSU_SLOT_LIMIT: SlotLimitError,
  KHONSU_SNAPSHOT_TOO_OLD: SnapshotTooOldError,
  KHONSU_STORE_CLOSED: StoreClosedError,
  KHONSU_THREAD_LIMIT: ThreadLimitError,
  KHONSU_TRANSACTION_ABORTED: TransactionAbortedError,
  KHONSU_TRANSACTION_CONFLICT: TransactionConflictError,
  KHONSU_TRANSACTION_ENDED: TransactionEndedError,
  KHONSU_TRANSACTION_POISONED: TransactionEndedError,
  KHONSU_TRANSACTION_TIMEOUT: TransactionAbortedError,
  KHONSU_TRANSACTION_TOO_LARGE: TransactionTooLargeError,
  KHONSU_UNSUPPORTED_RUNTIME: UnsupportedRuntimeError,
  KHONSU_UPDATE_REFUSED: UpdateRefusedError,
  KHONSU_VALUE_NOT_ACCEPTABLE: ValueNotAcceptableError,
  KHONSU_WORKER_LOST: WorkerLostError,
}

/**
 * Turns anything that was thrown into data that can be posted to another thread. Never throws.
 * Causes are followed to a depth of 8. Own properties that are not plain data are left behind.
 */
export function encodeError(thrown: unknown): EncodedError {
  return encodeAtDepth(thrown, 0)
}

/**
 * Rebuilds the error. One of Khonsu's gets its class, code, fields and cause back; any other
 * becomes a plain Error that keeps name, message, stack and plain data.
 */
export function decodeError(encoded: EncodedError): Error {
  const { code, message, name, stack, fields } = encoded
  const errorClass = isKhonsuCode(code) ? CLASS_OF_CODE[code] : undefined
  const cause = encoded.cause === undefined ? undefined : { cause: decodeError(encoded.cause) }
  const error: Error = Reflect.construct(Error, [message, cause], errorClass ?? Error)
  Object.assign(error, fields)
  if (errorClass === undefined) define(error, 'name', name)
  if (stack !== undefined) define(error, 'stack', stack)
  return error
}

function encodeAtDepth(thrown: unknown, depth: number): EncodedError {
  try {
    if (thrown instanceof Error) return encodeThrownError(thrown, depth)
  } catch {
    // A getter or a proxy trap of the error threw; what can be said about it is said below.
  }
  const message = typeof thrown === 'string' ? thrown : describeValue(thrown)
  const encoded = { code: FOREIGN_CODE, message, name: 'Error', stack: undefined }
  return { ...encoded, fields: {}, cause: undefined }
}

function encodeThrownError(error: Error, depth: number): EncodedError {
  const fields: Record<string, FieldValue> = {}
  for (const [name, value] of Object.entries(error)) {
    if (!NOT_FIELDS.has(name) && isFieldValue(value)) fields[name] = value
  }
  const followed = error.cause !== undefined && depth < CAUSE_DEPTH_MAX
  return {
    code: error instanceof KhonsuError ? error.code : FOREIGN_CODE,
    message: String(error.message),
    name: String(error.name),
    stack: error.stack === undefined ? undefined : String(error.stack),
    fields,
    cause: followed ? encodeAtDepth(error.cause, depth + 1) : undefined,
  }
}

function isFieldValue(value: unknown): value is FieldValue {
  return value === null || isScalar(value) || (Array.isArray(value) && value.every(isScalar))
}

function isScalar(value: unknown): boolean {
  const type = typeof value
  return type === 'string' || type === 'number' || type === 'boolean' || type === 'bigint'
}

function isKhonsuCode(code: string): code is KhonsuErrorCode {
  return Object.hasOwn(CLASS_OF_CODE, code)
}

function define(error: Error, property: 'name' | 'stack', value: string): void {
  Object.defineProperty(error, property, { value, configurable: true, writable: true })
}
