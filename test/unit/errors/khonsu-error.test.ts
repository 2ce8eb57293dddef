import { describe, expect, it } from 'vitest'
import {
  ArenaCorruptError,
  ArenaFullError,
  LayoutMismatchError,
  SlotLimitError,
  ThreadLimitError,
} from '../../../src/errors/arena-errors.ts'
import {
  SnapshotTooOldError,
  TransactionConflictError,
} from '../../../src/errors/conflict-errors.ts'
import { KeyNotAcceptableError, ValueNotAcceptableError } from '../../../src/errors/data-errors.ts'
import { KhonsuError } from '../../../src/errors/khonsu-error.ts'
import {
  InvalidOptionError,
  StoreClosedError,
  UnsupportedRuntimeError,
  WorkerLostError,
} from '../../../src/errors/store-errors.ts'
import {
  PromiseReturnedError,
  ReadOnlyTransactionError,
  TransactionAbortedError,
  TransactionEndedError,
  TransactionTooLargeError,
} from '../../../src/errors/transaction-errors.ts'

const EACH: readonly (readonly [string, string, boolean, KhonsuError])[] = [
  [
    'ArenaCorruptError',
    'KHONSU_ARENA_CORRUPT',
    false,
    new ArenaCorruptError({ structure: 'key', why: 'w' }),
  ],
  [
    'ArenaFullError',
    'KHONSU_ARENA_FULL',
    false,
    new ArenaFullError({ requestedLengthBytes: 64, arenaLengthBytes: 4096 }),
  ],
  [
    'InvalidOptionError',
    'KHONSU_INVALID_OPTION',
    false,
    new InvalidOptionError({ option: 'workers', given: -1, accepted: '0 to 1024' }),
  ],
  [
    'KeyNotAcceptableError',
    'KHONSU_KEY_NOT_ACCEPTABLE',
    false,
    new KeyNotAcceptableError({ path: '$', why: 'w' }),
  ],
  [
    'LayoutMismatchError',
    'KHONSU_LAYOUT_MISMATCH',
    false,
    new LayoutMismatchError({ part: 'fingerprint', expected: 'a', found: 'b' }),
  ],
  ['PromiseReturnedError', 'KHONSU_PROMISE_RETURNED', false, new PromiseReturnedError()],
  [
    'ReadOnlyTransactionError',
    'KHONSU_READ_ONLY',
    false,
    new ReadOnlyTransactionError({ call: 'set' }),
  ],
  [
    'TransactionAbortedError',
    'KHONSU_RETRIES_EXHAUSTED',
    false,
    new TransactionAbortedError({ trigger: 'attempts', attempts: 9 }),
  ],
  ['SlotLimitError', 'KHONSU_SLOT_LIMIT', false, new SlotLimitError({ limit: 16 })],
  [
    'SnapshotTooOldError',
    'KHONSU_SNAPSHOT_TOO_OLD',
    true,
    new SnapshotTooOldError({ ageMsMax: 5 }),
  ],
  ['StoreClosedError', 'KHONSU_STORE_CLOSED', false, new StoreClosedError()],
  ['ThreadLimitError', 'KHONSU_THREAD_LIMIT', false, new ThreadLimitError({ limit: 64 })],
  [
    'TransactionAbortedError',
    'KHONSU_TRANSACTION_ABORTED',
    false,
    new TransactionAbortedError({ trigger: 'signal', attempts: 1 }),
  ],
  [
    'TransactionConflictError',
    'KHONSU_TRANSACTION_CONFLICT',
    true,
    new TransactionConflictError({ reason: 'stale-read' }),
  ],
  [
    'TransactionEndedError',
    'KHONSU_TRANSACTION_ENDED',
    false,
    new TransactionEndedError({ end: 'committed' }),
  ],
  [
    'TransactionEndedError',
    'KHONSU_TRANSACTION_POISONED',
    false,
    new TransactionEndedError({ end: 'poisoned' }),
  ],
  [
    'TransactionAbortedError',
    'KHONSU_TRANSACTION_TIMEOUT',
    false,
    new TransactionAbortedError({ trigger: 'timeout', attempts: 3 }),
  ],
  [
    'TransactionTooLargeError',
    'KHONSU_TRANSACTION_TOO_LARGE',
    false,
    new TransactionTooLargeError({ part: 'read set', limit: 8 }),
  ],
  [
    'UnsupportedRuntimeError',
    'KHONSU_UNSUPPORTED_RUNTIME',
    false,
    new UnsupportedRuntimeError({ runtime: 'Bun', needed: 'Node.js' }),
  ],
  [
    'ValueNotAcceptableError',
    'KHONSU_VALUE_NOT_ACCEPTABLE',
    false,
    new ValueNotAcceptableError({ path: '$.a', why: 'w' }),
  ],
  [
    'WorkerLostError',
    'KHONSU_WORKER_LOST',
    false,
    new WorkerLostError({ threadId: 3, exitCode: 1 }),
  ],
]

describe('KhonsuError', () => {
  it.each(EACH)(
    'gives %s its name, the code %s and whether it is retryable',
    (name, code, retryable, error) => {
      expect(error).toBeInstanceOf(KhonsuError)
      expect(error).toMatchObject({ name, code, retryable })
      expect(error.stack).toMatch(new RegExp(`^${name}: `))
    },
  )

  it.each(EACH)('says in %s (%s) what happened and what to do', (_, __, ___, error) => {
    expect(error.message).toMatch(/^[A-Z].*\.$/)
    expect(error.message).not.toMatch(/undefined|\[object/)
  })

  it('keeps the standard cause', () => {
    const cause = new Error('disk')
    expect(new StoreClosedError({ cause }).cause).toBe(cause)
    expect('cause' in new StoreClosedError()).toBe(false)
  })
})

describe('TransactionConflictError', () => {
  it('names the key, the reason and the other transaction', () => {
    const error = new TransactionConflictError({
      reason: 'write-conflict',
      key: ['account', 7],
      opponent: 'transfer',
    })
    expect(error).toMatchObject({ reason: 'write-conflict', key: ['account', 7] })
    expect(error.message).toBe(
      'Key ["account", 7] was written and committed by another transaction after this one began ' +
        '(the other one is "transfer"). Nothing was committed; run the transaction again. ' +
        'transact() does so by itself.',
    )
  })

  it('does without a key and an opponent', () => {
    const error = new TransactionConflictError({ reason: 'locked' })
    expect(error.message).toMatch(/^A key of this transaction is being committed/)
    expect(error.key).toBeUndefined()
  })
})

describe('TransactionEndedError', () => {
  it('is retryable when it is poisoned by an error that is', () => {
    const conflict = new TransactionConflictError({ reason: 'locked' })
    const poisoned = new TransactionEndedError({ end: 'poisoned' }, { cause: conflict })
    expect(poisoned).toMatchObject({ retryable: true, cause: conflict })
    const other = new TransactionEndedError({ end: 'poisoned' }, { cause: new StoreClosedError() })
    expect(other.retryable).toBe(false)
    expect(new TransactionEndedError({ end: 'aborted' }, { cause: conflict }).retryable).toBe(false)
  })
})

describe('InvalidOptionError', () => {
  it.each([
    ['eight', '"eight"'],
    [-0, '-0'],
    [Number.NaN, 'NaN'],
    [12n, '12n'],
    [undefined, 'undefined'],
    [null, 'null'],
    [() => 1, 'a function'],
    [Symbol('s'), 'a symbol'],
    [[1, 2], 'an array of length 2'],
    [{ a: 1 }, 'an object'],
    [new Map(), 'an instance of Map'],
    [new (class {})(), 'an instance of an unnamed class'],
    ['x'.repeat(200), `"${'x'.repeat(80)}…"`],
  ])('describes what was given (%#)', (given, text) => {
    const error = new InvalidOptionError({ option: 'workers', given, accepted: '0 to 1024' })
    expect(error.message).toBe(`Option workers is ${text}. Accepted: 0 to 1024.`)
  })

  it('describes a value that cannot be inspected', () => {
    const { proxy, revoke } = Proxy.revocable({}, {})
    revoke()
    const error = new InvalidOptionError({ option: 'signal', given: proxy, accepted: 'a signal' })
    expect(error.given).toBe('an object that cannot be inspected')
  })
})
