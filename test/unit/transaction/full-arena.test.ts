/** In a full arena: what a transaction reads takes memory, too, and so do deletes. */
import { ArenaFullError, type Khonsu, TransactionConflictError } from 'khonsu'
import { describe, expect, it } from 'vitest'
import { MIB, openStore } from '../../support/store.ts'

const FILL_JOB = new URL('./jobs/fill-job.mjs', import.meta.url)
const KEY_COUNT = 60

/** Entries that fit into a slot, and a few more. */
const READ_COUNT = 40

/** Fills the arena but for what was retired: one block of 600 bytes. */
async function openFull(): Promise<Khonsu> {
  const khonsu = await openStore({ memory: 4 * MIB, workers: 0 })
  khonsu.transact((tx) => {
    for (let i = 0; i < 15; i++) tx.set(`k${String(i).padStart(2, '0')}0`, i)
  })
  for (let i = 0; i < KEY_COUNT; i++) khonsu.transact((tx) => tx.set(`z${i}`, i))
  khonsu.transact((tx) => tx.set('zb0', 'a'.repeat(600)))
  for (const length of [60_000, 600]) fill(khonsu, length)
  khonsu.transact((tx) => tx.set('zb0', 1))
  return khonsu
}

function fill(khonsu: Khonsu, length: number): void {
  for (let i = 0; ; i++) {
    try {
      khonsu.transact((tx) => tx.set(`zf${length}_${i}`, 'x'.repeat(length)))
    } catch (error) {
      expect(error).toBeInstanceOf(ArenaFullError)
      return
    }
  }
}

describe('in a full arena', () => {
  it('a thread that has never written can delete', async () => {
    const khonsu = await openStore({ memory: 8 * MIB, workers: 1 })
    expect(khonsu.transact((tx) => tx.get('full:0'))).toBeUndefined()
    const count = await khonsu.run<typeof import('./jobs/fill-job.mjs')>(FILL_JOB, 600)
    expect(count).toBeGreaterThan(10)
    for (let i = 0; i < count; i++) {
      expect(khonsu.transact((tx) => tx.delete(`full:${i}`))).toBe(true)
    }
  })

  it('a commit reclaims the versions that it needs', async () => {
    const count = 2_000
    const khonsu = await openStore({ memory: 8 * MIB, workers: 0 })
    const setAll = (name: string, value: number): void =>
      khonsu.transact((tx) => {
        for (let i = 0; i < count; i++) tx.set(`${name}${i}`, value)
      })
    setAll('a', 1)
    setAll('b', 1)
    const reader = khonsu.startTransaction({ readOnly: true })
    expect(reader.read('b0')).toBe(1)
    setAll('b', 2)
    const one = khonsu.startTransaction({ isolation: 'serializable' })
    for (let i = 0; i < count; i++) one.write(`a${i}`, 2)
    for (const length of [60_000, 600]) fill(khonsu, length)
    reader.rollback()
    one.commit()
    expect(khonsu.transact((tx) => tx.get(`a${count - 1}`))).toBe(2)
  })

  it('reads reclaim what they need', async () => {
    const khonsu = await openFull()
    const sum = khonsu.transact((tx) => {
      let total = 0
      for (let i = 0; i < READ_COUNT; i++) total += Number(tx.get(`z${i}`))
      return total
    })
    expect(sum).toBe((READ_COUNT * (READ_COUNT - 1)) / 2)
  })

  it('an insert that splits a leaf which was scanned keeps both halves read', async () => {
    const range = { gte: 'k', lt: 'l' }
    // The access set is full at one of them, and has to grow for the right half.
    for (let reads = 0; reads < 12; reads++) {
      const khonsu = await openFull()
      const one = khonsu.startTransaction({ isolation: 'serializable' })
      expect([...one.scan(range)]).toHaveLength(15)
      for (let i = 0; i < reads; i++) one.read(`z${i}`)
      one.write('k075', 1)
      const other = khonsu.startTransaction({ isolation: 'serializable' })
      expect([...other.scan(range)]).toHaveLength(15)
      other.write('k135', 1)
      other.commit()
      expect(() => one.commit(), `after ${reads} reads`).toThrow(TransactionConflictError)
    }
  })
})
