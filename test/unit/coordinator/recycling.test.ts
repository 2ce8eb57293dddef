/** Memory of keys that were deleted, or never got a value, serves other keys. */
import { ArenaFullError, type Khonsu } from 'khonsu'
import { describe, expect, it } from 'vitest'
import { MIB, openStore, until } from '../../support/store.ts'
import { thrownBy } from '../../support/thrown.ts'

const KEY_COUNT = 2_000

/** Free blocks of a class that a thread may keep to itself. */
const FREE_BLOCKS_KEPT = 128

function cellsUsed(khonsu: Khonsu): number {
  const { byClass } = khonsu.stats().memory
  return byClass.find(({ name }) => name === 'cells')?.blocksUsed ?? 0
}

function blocksUsed(khonsu: Khonsu): number {
  const { byClass } = khonsu.stats().memory
  const blocks = byClass.filter(({ name }) => name.startsWith('blocks of'))
  return blocks.reduce((sum, { blocksUsed }) => sum + blocksUsed, 0)
}

function fillUp(khonsu: Khonsu, name: string): number {
  for (let i = 0; ; i++) {
    try {
      khonsu.transact((tx) => tx.set([name, i], i))
    } catch (error) {
      expect(error).toBeInstanceOf(ArenaFullError)
      return i
    }
  }
}

describe('cells of deleted keys', () => {
  it('are given back by reclaim, and their keys with them', async () => {
    const khonsu = await openStore()
    const cells = cellsUsed(khonsu)
    const blocks = blocksUsed(khonsu)
    for (let i = 0; i < KEY_COUNT; i++) khonsu.transact((tx) => tx.set(['key', i], i))
    expect(cellsUsed(khonsu)).toBe(cells + KEY_COUNT)
    for (let i = 0; i < KEY_COUNT; i++) khonsu.transact((tx) => tx.delete(['key', i]))
    expect(await khonsu.reclaim()).toBeGreaterThan(0)
    expect(cellsUsed(khonsu)).toBe(cells)
    expect(blocksUsed(khonsu)).toBe(blocks)
    expect(khonsu.transact((tx) => tx.get(['key', 0]))).toBeUndefined()
  })

  it('are given back while nobody asks for it', async () => {
    const khonsu = await openStore()
    khonsu.transact((tx) => tx.set('kept', 1))
    const cells = cellsUsed(khonsu)
    khonsu.transact((tx) => tx.set('gone', 1))
    khonsu.transact((tx) => tx.delete('gone'))
    await until(() => cellsUsed(khonsu) === cells)
    expect(khonsu.transact((tx) => tx.get('kept'))).toBe(1)
  })

  it('serve as many new keys, again and again', async () => {
    const khonsu = await openStore({ memory: 4 * MIB })
    const count = fillUp(khonsu, 'first')
    expect(count).toBeGreaterThan(1_000)
    for (const [old, next] of [
      ['first', 'other'],
      ['other', 'third'],
      ['third', 'first'],
    ] as const) {
      for (let i = 0; i < count; i++) khonsu.transact((tx) => tx.delete([old, i]))
      // Nobody has to ask: who finds no room looks for it. Other threads keep a few free blocks.
      const again = count - FREE_BLOCKS_KEPT
      for (let i = 0; i < again; i++) khonsu.transact((tx) => tx.set([next, i], -i))
      for (let i = 0; i < again; i++) {
        expect(khonsu.transact((tx) => [tx.get([old, i]), tx.get([next, i])])).toEqual([
          undefined,
          -i,
        ])
      }
    }
  })

  it('stay while a snapshot sees what the keys held', async () => {
    const khonsu = await openStore()
    khonsu.transact((tx) => tx.set('key', 'value'))
    const cells = cellsUsed(khonsu)
    const reader = khonsu.startTransaction({ isolation: 'repeatable-read' })
    khonsu.transact((tx) => tx.delete('key'))
    await khonsu.reclaim()
    expect(cellsUsed(khonsu)).toBe(cells)
    expect(reader.read('key')).toBe('value')
    reader.rollback()
    await khonsu.reclaim()
    expect(cellsUsed(khonsu)).toBe(cells - 1)
  })

  it('are refound by refs, lists of refs and keys that were used before', async () => {
    const khonsu = await openStore()
    const ref = khonsu.ref<number>('key')
    const list = khonsu.refs(['key', 'other'])
    for (let round = 0; round < 5; round++) {
      khonsu.transact((tx) => tx.set('key', round))
      const read = () => khonsu.transact((tx) => [tx.get(ref), tx.getAt(list, 0), tx.get('key')])
      expect(read()).toEqual([round, round, round])
      khonsu.transact((tx) => tx.delete(round % 2 === 0 ? ref : 'key'))
      await khonsu.reclaim()
      khonsu.transact((tx) => tx.set(['another', round], -1))
      expect(read()).toEqual([undefined, undefined, undefined])
      khonsu.transact((tx) => (round % 2 === 0 ? tx.set(ref, 7) : tx.setAt(list, 0, 7)))
      expect(read()).toEqual([7, 7, 7])
    }
  })

  it('are not made by reading what is not there', async () => {
    const khonsu = await openStore()
    const cells = cellsUsed(khonsu)
    const ref = khonsu.ref('missing', undefined, 5)
    const list = khonsu.refs(['missing', 'missing too'])
    expect(khonsu.transact((tx) => tx.get(ref))).toBe(5)
    expect(khonsu.transact((tx) => tx.getAt(list, 1))).toBeUndefined()
    expect(khonsu.transact((tx) => [tx.get('missing'), tx.has(ref)])).toEqual([undefined, false])
    expect(khonsu.transact((tx) => tx.delete('missing'))).toBe(false)
    expect(cellsUsed(khonsu)).toBe(cells)
  })
})

describe('cells of keys that never got a value', () => {
  it('are given back once no transaction is as old', async () => {
    const khonsu = await openStore({ maxSnapshotAgeMs: 50 })
    const cells = cellsUsed(khonsu)
    const wrong = thrownBy(() =>
      khonsu.transact((tx) => {
        for (let i = 0; i < KEY_COUNT; i++) tx.set(['key', i], i)
        throw new RangeError('not now')
      }),
    )
    expect(wrong).toBeInstanceOf(RangeError)
    expect(cellsUsed(khonsu)).toBe(cells + KEY_COUNT)
    await until(() => cellsUsed(khonsu) === cells)
  })

  it('stay for a transaction that is still open', async () => {
    const khonsu = await openStore()
    const writer = khonsu.startTransaction()
    for (let i = 0; i < KEY_COUNT; i++) writer.write(['key', i], i)
    for (let i = 0; i < 5; i++) await khonsu.reclaim()
    writer.commit()
    for (let i = 0; i < KEY_COUNT; i++) expect(khonsu.transact((tx) => tx.get(['key', i]))).toBe(i)
  })
})
