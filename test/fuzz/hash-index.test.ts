/**
 * The hash index against a Map, through growth over several segments; and the same index under two
 * real threads that insert the same and different keys at once.
 */
import { once } from 'node:events'
import { Worker } from 'node:worker_threads'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { Arena } from '#dist/src/memory/arena.js'
import {
  BUCKET_COUNT_OFFSET,
  CELL_COUNT_OFFSET,
} from '../../native-layout/arena-header-descriptor.ts'
import { SEGMENT_BUCKETS_MIN } from '../../native-layout/index-descriptor.ts'
import { createArenas } from '../support/kernel-arena.ts'
import { testSeed } from '../support/random.ts'
import type { InserterSetup } from './jobs/inserter.mjs'

const MIB = 1024 * 1024
const INSERTER = new URL('./jobs/inserter.mjs', import.meta.url)

function write(arena: Arena, key: Uint8Array): number {
  arena.bytes.set(key, arena.scratch)
  return key.length
}

function keyOf({ kernel, bytes }: Arena, cell: number): string {
  const address = kernel.keyOf(cell) >>> 0
  const copy = bytes.slice(address, address + kernel.blockLength(address))
  return Buffer.from(copy).toString('latin1')
}

function counters({ u32 }: Arena): { cells: number; buckets: number } {
  return {
    cells: u32[CELL_COUNT_OFFSET >>> 2] as number,
    buckets: u32[BUCKET_COUNT_OFFSET >>> 2] as number,
  }
}

/** Short keys often share a prefix or differ in their length or in zeros at the end only. */
const key = fc.oneof(
  fc.uint8Array({ minLength: 1, maxLength: 4, max: 3 }),
  fc.uint8Array({ minLength: 1, maxLength: 24 }),
  fc.uint8Array({ minLength: 500, maxLength: 1_096 }),
)
const action = fc.record({ insert: fc.boolean(), thread: fc.nat(1), key })

describe('the hash index', () => {
  it('finds what was inserted, under one cell for each key, and nothing else', () => {
    fc.assert(
      fc.property(fc.array(action, { maxLength: 300, size: 'max' }), (all) => {
        const arenas = createArenas(4 * MIB, 2)
        const model = new Map<string, number>()
        for (const { insert, thread, key: bytes } of all) {
          const arena = arenas[thread] as Arena
          const name = Buffer.from(bytes).toString('latin1')
          const known = model.get(name) ?? 0
          expect(arena.kernel.lookUp(write(arena, bytes))).toBe(known)
          if (!insert) continue
          const cell = arena.kernel.lookUpOrInsert(write(arena, bytes))
          expect(cell).not.toBe(0)
          if (known !== 0) expect(cell).toBe(known)
          else expect([...model.values()]).not.toContain(cell)
          model.set(name, cell)
        }
        for (const [name, cell] of model) expect(keyOf(arenas[0] as Arena, cell)).toBe(name)
        expect(counters(arenas[0] as Arena).cells).toBe(model.size)
      }),
      { numRuns: 200, interruptAfterTimeLimit: 5_000 },
    )
  })

  it('grows over several segments and loses nothing', () => {
    const [one, two] = createArenas(64 * MIB, 2) as [Arena, Arena]
    const count = SEGMENT_BUCKETS_MIN * 20
    const cells: number[] = []
    for (let i = 0; i < count; i++) {
      const arena = i % 3 === 0 ? two : one
      cells.push(arena.kernel.lookUpOrInsert(write(arena, numbered(i))))
    }
    expect(new Set(cells).size).toBe(count)
    expect(counters(one).cells).toBe(count)
    expect(counters(one).buckets).toBeGreaterThanOrEqual(count)
    let wrong = 0
    for (const [i, cell] of cells.entries()) {
      if (two.kernel.lookUp(write(two, numbered(i))) !== cell) wrong++
      if (one.kernel.lookUp(write(one, numbered(i + count))) !== 0) wrong++
    }
    expect(wrong).toBe(0)
  })

  it('says when the arena is full, and finds what is in it', () => {
    const [arena] = createArenas(4 * MIB, 1) as [Arena]
    const cells: number[] = []
    for (;;) {
      const cell = arena.kernel.lookUpOrInsert(write(arena, numbered(cells.length)))
      if (cell === 0) break
      cells.push(cell)
    }
    expect(cells.length).toBeGreaterThan(10_000)
    for (const [i, cell] of cells.entries()) {
      expect(arena.kernel.lookUp(write(arena, numbered(i)))).toBe(cell)
    }
  })

  it('gives two threads one cell for a key that both insert at once', async () => {
    const seed = testSeed()
    for (let round = 0; round < 8; round++) {
      const [arena] = createArenas(64 * MIB, 1) as [Arena]
      const gate = new Int32Array(new SharedArrayBuffer(4))
      const setups = [0, 1].map(
        (worker): InserterSetup => ({
          memory: arena.memory,
          gate,
          seed: seed + round * 2 + worker,
          worker,
          sharedCount: 20_000,
          ownCount: 5_000,
        }),
      )
      const found = await Promise.all(setups.map(insertInThread))
      const [one, two] = found as [Int32Array, Int32Array]
      const shared = one.subarray(0, 20_000)
      expect(Buffer.compare(bytesOf(shared), bytesOf(two.subarray(0, 20_000)))).toBe(0)
      expect(new Set([...one, ...two]).size).toBe(30_000)
      expect(counters(arena).cells).toBe(30_000)
      let wrong = 0
      for (let i = 0; i < 20_000; i++) {
        if (arena.kernel.lookUp(write(arena, numbered(i))) !== shared[i]) wrong++
      }
      expect(wrong).toBe(0)
    }
  })
})

function bytesOf(cells: Int32Array): Uint8Array {
  return new Uint8Array(cells.buffer, cells.byteOffset, cells.byteLength)
}

function numbered(i: number): Uint8Array {
  return Buffer.from(`key ${i}`)
}

async function insertInThread(setup: InserterSetup): Promise<Int32Array> {
  const worker = new Worker(INSERTER, { workerData: setup })
  const [cells] = (await once(worker, 'message')) as [Int32Array]
  return cells
}
