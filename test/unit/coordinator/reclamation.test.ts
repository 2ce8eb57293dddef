import type { Khonsu, Ref } from 'khonsu'
import { describe, expect, it } from 'vitest'
import { MIB, openStore } from '../../support/store.ts'

function versionsUsed(khonsu: Khonsu): number {
  const { byClass } = khonsu.stats().memory
  return byClass.find(({ name }) => name === 'versions')?.blocksUsed ?? 0
}

function refsOf(khonsu: Khonsu, count: number): Ref<number>[] {
  return Array.from({ length: count }, (_, i) => khonsu.ref<number>(['cell', i]))
}

/** Writes each cell so many times while snapshots need the versions. */
function pushVersions(khonsu: Khonsu, refs: readonly Ref<number>[], times: number): void {
  const readers = Array.from({ length: times }, (_, i) => {
    for (const ref of refs) khonsu.transact((tx) => tx.set(ref, i))
    return khonsu.startTransaction({ isolation: 'repeatable-read' })
  })
  for (const ref of refs) khonsu.transact((tx) => tx.set(ref, times))
  for (const reader of readers) reader.rollback()
}

describe('reclaim', () => {
  it('gives back all versions that no snapshot needs, and says how many', async () => {
    const khonsu = await openStore()
    const refs = refsOf(khonsu, 100)
    pushVersions(khonsu, refs, 5)
    const used = versionsUsed(khonsu)
    expect(used).toBeGreaterThan(100)
    expect(await khonsu.reclaim()).toBeGreaterThan(0)
    expect(versionsUsed(khonsu)).toBe(0)
    expect(await khonsu.reclaim()).toBe(0)
  })

  it('leaves what an open snapshot needs', async () => {
    const khonsu = await openStore()
    const refs = refsOf(khonsu, 100)
    for (const ref of refs) khonsu.transact((tx) => tx.set(ref, -1))
    const reader = khonsu.startTransaction({ isolation: 'repeatable-read' })
    pushVersions(khonsu, refs, 5)
    await khonsu.reclaim()
    for (const ref of refs) expect(reader.read(ref)).toBe(-1)
    reader.rollback()
  })

  it('leaves between two snapshots no version that neither of them sees', async () => {
    const khonsu = await openStore()
    const refs = refsOf(khonsu, 100)
    const writeAll = (value: number): void => {
      for (const ref of refs) khonsu.transact((tx) => tx.set(ref, value))
    }
    writeAll(0)
    const snapshots: [number, ReturnType<Khonsu['startTransaction']>][] = []
    for (let value = 1; value <= 500; value++) {
      writeAll(value)
      if (value % 125 !== 0) continue
      snapshots.push([value, khonsu.startTransaction({ isolation: 'repeatable-read' })])
    }
    writeAll(-1)
    await khonsu.reclaim()
    expect(versionsUsed(khonsu)).toBe(refs.length * snapshots.length)
    for (const [value, snapshot] of snapshots) {
      expect(refs.map((ref) => snapshot.read(ref))).toEqual(refs.map(() => value))
    }
    // The second snapshot ends: only what it alone saw goes.
    snapshots.splice(1, 1)[0]?.[1].rollback()
    await khonsu.reclaim()
    expect(versionsUsed(khonsu)).toBe(refs.length * snapshots.length)
    for (const [value, snapshot] of snapshots) {
      expect(refs.map((ref) => snapshot.read(ref))).toEqual(refs.map(() => value))
      snapshot.rollback()
    }
  })

  it('leaves few versions behind without help, while one snapshot stays open', async () => {
    const khonsu = await openStore()
    const refs = refsOf(khonsu, 100)
    for (const ref of refs) khonsu.transact((tx) => tx.set(ref, -1))
    const reader = khonsu.startTransaction({ isolation: 'repeatable-read' })
    // A loop that gives the coordinator no time: its thread has one, but sees the same versions.
    for (let i = 0; i < 1_000; i++) {
      for (const ref of refs) khonsu.transact((tx) => tx.set(ref, i))
    }
    expect(versionsUsed(khonsu)).toBeLessThan(refs.length * 4)
    expect(refs.map((ref) => reader.read(ref))).toEqual(refs.map(() => -1))
    reader.rollback()
  })

  it('keeps all that more snapshots see than a thread lists', async () => {
    const khonsu = await openStore()
    const ref = khonsu.ref<number>('cell')
    const snapshots = Array.from({ length: 100 }, (_, value) => {
      for (let i = 0; i < 20; i++) khonsu.transact((tx) => tx.set(ref, value + i / 100))
      khonsu.transact((tx) => tx.set(ref, value))
      return khonsu.startTransaction({ isolation: 'repeatable-read' })
    })
    for (let i = 0; i < 1_000; i++) khonsu.transact((tx) => tx.set(ref, -i))
    await khonsu.reclaim()
    expect(snapshots.map((snapshot) => snapshot.read(ref))).toEqual(snapshots.map((_, i) => i))
    for (const snapshot of snapshots) snapshot.rollback()
    await khonsu.reclaim()
    expect(versionsUsed(khonsu)).toBe(0)
  })

  it('is done in the background, too, by and by', async () => {
    const khonsu = await openStore()
    pushVersions(khonsu, refsOf(khonsu, 100), 5)
    const startedMs = performance.now()
    while (versionsUsed(khonsu) > 0 && performance.now() - startedMs < 5_000) {
      await new Promise((resolve) => setTimeout(resolve, 20))
    }
    expect(versionsUsed(khonsu)).toBe(0)
    const report = await khonsu.coordinatorReport()
    expect(report?.steps).toBeGreaterThan(0)
    expect(report?.swept).toBeGreaterThan(0)
    expect(report?.snapshotsRevoked).toBe(0)
  })

  it('lets the threads that write have the versions again that the coordinator swept', async () => {
    const khonsu = await openStore({ memory: 64 * MIB })
    const refs = refsOf(khonsu, 1_000)
    const round = async (): Promise<number> => {
      pushVersions(khonsu, refs, 10)
      await khonsu.reclaim()
      return khonsu.stats().memory.usedBytes
    }
    await round()
    const after = await round()
    for (let i = 0; i < 10; i++) await round()
    // A few pages more or less: batches of free blocks wander between the threads.
    expect(await round()).toBeLessThan(after + MIB)
  })

  it('lets blocks of one thread be used by another', async () => {
    const khonsu = await openStore({ memory: 16 * MIB, workers: 1 })
    const job = new URL('../pool/jobs/fill.mjs', import.meta.url)
    // Each round writes 8 MB in one thread and deletes them in the other.
    for (let round = 0; round < 6; round++) {
      await khonsu.run(job, { count: 8_000, length: 1_000 })
      khonsu.transact((tx) => {
        for (let i = 0; i < 8_000; i++) tx.delete(i)
      })
      await khonsu.reclaim()
    }
  })
})
