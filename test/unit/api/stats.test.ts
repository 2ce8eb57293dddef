import { type Khonsu, type MemoryClass, type Stats, TransactionConflictError } from 'khonsu'
import { describe, expect, it, vi } from 'vitest'
import { PAGE_LENGTH } from '../../../native-layout/page-descriptor.ts'
import { MIB, openStore } from '../../support/store.ts'
import { thrownBy } from '../../support/thrown.ts'

const TASKS = new URL('../pool/jobs/tasks.mjs', import.meta.url)

function classNamed({ memory }: Stats, name: string): MemoryClass | undefined {
  return memory.byClass.find((each) => each.name === name)
}

function blocksUsed(khonsu: Khonsu): number {
  return khonsu.stats().memory.byClass.reduce((sum, { blocksUsed: used }) => sum + used, 0)
}

describe('stats', () => {
  it('of a fresh store count nothing', async () => {
    const khonsu = await openStore()
    expect(khonsu.stats()).toMatchObject({
      commits: 0,
      readOnlyCommits: 0,
      attempts: 0,
      aborts: { total: 0, byCause: {} },
      snapshotExtensions: 0,
      open: { snapshots: 0, judgeable: 0 },
      largestAccessSet: 0,
      turns: { count: 0, lapsed: 0 },
      cells: { count: 0 },
      chains: { cellsSeen: 0, longest: 0, average: 0, pushed: 0 },
      horizon: { lag: 0, holder: undefined },
    })
  })

  it('count who is open, and say how large a transaction was', async () => {
    const khonsu = await openStore()
    const readers = ['repeatable-read', 'serializable', 'serializable'] as const
    const open = readers.map((isolation) => khonsu.startTransaction({ isolation }))
    expect(khonsu.stats().open).toEqual({ snapshots: 3, judgeable: 2 })
    for (const reader of open) reader.rollback()
    expect(khonsu.stats()).toMatchObject({ open: { snapshots: 0, judgeable: 0 } })
    khonsu.transact((tx) => {
      for (let i = 0; i < 1000; i++) tx.set(i, i)
    })
    expect(khonsu.stats().largestAccessSet).toBeGreaterThanOrEqual(1000)
  })

  it('count commits, those that only read, and each cause of aborts', async () => {
    const khonsu = await openStore({ serializable: 'occ' })
    for (let i = 0; i < 7; i++) khonsu.transact((tx) => tx.set('a', i))
    for (let i = 0; i < 5; i++) khonsu.transact((tx) => tx.get('a'))
    for (let i = 0; i < 3; i++) {
      thrownBy(() =>
        khonsu.transact(() => {
          throw new Error('mine')
        }),
      )
    }
    khonsu.startTransaction().rollback()
    const late = khonsu.startTransaction()
    late.write('b', Number(late.read('a')))
    khonsu.transact((tx) => tx.set('a', 0))
    expect(thrownBy(() => late.commit())).toBeInstanceOf(TransactionConflictError)
    const stats = khonsu.stats()
    expect(stats).toMatchObject({ commits: 13, readOnlyCommits: 5, attempts: 18 })
    expect(stats.aborts).toEqual({
      total: 5,
      byCause: { error: 3, rollback: 1, 'stale-read': 1 },
    })
  })

  it('count what all threads did', async () => {
    const khonsu = await openStore({ workers: 2 })
    khonsu.transact((tx) => tx.set('a', 1))
    await khonsu.runAll(TASKS, (index) => ({ task: 'set', value: { key: index, value: index } }))
    expect(khonsu.stats().commits).toBe(3)
  })

  it('have memory classes that add up to what is used', async () => {
    const khonsu = await openStore({ memory: 64 * MIB })
    khonsu.transact((tx) => {
      for (let i = 0; i < 3_000; i++) tx.set(i, 'x'.repeat(i))
      tx.set('large', new Uint8Array(300_000))
    })
    const { memory } = khonsu.stats()
    const sum = memory.byClass.reduce((total, { claimedBytes }) => total + claimedBytes, 0)
    expect(memory.usedBytes).toBe(sum)
    expect(memory.arenaBytes).toBe(64 * MIB)
    expect(sum).toBeLessThanOrEqual(memory.arenaBytes)
    expect(new Set(memory.byClass.map(({ name }) => name)).size).toBe(memory.byClass.length)
    for (const { name, blockLengthBytes, blocksUsed: used, claimedBytes } of memory.byClass) {
      expect(claimedBytes % PAGE_LENGTH, name).toBe(0)
      expect(used, name).toBeGreaterThanOrEqual(0)
      if (name !== 'spans') expect(used * blockLengthBytes, name).toBeLessThanOrEqual(claimedBytes)
    }
  })

  it('count the blocks of values one by one', async () => {
    const khonsu = await openStore()
    khonsu.transact((tx) => {
      for (let i = 0; i < 100; i++) tx.set(i, i)
    })
    const before = blocksUsed(khonsu)
    khonsu.transact((tx) => {
      for (let i = 0; i < 100; i++) tx.set(['text', i], 'x'.repeat(1_000))
    })
    // A cell, a key and a value for each, and a leaf with its low key for every few keys.
    const added = blocksUsed(khonsu) - before
    expect(added).toBeGreaterThanOrEqual(300)
    expect(added).toBeLessThan(300 + 2 * (100 / 7) + 10)
    khonsu.transact((tx) => tx.set('large', new Uint8Array(200_000)))
    expect(classNamed(khonsu.stats(), 'spans')).toMatchObject({ claimedBytes: 4 * PAGE_LENGTH })
  })

  it('show cells, and chains that an open snapshot makes long', async () => {
    const khonsu = await openStore()
    khonsu.transact((tx) => {
      for (let i = 0; i < 10; i++) tx.set(i, 0)
    })
    const reader = khonsu.startTransaction()
    expect(reader.read(0)).toBe(0)
    for (let i = 1; i <= 20; i++) khonsu.transact((tx) => tx.set(5, i))
    const { cells, chains } = khonsu.stats()
    expect(cells.count).toBe(10)
    expect(cells.buckets).toBeGreaterThanOrEqual(10)
    expect(chains).toMatchObject({ cellsSeen: 10 })
    expect(chains.longest).toBeGreaterThanOrEqual(1)
    expect(chains.average).toBeCloseTo(chains.longest / 10)
    reader.rollback()
    await khonsu.reclaim()
    expect(khonsu.stats().chains).toMatchObject({ longest: 0, average: 0 })
  })

  it('name who holds the horizon: the oldest snapshot', async () => {
    const khonsu = await openStore()
    const clock = (): number => khonsu.stats().horizon.clock
    const oldest = khonsu.startTransaction({ name: 'yearly report' })
    const younger = khonsu.startTransaction({ name: 'daily report' })
    const nameless = khonsu.startTransaction()
    const { horizon } = khonsu.stats()
    expect(horizon.holder).toMatchObject({ name: 'yearly report' })
    expect(horizon.lag).toBe(horizon.clock - (horizon.holder?.snapshot as number))
    expect(horizon.lag).toBeGreaterThan(0)
    oldest.commit()
    expect(khonsu.stats().horizon.holder).toMatchObject({ name: 'daily report' })
    younger.rollback()
    expect(khonsu.stats().horizon.holder?.name).toBeUndefined()
    expect(khonsu.stats().horizon.holder).toBeDefined()
    nameless.rollback()
    expect(khonsu.stats().horizon).toMatchObject({ lag: 0, holder: undefined })
    expect(clock()).toBeGreaterThan(0)
  })

  it('name the holder in another thread', async () => {
    const khonsu = await openStore({ workers: 1 })
    const job = new URL('../pool/jobs/hold-snapshot.mjs', import.meta.url)
    const held = khonsu.run(job, { name: 'held in a worker', lengthMs: 2_000 })
    await vi.waitFor(
      () => {
        expect(khonsu.stats().horizon.holder).toMatchObject({ name: 'held in a worker' })
      },
      { timeout: 10_000 },
    )
    await held
    expect(khonsu.stats().horizon.holder).toBeUndefined()
  })

  it('keep no name of a transaction that has ended', async () => {
    const khonsu = await openStore()
    khonsu.transact((tx) => tx.set('text', 'x'), { name: 'first' })
    khonsu.startTransaction({ name: 'second' }).rollback()
    const third = khonsu.startTransaction()
    expect(khonsu.stats().horizon.holder?.name).toBeUndefined()
    third.rollback()
  })
})
