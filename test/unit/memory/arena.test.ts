import { describe, expect, it } from 'vitest'
import { contents } from '../../support/contents.ts'
import { MIB, openStore } from '../../support/store.ts'

const GIB = 1024 * MIB

describe('a large arena', () => {
  it('serves addresses up to 4 GiB', async () => {
    const khonsu = await openStore({ memory: 4 * GIB })
    const { kernel } = khonsu.session.arena
    // Blocks that nobody touches cost no real memory; they push what comes next to the top.
    for (const length of [GIB, GIB, GIB, 0.98 * GIB]) expect(kernel.takeData(length)).not.toBe(0)
    khonsu.transact((tx) => {
      for (let i = 0; i < 2_000; i++) {
        tx.set(i, 'x'.repeat(i))
        tx.set(['json', i], { i, text: '€' })
        tx.set(['number', i], -i)
      }
    })
    const reader = khonsu.startTransaction({ isolation: 'repeatable-read', name: 'above 3 GiB' })
    khonsu.transact((tx) => {
      for (let i = 0; i < 2_000; i++) tx.set(i, 'y'.repeat(i))
    })
    let wrong = 0
    for (let i = 0; i < 2_000; i++) {
      if (reader.read(i) !== 'x'.repeat(i)) wrong++
      if (reader.read(['number', i]) !== (i === 0 ? -0 : -i)) wrong++
    }
    expect(wrong).toBe(0)
    expect(khonsu.stats().horizon.holder).toMatchObject({ name: 'above 3 GiB' })
    reader.rollback()
    await khonsu.reclaim()
    expect(contents(khonsu, [1_999, ['json', 1_999]])).toEqual([
      'y'.repeat(1_999),
      { i: 1_999, text: '€' },
    ])
  })

  it('is filled to its last page', async () => {
    const khonsu = await openStore({ memory: 4 * GIB })
    const { kernel } = khonsu.session.arena
    let free = 4 * GIB
    while (free >= 65_536) {
      while (kernel.takeData(free - 8) !== 0) {}
      free /= 2
    }
    const { usedBytes, arenaBytes } = khonsu.stats().memory
    expect(arenaBytes - usedBytes).toBeLessThan(2 * 65_536)
  })

  it('takes real memory only for what is used', async () => {
    const before = process.memoryUsage().rss
    const khonsu = await openStore({ memory: 2 * GIB })
    khonsu.transact((tx) => tx.set('a', 'b'))
    expect(process.memoryUsage().rss - before).toBeLessThan(200 * MIB)
  })
})

describe('a value in a span of pages', () => {
  it('gives its pages back when it is replaced or deleted', async () => {
    const khonsu = await openStore({ memory: 32 * MIB })
    for (let i = 0; i < 40; i++) {
      const bytes = new Uint8Array(3 * MIB + i * 10_000).fill(i)
      khonsu.transact((tx) => tx.set('large', bytes))
      const [found] = contents(khonsu, ['large']) as [Uint8Array]
      expect(found.length).toBe(bytes.length)
      expect(Buffer.compare(found, bytes)).toBe(0)
      if (i % 3 === 0) khonsu.transact((tx) => tx.delete('large'))
    }
  })

  it('is copied whole even when it is deleted right after', async () => {
    const khonsu = await openStore({ memory: 32 * MIB })
    khonsu.transact((tx) => tx.set('large', 'x'.repeat(2 * MIB)))
    const reader = khonsu.startTransaction({ isolation: 'repeatable-read' })
    khonsu.transact((tx) => tx.delete('large'))
    await khonsu.reclaim()
    khonsu.transact((tx) => tx.set('other', 'y'.repeat(2 * MIB)))
    expect(reader.read('large') === 'x'.repeat(2 * MIB)).toBe(true)
    reader.rollback()
  })
})
