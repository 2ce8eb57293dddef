import { describe, expect, it } from 'vitest'
import { encodeKey } from '#dist/src/values/key-encoding.js'
import { BLOCK_HASH_DISTANCE } from '../../../native-layout/block-descriptor.ts'
import { createArenas } from '../../support/kernel-arena.ts'
import { MIB, openStore } from '../../support/store.ts'

/** Keys whose hashes, read from right to left, lie behind all others: with all 32 bits, and with 31. */
const LAST_KEYS = ['attack nG9"R&5', 'attack \u0019\u001a\u000f\u000b_\u001fT']

describe('an index that grows into memory that was used before', () => {
  it('finds every key', () => {
    const [arena] = createArenas(4 * MIB, 1)
    if (arena === undefined) throw new Error('no arena')
    const { kernel, bytes, scratch } = arena
    const spans: number[] = []
    for (const length of [1_000_000, 200_000, 60_000]) {
      for (let span = 0; ; spans.push(span)) {
        span = kernel.takeData(length) >>> 0
        if (span === 0) break
        bytes.fill(0x41, span, span + length)
      }
    }
    for (const span of spans) kernel.giveData(span)
    const cells = Array.from({ length: 10_000 }, (_, i) =>
      kernel.lookUpOrInsert(encodeKey(i, bytes, scratch)),
    )
    expect(new Set(cells).size).toBe(cells.length)
    for (const [i, cell] of cells.entries()) {
      expect(kernel.lookUp(encodeKey(i, bytes, scratch))).toBe(cell)
    }
  })
})

describe('the end of the list of cells', () => {
  it('is not taken for a cell by keys that lie next to it', async () => {
    const khonsu = await openStore()
    for (const key of LAST_KEYS) expect(khonsu.transact((tx) => tx.get(key))).toBeUndefined()
    for (const key of LAST_KEYS) khonsu.transact((tx) => tx.set(key, key.length))
    for (const key of LAST_KEYS) expect(khonsu.transact((tx) => tx.get(key))).toBe(key.length)
    for (const key of LAST_KEYS) expect(khonsu.transact((tx) => tx.delete(key))).toBe(true)
    await khonsu.reclaim()
    for (const key of LAST_KEYS) expect(khonsu.transact((tx) => tx.get(key))).toBeUndefined()
  })

  it('holds the keys that are meant', () => {
    const [arena] = createArenas(4 * MIB, 1)
    if (arena === undefined) throw new Error('no arena')
    const { kernel, bytes, scratch, u32 } = arena
    for (const key of LAST_KEYS) {
      const cell = kernel.lookUpOrInsert(encodeKey(key, bytes, scratch))
      const block = kernel.keyOf(cell) >>> 0
      const hash = u32[(block - BLOCK_HASH_DISTANCE) >>> 2] as number
      expect(hash | 0x80000000).toBe(-1)
    }
  })
})
