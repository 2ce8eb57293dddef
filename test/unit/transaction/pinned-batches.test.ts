import { createContext, runInContext } from 'node:vm'
import { type RecordBatch, type Table, tableFromArrays } from 'apache-arrow'
import {
  attach,
  type BatchHandle,
  InvalidOptionError,
  type Khonsu,
  PinLimitError,
  type PinnedBatch,
  PinReleasedError,
  StoreClosedError,
  ValueNotAcceptableError,
  WorkerLostError,
} from 'khonsu'
import { describe, expect, it } from 'vitest'
import { HEADER_ADDRESS } from '../../../native-layout/arena-header-descriptor.ts'
import { CHUNK_REFERENCES_MAX, CHUNK_WORD_OFFSET } from '../../../native-layout/chunk-descriptor.ts'
import { PIN_COUNT_MAX } from '../../../native-layout/pin-descriptor.ts'
import { HANDLE_SHIFT } from '../../../native-layout/version-descriptor.ts'
import { MIB, openStore, until } from '../../support/store.ts'
import { rejectionOf, thrownBy } from '../../support/thrown.ts'

const PIN_JOB = new URL('./jobs/pin-job.mjs', import.meta.url)
const LONG_COUNT = 50_000
const LONG_SUM = (LONG_COUNT * (LONG_COUNT - 1)) / 2
const POISON = Float64Array.from(new Float64Array(new Uint8Array(8).fill(0xdb).buffer))[0]

function numbers(count: number, first = 0): Table {
  return tableFromArrays({ n: Float64Array.from({ length: count }, (_, i) => first + i) })
}

function sumOf(batch: RecordBatch | undefined): number {
  let sum = 0
  for (const value of batch?.getChild('n') ?? []) sum += Number(value)
  return sum
}

function pinLong(khonsu: Khonsu): PinnedBatch {
  khonsu.transact((tx) => tx.set('long', numbers(LONG_COUNT)))
  return khonsu.transact((tx) => tx.pin('long')) as PinnedBatch
}

function payloadUsed(khonsu: Khonsu): number {
  return khonsu.stats().memory.payloadUsedBytes
}

describe('a pin', () => {
  it('keeps its batch, and no other memory, until it is released', async () => {
    const khonsu = await openStore({ payloadMemory: 4 * MIB })
    const pinned = pinLong(khonsu)
    const oneBatch = payloadUsed(khonsu)
    for (let i = 0; i < 10; i++) {
      khonsu.transact((tx) => tx.set('long', numbers(LONG_COUNT, i)))
      await khonsu.reclaim()
    }
    expect(payloadUsed(khonsu)).toBe(2 * oneBatch)
    expect(sumOf(pinned.batch)).toBe(LONG_SUM)
    expect(khonsu.stats().pins).toBe(1)
    pinned.release()
    pinned.release()
    expect(khonsu.stats().pins).toBe(0)
    expect(payloadUsed(khonsu)).toBe(oneBatch)
  })

  it('is released at the end of its block', async () => {
    const khonsu = await openStore()
    const pinned = pinLong(khonsu)
    pinned[Symbol.dispose]()
    expect(pinned.isHeld).toBe(false)
    expect(thrownBy(() => pinned.batch)).toMatchObject({
      code: 'KHONSU_PIN_RELEASED',
      tooOld: false,
    })
    expect(khonsu.transact((tx) => tx.pin('nothing'))).toBeUndefined()
  })

  it('loses its batch when it grows too old, and says so', async () => {
    const khonsu = await openStore({ maxSnapshotAgeMs: 50, payloadMemory: 4 * MIB })
    const pinned = pinLong(khonsu)
    khonsu.transact((tx) => tx.delete('long'))
    await until(() => !pinned.isHeld)
    const error = thrownBy(() => pinned.batch)
    expect(error).toBeInstanceOf(PinReleasedError)
    expect(error).toMatchObject({ tooOld: true })
    await khonsu.reclaim()
    expect(payloadUsed(khonsu)).toBe(0)
    expect((await khonsu.coordinatorReport())?.pinsRevoked).toBe(1)
    pinned.release()
  })

  it('is let go when its store is closed, and its release does nothing then', async () => {
    const khonsu = await openStore({ payloadMemory: 4 * MIB })
    khonsu.transact((tx) => tx.set('long', numbers(LONG_COUNT)))
    const store = attach(khonsu.share())
    const pinned = store.transact((tx) => tx.pin('long')) as PinnedBatch
    expect(sumOf(pinned.batch)).toBe(LONG_SUM)
    khonsu.transact((tx) => tx.delete('long'))
    store.close()
    expect(khonsu.stats().pins).toBe(0)
    expect(pinned.isHeld).toBe(false)
    expect(thrownBy(() => pinned.batch)).toBeInstanceOf(StoreClosedError)
    expect(thrownBy(() => store.openBatch(pinned.handle))).toBeInstanceOf(StoreClosedError)
    const belowHeader = new Uint8Array(khonsu.share().memory.buffer, 0, HEADER_ADDRESS)
    const before = belowHeader.slice()
    pinned.release()
    expect(belowHeader).toEqual(before)
    expect(thrownBy(() => pinned.batch)).toBeInstanceOf(PinReleasedError)
    await khonsu.reclaim()
    expect(payloadUsed(khonsu)).toBe(0)
  })

  it('is let go by the last transaction of a store that was closed', async () => {
    const khonsu = await openStore()
    khonsu.transact((tx) => tx.set('batch', numbers(3)))
    const store = attach(khonsu.share())
    const transaction = store.startTransaction()
    const pinned = transaction.pin('batch')
    store.close()
    expect(sumOf(pinned?.batch)).toBe(3)
    transaction.rollback()
    expect(thrownBy(() => pinned?.batch)).toBeInstanceOf(StoreClosedError)
    pinned?.release()
    expect(khonsu.stats().pins).toBe(0)
  })

  it('of which there are too many is a typed error', async () => {
    const khonsu = await openStore()
    const pins = [pinLong(khonsu)]
    while (pins.length < PIN_COUNT_MAX) {
      pins.push(khonsu.transact((tx) => tx.pin('long')) as PinnedBatch)
    }
    const error = thrownBy(() => khonsu.transact((tx) => tx.pin('long')))
    expect(error).toBeInstanceOf(PinLimitError)
    expect(error).toMatchObject({ limit: PIN_COUNT_MAX, of: 'pins' })
    pins.pop()?.release()
    khonsu.transact((tx) => tx.pin('long'))?.release()
    for (const pin of pins) pin.release()
    expect(khonsu.stats().pins).toBe(0)
  })
})

describe('a batch that its own transaction has written', () => {
  const ways = [
    ['pin', 'set'],
    ['pin', 'append'],
    ['handle', 'set'],
    ['handle', 'deleteRows'],
  ] as const

  it.each(ways)('has no %s after %s', async (call, change) => {
    const khonsu = await openStore()
    const batch = khonsu.ref<RecordBatch>('batch')
    khonsu.transact((tx) => tx.set('batch', numbers(3)))
    for (const target of [batch, 'batch']) {
      const error = thrownBy(() =>
        khonsu.transact((tx) => {
          if (change === 'deleteRows') tx.deleteRows('batch', [1], { on: 'n' })
          else tx[change]('batch', numbers(2))
          tx[call](target)
        }),
      )
      expect(error).toBeInstanceOf(ValueNotAcceptableError)
      expect(String(error)).toContain('in the next transaction, or use tx.copy')
    }
    expect(khonsu.stats().pins).toBe(0)
    expect(sumOf(khonsu.transact((tx) => tx.copy(batch)))).toBe(3)
  })

  it('is pinned as it was before the write', async () => {
    const khonsu = await openStore()
    khonsu.transact((tx) => tx.set('batch', numbers(3)))
    const pinned = khonsu.transact((tx) => {
      const before = tx.pin('batch')
      tx.append('batch', numbers(4))
      expect(sumOf(tx.copy('batch'))).toBe(9)
      return before
    })
    expect(sumOf(pinned?.batch)).toBe(3)
    expect(sumOf(khonsu.openBatch(pinned?.handle as BatchHandle)?.batch)).toBe(3)
  })

  it('has no pin of a transaction that the caller ends', async () => {
    const khonsu = await openStore({ onConflict: 'append', appendOn: 'n' })
    const transaction = khonsu.startTransaction()
    transaction.write('batch', numbers(2))
    expect(thrownBy(() => transaction.pin('batch'))).toBeInstanceOf(ValueNotAcceptableError)
    transaction.rollback()
    expect(khonsu.stats().pins).toBe(0)
  })
})

describe('a pin of a batch with as many references as it can have', () => {
  it('is a typed error that says so', async () => {
    const khonsu = await openStore()
    khonsu.transact((tx) => tx.set('batch', numbers(3)))
    const handle = khonsu.transact((tx) => tx.handle('batch')) as BatchHandle
    const words = new BigInt64Array(khonsu.share().memory.buffer)
    const at = (handle.chunk * 2 ** HANDLE_SHIFT + CHUNK_WORD_OFFSET) >>> 3
    const word = words[at] as bigint
    words[at] = word | BigInt(CHUNK_REFERENCES_MAX)
    for (const pin of [
      () => khonsu.transact((tx) => tx.pin('batch')),
      () => khonsu.openBatch(handle),
    ]) {
      const error = thrownBy(pin)
      expect(error).toBeInstanceOf(PinLimitError)
      expect(error).toMatchObject({ limit: CHUNK_REFERENCES_MAX, of: 'references' })
      expect(String(error)).toContain(`${CHUNK_REFERENCES_MAX} references`)
    }
    words[at] = word
  })
})

describe('a handle', () => {
  it('is opened in another thread, while the version is there', async () => {
    const khonsu = await openStore({ workers: 1 })
    const pinned = pinLong(khonsu)
    khonsu.transact((tx) => tx.set('long', numbers(1)))
    await khonsu.reclaim()
    const input = { handle: pinned.handle, column: 'n', keeps: false, ends: false }
    expect(await khonsu.run(PIN_JOB, input)).toBe(LONG_SUM)
    pinned.release()
    await khonsu.reclaim()
    expect(await khonsu.run(PIN_JOB, input)).toBe(-1)
    expect(khonsu.openBatch(pinned.handle)).toBeUndefined()
  })

  it('names the version that a transaction has read', async () => {
    const khonsu = await openStore()
    khonsu.transact((tx) => tx.set('batch', numbers(3)))
    const handle = khonsu.transact((tx) => tx.handle('batch'))
    if (handle === undefined) throw new Error('no handle')
    const opened = khonsu.openBatch(structuredClone(handle))
    expect(opened?.handle).toEqual(handle)
    expect(sumOf(opened?.batch)).toBe(3)
    opened?.release()
    khonsu.transact((tx) => tx.set('batch', numbers(4)))
    expect(khonsu.transact((tx) => tx.handle('batch'))?.version).not.toBe(handle.version)
    expect(khonsu.transact((tx) => tx.handle('nothing'))).toBeUndefined()
  })

  it('that is none is refused', async () => {
    const khonsu = await openStore()
    for (const given of [
      undefined,
      {},
      { kind: 'khonsu-batch', key: 'k', store: 1, version: 'x', chunk: 0 },
      { kind: 'khonsu-batch', key: 'k', store: 1, version: -1, chunk: 0 },
      { kind: 'khonsu-batch', key: 'k', store: 1, version: 1, chunk: -5 },
      { kind: 'khonsu-batch', key: 'k', version: 1, chunk: 0 },
    ]) {
      const error = thrownBy(() => khonsu.openBatch(given as never))
      expect(error).toBeInstanceOf(InvalidOptionError)
    }
  })

  it('of another store is refused', async () => {
    const [one, other] = [await openStore(), await openStore()]
    for (const khonsu of [one, other]) khonsu.transact((tx) => tx.set('batch', numbers(3)))
    const handle = other.transact((tx) => tx.handle('batch')) as BatchHandle
    const error = thrownBy(() => one.openBatch(handle))
    expect(error).toBeInstanceOf(InvalidOptionError)
    expect(error).toMatchObject({ given: '"the handle of a batch in another store"' })
    other.openBatch(handle)?.release()
  })

  it('names nothing where no batch can be', async () => {
    const khonsu = await openStore()
    khonsu.transact((tx) => tx.set('batch', numbers(3)))
    const handle = khonsu.transact((tx) => tx.handle('batch')) as BatchHandle
    const { chunk } = handle
    for (const each of [
      0,
      512,
      chunk + 1,
      chunk + 4,
      2 ** 23,
      2 ** 28,
      2 ** 29 + chunk,
      2 ** 32 - 4,
    ]) {
      expect(khonsu.openBatch({ ...handle, chunk: each })).toBeUndefined()
    }
    for (let version = 1; version < 5; version++) {
      for (let each = chunk - 64; each < chunk + 64; each++) {
        const opened = khonsu.openBatch({ ...handle, version, chunk: each })
        expect(opened?.handle).toEqual(opened && handle)
        opened?.release()
      }
    }
  })

  it('keeps nothing in memory of who is thrown out while he opens it', async () => {
    const khonsu = await openStore({ maxSnapshotAgeMs: 50, payloadMemory: 64 * MIB })
    khonsu.transact((tx) => tx.set('long', numbers(30 * LONG_COUNT)))
    khonsu.transact((tx) => tx.append('long', numbers(1)))
    const handle = khonsu.transact((tx) => tx.handle('long')) as BatchHandle
    const open = (): void => khonsu.openBatch(handle)?.release()
    const context = createContext({ open })
    const timedOut = { code: 'ERR_SCRIPT_EXECUTION_TIMEOUT' }
    for (let i = 0; i < 8; i++) {
      const run = (): unknown => runInContext('for (;;) open()', context, { timeout: 5 })
      expect(thrownBy(run)).toMatchObject(timedOut)
      await new Promise((resolve) => setImmediate(resolve))
    }
    expect(khonsu.stats().open.snapshots).toBe(0)
    await until(() => khonsu.stats().pins === 0)
    khonsu.transact((tx) => tx.delete('long'))
    await until(async () => {
      await khonsu.reclaim()
      return payloadUsed(khonsu) === 0
    })
  })

  it('keeps nothing in memory when the thread that opened it has ended', async () => {
    const khonsu = await openStore({ workers: 1, payloadMemory: 4 * MIB })
    const pinned = pinLong(khonsu)
    const input = { handle: pinned.handle, column: 'n', keeps: true, ends: true }
    expect(await rejectionOf(khonsu.run(PIN_JOB, input))).toBeInstanceOf(WorkerLostError)
    await until(() => khonsu.stats().pins === 1)
    pinned.release()
    khonsu.transact((tx) => tx.delete('long'))
    await khonsu.reclaim()
    await khonsu.reclaim()
    expect(payloadUsed(khonsu)).toBe(0)
  })
})

describe('a store that poisons', () => {
  it('shows at once who uses a batch after the end of its transaction', async () => {
    const khonsu = await openStore({ poison: true })
    khonsu.transact((tx) => tx.set('batch', numbers(3)))
    const late = khonsu.transact((tx) => {
      const batch = tx.get('batch') as RecordBatch
      expect(sumOf(batch)).toBe(3)
      return batch
    })
    expect(late.getChild('n')?.get(0)).toBe(POISON)
    const column = khonsu.transact((tx) => tx.column('batch', 'n'))
    expect(column?.values[2]).toBe(POISON)
    const transaction = khonsu.startTransaction()
    const own = transaction.read('batch') as RecordBatch
    expect(sumOf(own)).toBe(3)
    transaction.rollback()
    expect(own.getChild('n')?.get(1)).toBe(POISON)
    expect(sumOf(khonsu.transact((tx) => tx.copy('batch')))).toBe(3)
  })

  it('shows who uses a batch after its pin was released', async () => {
    const khonsu = await openStore({ poison: true })
    const pinned = pinLong(khonsu)
    const { batch } = pinned
    expect(sumOf(batch)).toBe(LONG_SUM)
    pinned.release()
    expect(batch.getChild('n')?.get(LONG_COUNT - 1)).toBe(POISON)
  })

  it('overwrites the batch of a pin that grew too old, and that of no other one with its number', async () => {
    const khonsu = await openStore({ poison: true, maxSnapshotAgeMs: 100 })
    khonsu.transact((tx) => tx.set('batch', numbers(3)))
    const pin = () => khonsu.transact((tx) => tx.pin('batch')) as PinnedBatch
    const aged = pin()
    const { batch } = aged
    await until(() => !aged.isHeld)
    for (let number = 1; number < PIN_COUNT_MAX; number++) pin().release()
    const later = pin()
    expect(sumOf(later.batch)).toBe(3)
    expect(batch.getChild('n')?.get(0)).toBe(0)
    aged.release()
    expect(batch.getChild('n')?.get(0)).toBe(POISON)
    expect(sumOf(later.batch)).toBe(3)
    later.release()
  })

  it('overwrites memory that was given back', async () => {
    const khonsu = await openStore({ poison: true })
    khonsu.transact((tx) => tx.set('batch', numbers(LONG_COUNT, 1)))
    const shared = new Float64Array(khonsu.share().memory.buffer)
    const where = shared.indexOf(LONG_COUNT)
    expect(where).toBeGreaterThan(0)
    khonsu.transact((tx) => tx.delete('batch'))
    await khonsu.reclaim()
    await khonsu.reclaim()
    expect(shared[where]).toBe(POISON)
  })

  it('changes nothing for who uses batches as long as they last', async () => {
    const khonsu = await openStore({ poison: true, workers: 1 })
    khonsu.transact((tx) => tx.set('batch', numbers(5)))
    const input = { from: 'batch', to: 'copy' }
    const job = new URL('./jobs/batch-jobs.mjs', import.meta.url)
    expect(await khonsu.run(job, input)).toBe(5)
    expect(sumOf(khonsu.transact((tx) => tx.copy('copy')))).toBe(10)
  })
})
