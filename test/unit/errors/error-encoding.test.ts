import { describe, expect, it } from 'vitest'
import {
  SnapshotTooOldError,
  TransactionConflictError,
} from '../../../src/errors/conflict-errors.ts'
import { decodeError, type EncodedError, encodeError } from '../../../src/errors/error-encoding.ts'
import { KhonsuError, type KhonsuErrorCode } from '../../../src/errors/khonsu-error.ts'
import { StoreClosedError } from '../../../src/errors/store-errors.ts'
import {
  TransactionAbortedError,
  TransactionEndedError,
} from '../../../src/errors/transaction-errors.ts'

/** What arrives in another thread. */
function cross(thrown: unknown): Error {
  return decodeError(structuredClone(encodeError(thrown)))
}

function ownProperties(error: Error): Record<string, unknown> {
  return Object.fromEntries(Object.entries(error).filter(([, value]) => value !== undefined))
}

describe('errors that cross threads', () => {
  it.each([
    new TransactionConflictError({ reason: 'locked', key: ['a', 1], opponent: 'transfer' }),
    new TransactionConflictError({ reason: 'stale-read' }),
    new SnapshotTooOldError({ ageMsMax: 5 }),
    new TransactionAbortedError({ trigger: 'timeout', attempts: 4 }),
    new TransactionEndedError({ end: 'poisoned' }),
    new StoreClosedError(),
  ])('keep class, code, message, fields and stack ($code)', (error) => {
    const received = cross(error)
    expect(received).toBeInstanceOf(error.constructor)
    expect(received).toBeInstanceOf(KhonsuError)
    expect(received.name).toBe(error.name)
    expect(received.message).toBe(error.message)
    expect(received.stack).toBe(error.stack)
    expect(ownProperties(received)).toEqual(ownProperties(error))
    expect(Object.keys(received)).not.toContain('stack')
  })

  it('keep their causes, each as its own class', () => {
    const conflict = new TransactionConflictError({ reason: 'locked' })
    const poisoned = new TransactionEndedError({ end: 'poisoned' }, { cause: conflict })
    const received = cross(new Error('outer', { cause: poisoned }))
    expect(received.cause).toBeInstanceOf(TransactionEndedError)
    expect(received.cause).toMatchObject({ retryable: true })
    expect((received.cause as Error).cause).toBeInstanceOf(TransactionConflictError)
  })

  it('stop following causes that go round in circles', () => {
    const error = new Error('round')
    error.cause = error
    let received: unknown = cross(error)
    let depth = 0
    while (received instanceof Error) {
      received = received.cause
      depth++
    }
    expect(depth).toBe(9)
  })

  it('keep name, message, stack and plain fields of errors that are not of Khonsu', () => {
    const error = Object.assign(new TypeError('no file'), {
      code: 'ENOENT',
      errno: -2,
      handler: () => 1,
      nested: { a: 1 },
    })
    const received = cross(error)
    expect(received).not.toBeInstanceOf(KhonsuError)
    expect(received).toMatchObject({ name: 'TypeError', message: 'no file', stack: error.stack })
    expect(ownProperties(received)).toEqual({ code: 'ENOENT', errno: -2 })
  })

  it('become plain errors when a foreign error borrows a code', () => {
    const received = cross(Object.assign(new Error('not ours'), { code: 'KHONSU_STORE_CLOSED' }))
    expect(received).not.toBeInstanceOf(KhonsuError)
    expect(received).toMatchObject({ code: 'KHONSU_STORE_CLOSED' })
  })

  it.each(['KHONSU_FROM_THE_FUTURE', 'constructor', ''])(
    'are plain errors under the unknown code %j',
    (code) => {
      const encoded: EncodedError = { ...encodeError(new StoreClosedError()), code }
      const received = decodeError(encoded)
      expect(received).not.toBeInstanceOf(KhonsuError)
      expect(received.name).toBe('StoreClosedError')
      expect(received.message).toBe(encoded.message)
    },
  )

  it('are errors with a description when something else was thrown', () => {
    expect(cross('just text').message).toBe('just text')
    expect(cross(undefined).message).toBe('undefined')
    expect(cross({ a: 1 }).message).toBe('an object')
    expect(cross(null)).toBeInstanceOf(Error)
  })

  it('are described when they throw while they are looked at', () => {
    const hostile = new Error('hidden')
    Object.defineProperty(hostile, 'message', {
      get() {
        throw new Error('trap')
      },
    })
    expect(cross(hostile).message).toBe('an instance of Error')
    const { proxy, revoke } = Proxy.revocable(new Error('gone'), {})
    revoke()
    expect(cross(proxy)).toBeInstanceOf(Error)
  })

  it('are real errors for the runtime', () => {
    const received = cross(new StoreClosedError())
    expect(Object.prototype.toString.call(received)).toBe('[object Error]')
    const code: KhonsuErrorCode = (received as KhonsuError).code
    expect(code).toBe('KHONSU_STORE_CLOSED')
  })
})
