/** Threads that are thrown out of the store and live on: nothing is lost, nothing stays locked (I-8). */
import { createContext, runInContext } from 'node:vm'
import { ArenaFullError, type Khonsu, record, StoreClosedError } from 'khonsu'
import { describe, expect, it } from 'vitest'
import { expectWritable } from '../support/contents.ts'
import { randomFrom, testSeed } from '../support/random.ts'
import { MIB, openStore } from '../support/store.ts'

const ACCOUNTS = 40
const TOTAL = ACCOUNTS * 1_000
const OVERFLOWS = 200
const TIMEOUTS = 200

type WriteAgain = typeof import('./jobs/write-again.mjs')

const NOTE = record({ at: 'float64', count: 'uint32' })

function keys(): string[] {
  return Array.from({ length: ACCOUNTS }, (_, i) => `account ${i}`)
}

/** A store with money in it, and texts and records that are replaced with each transfer. */
async function openBank(): Promise<Khonsu> {
  const khonsu = await openStore({ memory: 64 * MIB })
  khonsu.transact((tx) => {
    for (const key of keys()) tx.set(key, 1_000)
    tx.set('text', 'begin')
    tx.set(khonsu.ref('note', NOTE), { at: 0, count: 0 })
  })
  return khonsu
}

function transferFor(khonsu: Khonsu, seed: number): () => void {
  const random = randomFrom(seed)
  const note = khonsu.ref('note', NOTE, { at: 0, count: 0 })
  const refs = keys().map((key) => khonsu.ref<number>(key))
  return () => {
    const from = refs[random() % ACCOUNTS]
    const to = refs[random() % ACCOUNTS]
    const amount = random() % 100
    if (from === undefined || to === undefined || from === to) return
    khonsu.transact((tx) => {
      tx.set(from, (tx.get(from) ?? 0) - amount)
      tx.set(to, (tx.get(to) ?? 0) + amount)
      tx.set('text', `moved ${amount}`)
      const view = tx.modify(note)
      view.at = amount
      view.count += 1
    })
  }
}

function sumOf(khonsu: Khonsu): number {
  return khonsu.transact((tx) => keys().reduce((sum, key) => sum + Number(tx.get(key)), 0))
}

function blocksUsed(khonsu: Khonsu): number {
  return khonsu.stats().memory.byClass.reduce((sum, { blocksUsed }) => sum + blocksUsed, 0)
}

/** The money is there, everything can be written, memory and snapshots are given back. */
async function expectWhole(khonsu: Khonsu, usedBefore: number, lost: number): Promise<void> {
  expect(sumOf(khonsu)).toBe(TOTAL)
  expectWritable(khonsu, [...keys(), 'text'])
  // The turn of the event loop ends: what is on no stack is given up.
  await new Promise((resolve) => setTimeout(resolve, 5))
  expect(khonsu.stats().horizon.holder).toBeUndefined()
  await khonsu.reclaim()
  expect(blocksUsed(khonsu) - usedBefore).toBeLessThanOrEqual(lost)
}

describe('a stack overflow', () => {
  it('in any call leaves each transaction whole or undone', async () => {
    const khonsu = await openBank()
    const transfer = transferFor(khonsu, testSeed())
    for (let i = 0; i < 1_000; i++) transfer()
    await khonsu.reclaim()
    const before = blocksUsed(khonsu)
    let overflows = 0
    const dive = (): void => {
      transfer()
      dive()
    }
    const pad = (depth: number): void => {
      if (depth === 0) dive()
      else pad(depth - 1)
    }
    for (let i = 0; overflows < OVERFLOWS; i++) {
      try {
        // A few frames more or less: the end of the stack meets another instruction.
        pad(i % 97)
      } catch (error) {
        if (!(error instanceof RangeError)) throw error
        overflows++
      }
      if (i % 10 === 0) expect(sumOf(khonsu)).toBe(TOTAL)
    }
    await expectWhole(khonsu, before, OVERFLOWS)
  })

  it('in an explicit commit leaves it whole or undone, also when it is rolled back after that', async () => {
    const khonsu = await openBank()
    const random = randomFrom(testSeed())
    let overflows = 0
    const dive = (): void => {
      const [a, b] = [keys()[random() % 20], keys()[20 + (random() % 20)]] as [string, string]
      const transaction = khonsu.startTransaction()
      try {
        transaction.write(a, Number(transaction.read(a)) - 1)
        transaction.write(b, Number(transaction.read(b)) + 1)
        transaction.commit()
      } finally {
        transaction.rollback()
      }
      dive()
    }
    while (overflows < 20) {
      try {
        dive()
      } catch (error) {
        if (!(error instanceof RangeError)) throw error
        overflows++
      }
      expect(sumOf(khonsu)).toBe(TOTAL)
      expectWritable(khonsu, keys())
    }
  })
})

describe('a timeout of vm', () => {
  it('at any instruction leaves each transaction whole or undone', async () => {
    const khonsu = await openBank()
    const transfer = transferFor(khonsu, testSeed())
    for (let i = 0; i < 1_000; i++) transfer()
    await khonsu.reclaim()
    const before = blocksUsed(khonsu)
    const context = createContext({ transfer })
    let timeouts = 0
    while (timeouts < TIMEOUTS) {
      try {
        runInContext('for (;;) transfer()', context, { timeout: 1 + (timeouts % 3) })
      } catch (error) {
        if ((error as { code?: string }).code !== 'ERR_SCRIPT_EXECUTION_TIMEOUT') throw error
        timeouts++
      }
      expect(sumOf(khonsu)).toBe(TOTAL)
      if (timeouts % 20 === 0) await new Promise((resolve) => setTimeout(resolve, 1))
    }
    await expectWhole(khonsu, before, TIMEOUTS)
    await khonsu.close()
    // A transfer from an account to itself does nothing.
    const transfers = (): void => {
      for (let i = 0; i < 10; i++) transfer()
    }
    expect(transfers).toThrow(StoreClosedError)
  })

  it('while memory is reclaimed leaves nothing locked that another thread would wait for', async () => {
    const khonsu = await openStore({ workers: 1, memory: 4 * MIB })
    const writeAgain = new URL('./jobs/write-again.mjs', import.meta.url)
    // The thread attaches while there is room.
    await khonsu.run<WriteAgain>(writeAgain, [])
    const small = Array.from({ length: 2_000 }, (_, i) => ['small', i])
    khonsu.transact((tx) => {
      for (const key of small) tx.set(key, 1)
    })
    const reader = khonsu.startTransaction({ isolation: 'repeatable-read' })
    reader.read(small[0] ?? 'none')
    const random = randomFrom(testSeed())
    let full = 0
    const fill = (): void => {
      try {
        khonsu.transact((tx) => tx.set(`big ${random() % 100}`, 'x'.repeat(60_000)))
      } catch (error) {
        if (!(error instanceof ArenaFullError)) throw error
        full++
      }
    }
    while (full === 0) fill()
    const context = createContext({ fill })
    for (let timeouts = 0; timeouts < TIMEOUTS; timeouts++) {
      expect(() =>
        runInContext('for (;;) fill()', context, { timeout: 1 + (timeouts % 3) }),
      ).toThrow(/timed out/)
    }
    reader.rollback()
    for (let i = 0; i < 100; i++) khonsu.transact((tx) => tx.delete(`big ${i}`))
    await khonsu.reclaim()
    expect(await khonsu.run<WriteAgain>(writeAgain, small)).toBe(small.length)
    expect(khonsu.stats().horizon.holder).toBeUndefined()
  })

  it('in sweeps leaves no slot taken for ever', async () => {
    const khonsu = await openStore({ memory: 8 * MIB })
    khonsu.transact((tx) => {
      for (let i = 0; i < 2_000; i++) tx.set(i, 1)
    })
    const { session } = khonsu
    const context = createContext({ sweep: () => session.reclaim() })
    for (let timeouts = 0; timeouts < TIMEOUTS; timeouts++) {
      expect(() => runInContext('for (;;) sweep()', context, { timeout: 1 })).toThrow(/timed out/)
      await new Promise((resolve) => setImmediate(resolve))
    }
    // Some of those that were interrupted last wait until nobody can hold them any more.
    expect(session.kernel.slotCount()).toBeLessThan(TIMEOUTS / 2)
    expectWritable(khonsu, [0, 1_999])
  })
})
