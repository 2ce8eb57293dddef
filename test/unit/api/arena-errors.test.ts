import {
  ArenaCorruptError,
  ArenaFullError,
  attach,
  type ExplicitTransaction,
  LayoutMismatchError,
  SlotLimitError,
  type StoreHandle,
  ThreadLimitError,
} from 'khonsu'
import { describe, expect, it, vi } from 'vitest'
import {
  HEADER_FINGERPRINT_OFFSET,
  HEADER_MAGIC_OFFSET,
  HEADER_VERSION_OFFSET,
  SLOT_COUNT_MAX,
  THREAD_COUNT_MAX,
} from '../../../native-layout/arena-header-descriptor.ts'
import { exposeCell } from '../../support/arena-damage.ts'
import { changingNothing, contents } from '../../support/contents.ts'
import { MIB, openStore } from '../../support/store.ts'
import { rejectionOf, thrownBy } from '../../support/thrown.ts'

const TEXT = 'x'.repeat(1_000)
const KEYS = ['a', 'b', 'c']

/** Fills the arena with `write(0)`, `write(1)`, ...; how many there was room for. */
function fill(write: (index: number) => void): number {
  for (let index = 0; ; index++) {
    try {
      write(index)
    } catch (error) {
      expect(error).toBeInstanceOf(ArenaFullError)
      return index
    }
  }
}

describe('ArenaFullError', () => {
  it('refuses a value that is larger than the arena and changes nothing', async () => {
    const khonsu = await openStore({ memory: 4 * MIB })
    khonsu.transact((tx) => tx.set('a', 'kept'))
    const error = changingNothing(khonsu, KEYS, () =>
      thrownBy(() =>
        khonsu.transact((tx) => {
          tx.set('a', 'changed')
          tx.set('b', new Uint8Array(5 * MIB))
        }),
      ),
    )
    expect(error).toBeInstanceOf(ArenaFullError)
    expect(error).toMatchObject({
      code: 'KHONSU_ARENA_FULL',
      retryable: false,
      arenaLengthBytes: 4 * MIB,
    })
  })

  it('leaves the store as it was when a transaction does not fit', async () => {
    const khonsu = await openStore({ memory: 4 * MIB })
    khonsu.transact((tx) => {
      for (const key of KEYS) tx.set(key, 1)
    })
    const error = changingNothing(khonsu, KEYS, () =>
      thrownBy(() =>
        khonsu.transact((tx) => {
          tx.set('a', 2)
          for (let i = 0; i < 100_000; i++) tx.set(['many', i], TEXT)
        }),
      ),
    )
    expect(error).toBeInstanceOf(ArenaFullError)
    khonsu.transact((tx) => tx.set('b', TEXT))
    expect(contents(khonsu, KEYS)).toEqual([1, TEXT, 1])
  })

  it('lets a full store be read, and its numbers be changed', async () => {
    const khonsu = await openStore({ memory: 4 * MIB })
    khonsu.transact((tx) => tx.set('count', 0))
    const count = fill((i) => khonsu.transact((tx) => tx.set(i, TEXT)))
    expect(count).toBeGreaterThan(1_000)
    for (let i = 0; i < count; i++) expect(khonsu.transact((tx) => tx.get(i))).toBe(TEXT)
    for (let i = 1; i <= 100; i++) khonsu.transact((tx) => tx.set('count', i))
    expect(contents(khonsu, ['count', count])).toEqual([100, undefined])
  })

  it('is over when texts were deleted: others of the same kind fit in again', async () => {
    const khonsu = await openStore({ memory: 4 * MIB })
    const count = fill((i) => khonsu.transact((tx) => tx.set(i, TEXT)))
    for (let i = 0; i < count; i++) expect(khonsu.transact((tx) => tx.delete(i))).toBe(true)
    await khonsu.reclaim()
    for (let i = 0; i < count * 0.9; i++) khonsu.transact((tx) => tx.set(i, TEXT))
  })

  it('is over when a large value was deleted: its pages serve other sizes', async () => {
    const khonsu = await openStore({ memory: 4 * MIB })
    const bytes = new Uint8Array(200_000)
    const count = fill((i) => khonsu.transact((tx) => tx.set(i, bytes)))
    expect(count).toBeGreaterThan(10)
    khonsu.transact((tx) => tx.delete(0))
    await khonsu.reclaim()
    khonsu.transact((tx) => {
      for (let i = 0; i < 20; i++) tx.set(['text', i], TEXT)
    })
  })

  it('comes from snapshots that hold old versions, and is over after them', async () => {
    const khonsu = await openStore({ memory: 4 * MIB })
    khonsu.transact((tx) => tx.set('text', TEXT))
    const readers: ExplicitTransaction[] = []
    fill(() => {
      readers.push(khonsu.startTransaction({ isolation: 'repeatable-read' }))
      khonsu.transact((tx) => tx.set('text', TEXT))
    })
    expect(readers.length).toBeGreaterThan(100)
    for (const reader of readers) expect(reader.read('text')).toBe(TEXT)
    for (const reader of readers) reader.rollback()
    for (let i = 0; i < 10_000; i++) khonsu.transact((tx) => tx.set('text', `${i}${TEXT}`))
  })

  it('does not come from one old snapshot: it holds the versions that it sees', async () => {
    const khonsu = await openStore({ memory: 4 * MIB })
    khonsu.transact((tx) => tx.set('text', TEXT))
    const reader = khonsu.startTransaction({ isolation: 'repeatable-read' })
    for (let i = 0; i < 10_000; i++) khonsu.transact((tx) => tx.set('text', `${i}${TEXT}`))
    expect(reader.read('text')).toBe(TEXT)
    reader.rollback()
  })

  it('is what open answers when the system gives no memory', async () => {
    const memory = vi.spyOn(WebAssembly, 'Memory').mockImplementation(function refuse() {
      throw new RangeError('could not allocate memory')
    })
    try {
      const error = await rejectionOf(openStore())
      expect(error).toBeInstanceOf(ArenaFullError)
      expect(error).toMatchObject({ requestedLengthBytes: 32 * MIB, arenaLengthBytes: 0 })
    } finally {
      memory.mockRestore()
    }
  })
})

describe('ArenaCorruptError', () => {
  it('is thrown for a value whose tag nobody wrote, and other keys stay readable', async () => {
    const khonsu = await openStore()
    khonsu.transact((tx) => {
      tx.set('a', 1)
      tx.set('damaged', 1234.5678)
    })
    exposeCell(khonsu, 1234.5678).setTag(63)
    const error = thrownBy(() => khonsu.transact((tx) => tx.get('damaged')))
    expect(error).toBeInstanceOf(ArenaCorruptError)
    expect(error).toMatchObject({ code: 'KHONSU_ARENA_CORRUPT', structure: 'value' })
    expect(contents(khonsu, ['a'])).toEqual([1])
  })
})

describe('LayoutMismatchError', () => {
  it.each([
    ['magic number', HEADER_MAGIC_OFFSET],
    ['layout version', HEADER_VERSION_OFFSET],
    ['layout fingerprint', HEADER_FINGERPRINT_OFFSET],
  ])('is thrown by attach when the %s differs, and nothing is touched', async (part, offset) => {
    const khonsu = await openStore()
    khonsu.transact((tx) => tx.set('a', 1))
    const handle = khonsu.share()
    const word = new Uint32Array(handle.memory.buffer, offset, 1)
    const right = word[0] as number
    word[0] = right ^ 1
    const error = thrownBy(() => attach(handle))
    word[0] = right
    expect(error).toBeInstanceOf(LayoutMismatchError)
    const hex = (value: number): string => `0x${(value >>> 0).toString(16).padStart(8, '0')}`
    expect(error).toMatchObject({ part, expected: hex(right), found: hex(right ^ 1) })
    expect(contents(attach(handle), ['a'])).toEqual([1])
  })
})

/** A handle that `attach` takes for another one, so that this thread attaches once more. */
function cloneOf(handle: StoreHandle): StoreHandle {
  return structuredClone(handle)
}

describe('ThreadLimitError', () => {
  it('is thrown by attach at the limit; after a close there is room again', async () => {
    const khonsu = await openStore()
    khonsu.transact((tx) => tx.set('a', 1))
    const handle = khonsu.share()
    // The store itself and its coordinator are attached already.
    const stores = Array.from({ length: THREAD_COUNT_MAX - 2 }, () => attach(cloneOf(handle)))
    const error = changingNothing(khonsu, KEYS, () => thrownBy(() => attach(cloneOf(handle))))
    expect(error).toBeInstanceOf(ThreadLimitError)
    expect(error).toMatchObject({ code: 'KHONSU_THREAD_LIMIT', limit: THREAD_COUNT_MAX })
    stores[100]?.close()
    const again = attach(cloneOf(handle))
    expect(contents(again, ['a'])).toEqual([1])
    for (const store of [...stores, again]) store.close()
  })

  it('is not brought about by closing a store while a transaction is open', async () => {
    const khonsu = await openStore()
    const handle = khonsu.share()
    for (let i = 0; i < THREAD_COUNT_MAX + 10; i++) {
      const store = attach(handle)
      const transaction = store.startTransaction()
      store.close()
      transaction.rollback()
    }
  })
})

describe('SlotLimitError', () => {
  it('is thrown for one open transaction too many; each one that ends makes room', async () => {
    const khonsu = await openStore()
    khonsu.transact((tx) => tx.set('a', 1))
    // The coordinator keeps one slot.
    const open = Array.from({ length: SLOT_COUNT_MAX - 2 }, () => khonsu.startTransaction())
    const error = thrownBy(() => khonsu.startTransaction())
    expect(error).toBeInstanceOf(SlotLimitError)
    expect(error).toMatchObject({ code: 'KHONSU_SLOT_LIMIT', limit: SLOT_COUNT_MAX - 2 })
    expect(thrownBy(() => khonsu.transact((tx) => tx.set('a', 2)))).toBeInstanceOf(SlotLimitError)
    open.pop()?.rollback()
    expect(contents(khonsu, ['a'])).toEqual([1])
    for (const transaction of open) expect(transaction.read('a')).toBe(1)
    for (const transaction of open) transaction.rollback()
    khonsu.transact((tx) => tx.set('a', 3))
    expect(contents(khonsu, ['a'])).toEqual([3])
  })
})
