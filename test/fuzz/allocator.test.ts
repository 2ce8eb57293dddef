/**
 * The allocator against a plain list of what is taken: blocks never overlap, keep their content, and
 * come back to whoever needs them. Two instances of the kernel take and give in turn, as two threads.
 */
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { Arena } from '#dist/src/memory/arena.js'
import { BLOCK_PREFIX_LENGTH } from '../../native-layout/block-descriptor.ts'
import { PAGE_LENGTH } from '../../native-layout/page-descriptor.ts'
import { createArenas } from '../support/kernel-arena.ts'
import { randomFrom } from '../support/random.ts'

const MIB = 1024 * 1024

interface Block {
  readonly address: number
  readonly length: number
  readonly mark: number
}

/** What is taken, and the checks that go with it. */
class Taken {
  readonly blocks: Block[] = []
  readonly #arenas: readonly Arena[]
  #marks = 0

  constructor(arenas: readonly Arena[]) {
    this.#arenas = arenas
  }

  /** Takes a block and fills it; whether there was room. */
  take(thread: number, length: number): boolean {
    const { kernel, bytes } = this.#arenas[thread] as Arena
    const address = kernel.takeData(length) >>> 0
    if (address === 0) return false
    // No `expect` here: it would take longer than everything else.
    if (address % 8 !== 0) throw new Error(`${address} is not aligned`)
    if (address + length > bytes.length) throw new Error(`${address} lies outside`)
    const mark = ++this.#marks % 251
    bytes.fill(mark, address, address + length)
    this.blocks.push({ address, length, mark })
    return true
  }

  /** Gives one back, after a look at its content. */
  give(thread: number, index: number): void {
    if (this.blocks.length === 0) return
    const at = index % this.blocks.length
    const block = this.blocks[at] as Block
    this.blocks[at] = this.blocks.at(-1) as Block
    this.blocks.pop()
    this.#expectWhole(block)
    ;(this.#arenas[thread] as Arena).kernel.giveData(block.address)
  }

  expectApart(): void {
    const sorted = this.blocks.toSorted((a, b) => a.address - b.address)
    for (const [i, { address, length }] of sorted.entries()) {
      const next = sorted[i + 1]
      // The prefix of the next one lies before its address.
      if (next) expect(address + length).toBeLessThanOrEqual(next.address - BLOCK_PREFIX_LENGTH)
      this.#expectWhole(sorted[i] as Block)
    }
  }

  #expectWhole({ address, length, mark }: Block): void {
    const { bytes, kernel } = this.#arenas[0] as Arena
    if (kernel.blockLength(address) !== length) throw new Error('the length was overwritten')
    for (let at = address; at < address + length; at++) {
      if (bytes[at] !== mark) throw new Error(`byte ${at - address} of ${length} was overwritten`)
    }
  }
}

const length = fc.oneof(
  { weight: 6, arbitrary: fc.nat(200) },
  { weight: 2, arbitrary: fc.nat(5_000) },
  { weight: 1, arbitrary: fc.integer({ min: 32_740, max: 32_780 }) },
  { weight: 1, arbitrary: fc.integer({ min: 60_000, max: 300_000 }) },
)
const action = fc.oneof(
  fc.record({ do: fc.constant('take' as const), thread: fc.nat(1), length, times: fc.nat(80) }),
  fc.record({
    do: fc.constant('give' as const),
    thread: fc.nat(1),
    index: fc.nat(),
    times: fc.nat(90),
  }),
)
type Actions = typeof action extends fc.Arbitrary<infer A> ? readonly A[] : never
const actions = fc.array(action, { maxLength: 60, size: 'max' })

function perform(taken: Taken, all: Actions): void {
  for (const each of all) {
    for (let i = 0; i < each.times; i++) {
      if (each.do === 'take') taken.take(each.thread, each.length)
      else taken.give(each.thread, each.index + i * 7)
    }
  }
  taken.expectApart()
}

describe('the allocator', () => {
  it('hands out blocks that are apart and keep what is in them', () => {
    fc.assert(
      fc.property(actions, (all) => perform(new Taken(createArenas(4 * MIB, 2)), all)),
      { numRuns: 300, interruptAfterTimeLimit: 5_000 },
    )
  })

  it('has room again for what was taken before, whoever gave it back', () => {
    const seed = fc.integer()
    fc.assert(
      fc.property(seed, fc.integer({ min: 1, max: 4_000 }), (given, blockLength) => {
        const random = randomFrom(given)
        const taken = new Taken(createArenas(4 * MIB, 2))
        let first = 0
        while (taken.take(0, blockLength)) first++
        expect(first).toBeGreaterThan(0)
        for (let round = 0; round < 4; round++) {
          const giver = round % 2
          while (taken.blocks.length > 0) taken.give(giver, random())
          let count = 0
          const taker = random() % 2
          while (taken.take(taker, blockLength)) count++
          // The other one keeps what does not fill a batch, at most two batches of 64 and a page.
          const kept = 128 + Math.ceil(PAGE_LENGTH / (blockLength + BLOCK_PREFIX_LENGTH))
          expect(count).toBeGreaterThanOrEqual(first - kept)
        }
        taken.expectApart()
      }),
      { numRuns: 20, interruptAfterTimeLimit: 4_000 },
    )
  })

  it('joins the pages of spans again', () => {
    const taken = new Taken(createArenas(8 * MIB, 1))
    for (let round = 1; round <= 40; round++) {
      while (taken.take(0, round * 65_000)) {}
      while (taken.blocks.length > 0) taken.give(0, round)
    }
    expect(taken.take(0, 7 * MIB)).toBe(true)
  })

  it('refuses lengths that no arena has', () => {
    const [arena] = createArenas(4 * MIB, 1) as [Arena]
    for (const each of [4 * MIB, 2 ** 31, 2 ** 32 - 8, 2 ** 32 - 1]) {
      expect(arena.kernel.takeData(each)).toBe(0)
    }
  })

  it('is looked at closely: a write beyond a block is seen (canary)', () => {
    const [arena] = createArenas(4 * MIB, 1) as [Arena]
    const taken = new Taken([arena])
    for (let i = 0; i < 10; i++) taken.take(0, 100)
    const [block] = taken.blocks as [Block]
    arena.bytes.fill(255, block.address, block.address + 130)
    expect(() => taken.expectApart()).toThrow(/overwritten|toBe/)
  })
})
