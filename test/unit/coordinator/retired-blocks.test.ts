import type { Khonsu } from 'khonsu'
import { describe, expect, it } from 'vitest'
import { contents } from '../../support/contents.ts'
import { openStore } from '../../support/store.ts'
import { thrownBy } from '../../support/thrown.ts'

/** Blocks that a thread's queue has room for. */
const QUEUE_LENGTH = 256

function blocksUsed(khonsu: Khonsu): number {
  const { byClass } = khonsu.stats().memory
  return byClass
    .filter(({ name }) => name.startsWith('blocks'))
    .reduce((sum, { blocksUsed }) => sum + blocksUsed, 0)
}

function overwrite(khonsu: Khonsu, times: number, length = 40): void {
  for (let i = 0; i < times; i++) {
    khonsu.transact((tx) => tx.set('text', `${i} `.padEnd(length, '.')))
  }
}

/** Runs an action while a transaction stands on the present value of `text`, and gives that up. */
function whileReading(khonsu: Khonsu, action: () => void): void {
  const stop = new Error('enough')
  const error = thrownBy(() =>
    khonsu.transact((tx) => {
      tx.get('text')
      action()
      throw stop
    }),
  )
  expect(error).toBe(stop)
}

describe('a replaced value that is no number', () => {
  it('leaves no version and is given back soon, when nobody reads old versions', async () => {
    const khonsu = await openStore()
    overwrite(khonsu, 1)
    const before = blocksUsed(khonsu)
    overwrite(khonsu, 10_000)
    expect(blocksUsed(khonsu) - before).toBeLessThan(QUEUE_LENGTH)
    expect(khonsu.stats().chains).toMatchObject({ longest: 0, pushed: 0 })
    await khonsu.reclaim()
    expect(blocksUsed(khonsu)).toBe(before)
  })

  it('stays in memory while a transaction is open that may be copying it', async () => {
    const khonsu = await openStore()
    overwrite(khonsu, 1)
    await khonsu.reclaim()
    const before = blocksUsed(khonsu)
    whileReading(khonsu, () => {
      overwrite(khonsu, 200)
      expect(blocksUsed(khonsu) - before).toBe(200)
    })
    await khonsu.reclaim()
    expect(blocksUsed(khonsu)).toBe(before)
  })

  it('is kept as a version when the queue is full', async () => {
    const khonsu = await openStore()
    overwrite(khonsu, 1)
    await khonsu.reclaim()
    const before = blocksUsed(khonsu)
    whileReading(khonsu, () => {
      overwrite(khonsu, 1_000)
      expect(blocksUsed(khonsu) - before).toBe(1_000)
      expect(khonsu.stats().chains.longest).toBe(1_000 - QUEUE_LENGTH)
    })
    await khonsu.reclaim()
    expect(blocksUsed(khonsu)).toBe(before)
    expect(khonsu.stats().chains.longest).toBe(0)
  })

  it('is kept as a version when it is long, so that an idle thread holds little', async () => {
    const khonsu = await openStore()
    overwrite(khonsu, 1, 5_000)
    await khonsu.reclaim()
    const before = blocksUsed(khonsu)
    overwrite(khonsu, 10, 5_000)
    expect(khonsu.stats().chains.pushed).toBeGreaterThan(0)
    await khonsu.reclaim()
    expect(blocksUsed(khonsu)).toBe(before)
  })

  it('is kept as a version for snapshots that read old versions', async () => {
    const khonsu = await openStore()
    overwrite(khonsu, 1)
    const text = contents(khonsu, ['text'])
    const snapshot = khonsu.startTransaction({ isolation: 'repeatable-read' })
    overwrite(khonsu, 300)
    expect([snapshot.read('text')]).toEqual(text)
    snapshot.commit()
    await khonsu.reclaim()
    expect(khonsu.stats().chains.longest).toBe(0)
  })
})
