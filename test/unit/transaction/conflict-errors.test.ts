import { once } from 'node:events'
import { Worker } from 'node:worker_threads'
import { SnapshotTooOldError, TransactionAbortedError, TransactionConflictError } from 'khonsu'
import { describe, expect, it } from 'vitest'
import { exposeCell } from '../../support/arena-damage.ts'
import { changingNothing, contents, expectWritable } from '../../support/contents.ts'
import { blockFor, openStore } from '../../support/store.ts'
import { thrownBy } from '../../support/thrown.ts'

const KEYS = ['a', 'b']
const SNAPSHOT_AGE_MS_MAX = 10

async function openPair(options = {}) {
  const khonsu = await openStore(options)
  khonsu.transact((tx) => {
    tx.set('a', 1)
    tx.set('b', 2)
  })
  return khonsu
}

describe('TransactionConflictError', () => {
  it('says write-conflict and names the key when somebody else wrote it first', async () => {
    const khonsu = await openPair()
    const late = khonsu.startTransaction()
    late.write('a', 100)
    late.write('b', 200)
    khonsu.transact((tx) => tx.set('b', 3))
    const error = changingNothing(khonsu, KEYS, () => thrownBy(() => late.commit()))
    expect(error).toBeInstanceOf(TransactionConflictError)
    expect(error).toMatchObject({
      code: 'KHONSU_TRANSACTION_CONFLICT',
      retryable: true,
      reason: 'write-conflict',
      key: 'b',
      opponent: undefined,
    })
    expect(contents(khonsu, KEYS)).toEqual([1, 3])
  })

  it('says stale-read when what it read was changed before its commit', async () => {
    const khonsu = await openPair({ serializable: 'occ' })
    const late = khonsu.startTransaction({ isolation: 'serializable' })
    late.write('b', Number(late.read('a')) + 1)
    khonsu.transact((tx) => tx.set('a', 10))
    const error = changingNothing(khonsu, KEYS, () => thrownBy(() => late.commit()))
    expect(error).toMatchObject({ reason: 'stale-read', key: 'a' })
  })

  it('says stale-read when a key that was absent has come to exist', async () => {
    const khonsu = await openPair({ serializable: 'occ' })
    const late = khonsu.startTransaction({ isolation: 'serializable' })
    expect(late.read('fresh')).toBeUndefined()
    late.write('b', 100)
    khonsu.transact((tx) => tx.set('fresh', 1))
    const error = changingNothing(khonsu, [...KEYS, 'fresh'], () => thrownBy(() => late.commit()))
    expect(error).toMatchObject({ reason: 'stale-read' })
  })

  it('says snapshot-moved when reads of current versions cannot be one snapshot', async () => {
    const khonsu = await openPair()
    const body = (): unknown =>
      khonsu.transact(
        (tx) => {
          const a = tx.get('a')
          khonsu.transact((other) => {
            other.set('a', 10)
            other.set('b', 20)
          })
          return [a, tx.get('b')]
        },
        { maxAttempts: 1 },
      )
    const error = thrownBy(body)
    expect(error).toBeInstanceOf(TransactionAbortedError)
    expect((error as Error).cause).toBeInstanceOf(TransactionConflictError)
    expect((error as Error).cause).toMatchObject({ reason: 'snapshot-moved', key: 'a' })
    expectWritable(khonsu, KEYS)
  })

  it('says locked and who holds the lock when a commit does not end', async () => {
    const khonsu = await openStore()
    khonsu.transact((tx) => {
      tx.set('a', 1)
      tx.set('b', 271.828)
    })
    // In another thread: a lock of this one's own is known to be left over from a commit.
    const holder = new Worker(new URL('../api/workers/joins.mjs', import.meta.url), {
      workerData: { handle: khonsu.share(), task: 'stay' },
    })
    await once(holder, 'message')
    const cell = exposeCell(khonsu, 271.828)
    const slotId = khonsu.stats().horizon.holder?.slot as number
    const late = khonsu.startTransaction({ onConflict: 'replace' })
    late.write('a', 2)
    late.write('b', 3)
    cell.lock(slotId)
    const error = thrownBy(() => late.commit())
    expect(contents(khonsu, KEYS)).toEqual([1, 271.828])
    cell.unlock()
    await holder.terminate()
    expect(error).toMatchObject({ reason: 'locked', key: 'b', opponent: 'left open' })
    expect((error as Error).message).toContain('"left open"')
    expectWritable(khonsu, KEYS)
  })

  it('counts each reason in stats', async () => {
    const khonsu = await openPair()
    for (let i = 0; i < 3; i++) {
      const late = khonsu.startTransaction()
      late.write('a', i)
      khonsu.transact((tx) => tx.set('a', -i))
      thrownBy(() => late.commit())
    }
    const { aborts, attempts, commits } = khonsu.stats()
    expect(aborts).toEqual({ total: 3, byCause: { 'write-conflict': 3 } })
    expect([commits, attempts]).toEqual([4, 7])
  })
})

describe('SnapshotTooOldError', () => {
  /** A store with a snapshot that has lost its right, and a later version of `a`. */
  async function openWithOldSnapshot(isolation: 'repeatable-read' | 'serializable') {
    const khonsu = await openPair({ maxSnapshotAgeMs: SNAPSHOT_AGE_MS_MAX })
    const old = khonsu.startTransaction({ isolation })
    expect(old.read('b')).toBe(2)
    while ((await khonsu.coordinatorReport())?.snapshotsRevoked === 0) blockFor(10)
    khonsu.transact((tx) => tx.set('a', 10))
    return { khonsu, old }
  }

  it.each(['repeatable-read', 'serializable'] as const)(
    'is thrown by a read of a %s snapshot that lost its right; the rest goes on',
    async (isolation) => {
      const { khonsu, old } = await openWithOldSnapshot(isolation)
      const error = changingNothing(khonsu, KEYS, () => thrownBy(() => old.read('a')))
      expect(error).toBeInstanceOf(SnapshotTooOldError)
      expect(error).toMatchObject({
        code: 'KHONSU_SNAPSHOT_TOO_OLD',
        retryable: true,
        ageMsMax: SNAPSHOT_AGE_MS_MAX,
      })
      expect(thrownBy(() => old.commit())).toMatchObject({ code: 'KHONSU_TRANSACTION_POISONED' })
      expect(khonsu.stats().horizon.holder).toBeUndefined()
    },
  )

  it('is thrown by the commit, and nothing of it is committed', async () => {
    const { khonsu, old } = await openWithOldSnapshot('repeatable-read')
    old.write('b', 3)
    const error = changingNothing(khonsu, KEYS, () => thrownBy(() => old.commit()))
    expect(error).toBeInstanceOf(SnapshotTooOldError)
    expect(khonsu.stats().aborts.byCause).toEqual({ 'snapshot-too-old': 1 })
  })

  it('is thrown by the commit of a transaction that only read', async () => {
    const { old } = await openWithOldSnapshot('serializable')
    expect(thrownBy(() => old.commit())).toBeInstanceOf(SnapshotTooOldError)
  })

  it('is retried by transact, because it is retryable', async () => {
    const khonsu = await openStore({ maxSnapshotAgeMs: SNAPSHOT_AGE_MS_MAX })
    khonsu.transact((tx) => tx.set('text', 'long ago'))
    let runs = 0
    const read = khonsu.transact((tx) => {
      tx.get('text')
      if (runs++ === 0) blockFor(400)
      return tx.get('text')
    })
    expect([read, runs]).toEqual(['long ago', 2])
  })

  it('leaves young snapshots alone', async () => {
    const khonsu = await openPair({ maxSnapshotAgeMs: 10_000 })
    const young = khonsu.startTransaction({ isolation: 'repeatable-read' })
    blockFor(200)
    khonsu.transact((tx) => tx.set('a', 10))
    expect(young.read('a')).toBe(1)
    expect(young.commit().timestamp).toBe(0)
    expect((await khonsu.coordinatorReport())?.snapshotsRevoked).toBe(0)
  })
})
