/** Threads that die in the kernel at every access in turn: what they leave, and what comes back. */
import { beforeEach, describe, expect, it } from 'vitest'
import { layoutFingerprint } from '#dist/native-layout/fingerprint.js'
import type { Kernel } from '#dist/src/memory/kernel.js'
import { HookedKernel, loadHookedKernel } from '#dist/src/testing/hooked-kernel.js'
import { ORDERED_ROOT_OFFSET } from '../../../native-layout/arena-header-descriptor.ts'
import { BATCH_CHUNK_OFFSET } from '../../../native-layout/batch-descriptor.ts'
import {
  ORDERED_LEVEL_OFFSET,
  ORDERED_PERMUTATION_OFFSET,
  ORDERED_REFERENCES_START,
  ORDERED_RIGHT_OFFSET,
} from '../../../native-layout/ordered-node-descriptor.ts'
import {
  MODE_CLOSED,
  MODE_SERIALIZABLE,
  SLOT_ID_OFFSET,
} from '../../../native-layout/slot-descriptor.ts'
import { STATUS_OK, TAG_ABSENT } from '../../../native-layout/status-codes.ts'
import { THREAD_WALK_OFFSET } from '../../../native-layout/thread-descriptor.ts'
import { HANDLE_SHIFT } from '../../../native-layout/version-descriptor.ts'

const PAGE_COUNT = 128
const GAP_COUNT = 256
const KEY_LENGTH = 4
const module = loadHookedKernel()

/** A thread whose kernel does something before one of its accesses. */
class Mortal {
  readonly kernel: Kernel
  #rest = Number.POSITIVE_INFINITY
  #act = (): void => {}

  constructor(memory: WebAssembly.Memory) {
    this.kernel = new HookedKernel(module, memory, () => {
      if (this.#rest-- === 0) this.#act()
    }).kernel
  }

  /** Acts before an access of a call, the first of which is 0; whether the call came to it. */
  interrupt(access: number, act: () => void, call: () => void): boolean {
    let acted = false
    this.#rest = access
    this.#act = () => {
      acted = true
      act()
    }
    try {
      call()
    } finally {
      this.#rest = Number.POSITIVE_INFINITY
    }
    return acted
  }

  /** Dies before an access of a call; whether the call came to it. */
  dieBefore(access: number, call: () => void): boolean {
    const die = (): never => {
      throw new Error('dead')
    }
    try {
      return this.interrupt(access, die, call)
    } catch (error) {
      expect(error).toMatchObject({ message: 'dead' })
      return true
    }
  }
}

let memory: WebAssembly.Memory
let main: Kernel
let worker: Mortal
let u32: Uint32Array

function makeArena(): void {
  memory = new WebAssembly.Memory({ initial: PAGE_COUNT, maximum: PAGE_COUNT, shared: true })
  u32 = new Uint32Array(memory.buffer)
  main = new Mortal(memory).kernel
  worker = new Mortal(memory)
  main.createArena(PAGE_COUNT, GAP_COUNT, layoutFingerprint(), 0, 0, 0, 0)
  main.attachThread(0)
}

beforeEach(makeArena)

/** What is done when the exit of a thread was seen. */
function recover(nodeId: number): number {
  let count = 0
  for (let index = main.findThread(nodeId); index >= 0; index = main.findThread(nodeId)) {
    main.recoverThread(index)
    count++
  }
  return count
}

function cellOf(kernel: Kernel, key: number): number {
  u32[(kernel.scratch() >>> 0) >>> 2] = key
  return kernel.lookUpOrInsert(KEY_LENGTH)
}

/** Takes spans until there are no pages left. */
function fill(): void {
  while (main.takeData(60_000) !== 0) {}
}

/** Calls `trial` with 0, 1, 2 and so on while it says that there was a death. */
function everyAccess(trial: (access: number) => boolean): void {
  let access = 0
  for (; trial(access); access++) makeArena()
  expect(access).toBeGreaterThan(0)
}

describe('a thread that dies in a commit', () => {
  it('leaves the version that a snapshot needs, also in a full arena', () => {
    everyAccess((access) => {
      const { kernel } = worker
      const index = kernel.attachThread(1)
      const cell = cellOf(kernel, 7)
      const slot = kernel.acquireSlot() >>> 0
      const write = (value: number): number => {
        kernel.begin(slot, MODE_SERIALIZABLE)
        kernel.writeNumber(slot, cell, 1, value)
        return kernel.commit(slot)
      }
      expect(write(1)).toBe(STATUS_OK)
      // Has no versions of its own: it has never had a slot.
      const recoverer = new Mortal(memory).kernel
      recoverer.attachThread(2)
      const reader = main.acquireSlot() >>> 0
      fill()
      main.begin(reader, MODE_SERIALIZABLE | MODE_CLOSED)
      const died = worker.dieBefore(access, () => write(2))
      recoverer.recoverThread(index)
      expect(main.read(reader, cell, 1), `death before access ${access}`).toBe(1)
      return died
    })
  })
})

describe('a thread that is thrown out of an insert and lives on', () => {
  it.each(['abort', 'commit'] as const)('leaves nothing locked after its %s', (end) => {
    everyAccess((access) => {
      const { kernel } = worker
      const record = kernel.threadRecord(kernel.attachThread(1)) >>> 0
      const slot = kernel.acquireSlot() >>> 0
      kernel.begin(slot, MODE_SERIALIZABLE)
      const thrown = worker.dieBefore(access, () => {
        kernel.writeNumber(slot, cellOf(kernel, 7), 1, 1)
      })
      kernel[end](slot, 0)
      const other = main.acquireSlot() >>> 0
      main.begin(other, MODE_SERIALIZABLE)
      const cell = cellOf(main, 8)
      const what = `thrown out before access ${access}`
      expect(main.writeNumber(other, cell, 1, 1), what).toBe(STATUS_OK)
      expect(main.commit(other), what).toBe(STATUS_OK)
      const walk = new BigInt64Array(memory.buffer)[(record + THREAD_WALK_OFFSET) >>> 3]
      expect(walk, what).toBe(0n)
      return thrown
    })
  })
})

describe('the record of a thread', () => {
  it('is not taken for that of the one before, whose exit is seen late', () => {
    everyAccess((access) => {
      const [first, next] = [new Mortal(memory).kernel, new Mortal(memory).kernel]
      first.attachThread(1)
      first.detachThread()
      const seen = () => expect(recover(1), `exit before access ${access}`).toBe(0)
      const acted = worker.interrupt(access, seen, () => worker.kernel.attachThread(2))
      expect(next.attachThread(3)).toBe(2)
      return acted
    })
  })

  it('comes back when a thread dies while it takes it', () => {
    everyAccess((access) => {
      const first = new Mortal(memory).kernel
      first.attachThread(1)
      first.detachThread()
      const died = worker.dieBefore(access, () => worker.kernel.attachThread(2))
      recover(2)
      expect(first.attachThread(3), `death before access ${access}`).toBe(1)
      return died
    })
  })
})

describe('the recovery of a thread', () => {
  it('takes the names off its slots, and gives them back', () => {
    // All of them would need more pages than there are.
    for (let life = 0; life < 100; life++) {
      const { kernel } = new Mortal(memory)
      const index = kernel.attachThread(1)
      expect(index).toBe(1)
      const slot = kernel.acquireSlot() >>> 0
      for (let i = 0; i < 1_000; i++) {
        const name = kernel.takeName(100) >>> 0
        expect(name).not.toBe(0)
        kernel.nameSlot(slot, name >>> HANDLE_SHIFT)
      }
      main.recoverThread(index)
      expect(main.slotName(u32[(slot + SLOT_ID_OFFSET) >>> 2] as number)).toBe(0)
    }
  })

  it.each(['dead', 'thrown out'] as const)(
    'drops the rest of the batches that a thread dropped that is %s',
    (fate) => {
      const chainLength = 12
      const used: number[] = []
      everyAccess((access) => {
        const { kernel } = worker
        const index = kernel.attachThread(1)
        const slot = kernel.acquireSlot() >>> 0
        const chunkOf = (block: number): number => u32[(block + BATCH_CHUNK_OFFSET) >>> 2] as number
        let top = 0
        for (let i = 0; i < chainLength; i++) {
          const block = kernel.takeBatch(64, 40_000) >>> 0
          if (top !== 0) {
            const [older, olderBlock] = [chunkOf(top), top >>> HANDLE_SHIFT]
            expect(
              kernel.addRowsTo(chunkOf(block), block >>> HANDLE_SHIFT, older, olderBlock),
            ).not.toBe(0)
            kernel.dropChunk(older)
          }
          top = block
        }
        const died = worker.dieBefore(access, () => kernel.dropChunk(chunkOf(top)))
        if (fate === 'dead') main.recoverThread(index)
        else kernel.recoverSlot(slot)
        used.push(usedPages())
        return died
      })
      // The last one has not died. Of a batch that was about to go one page may be lost.
      const most = (used.at(-1) as number) + 1
      // At three accesses a batch, of some twelve, nobody knows of those below it.
      expect(used.filter((pages) => pages > most).length).toBeLessThanOrEqual(3 * chainLength)
    },
  )
})

describe('a thread that dies while it splits a leaf', () => {
  const KEYS_A_LEAF = 15
  const LATER = 2n ** 52n

  /** Kernel, slot and the cells of its keys, which are numbered in the order of the index. */
  class Writer {
    readonly mortal: Mortal
    readonly cells: Map<number, number>
    readonly index: number
    readonly #slot: number

    constructor(mortal: Mortal, nodeId: number, cells: Map<number, number>) {
      this.mortal = mortal
      this.cells = cells
      this.index = mortal.kernel.attachThread(nodeId)
      this.#slot = mortal.kernel.acquireSlot() >>> 0
    }

    set(key: number): void {
      const { kernel } = this.mortal
      kernel.begin(this.#slot, MODE_SERIALIZABLE)
      new DataView(memory.buffer).setUint32(kernel.scratch() >>> 0, key)
      const cell = kernel.lookUpOrInsert(KEY_LENGTH)
      this.cells.set(key, cell)
      kernel.writeNumber(this.#slot, cell, kernel.foundGeneration(), key)
      expect(kernel.commit(this.#slot)).toBe(STATUS_OK)
    }

    /** Deletes keys and has their cells and leaves be used again. */
    remove(keys: readonly number[]): void {
      const { kernel } = this.mortal
      for (const key of keys) {
        kernel.begin(this.#slot, MODE_SERIALIZABLE)
        kernel.writeValue(this.#slot, this.cells.get(key) as number, 1, TAG_ABSENT, 0, 0)
        kernel.commit(this.#slot)
      }
      for (let i = 0; i < 2; i++) kernel.releaseRetired()
      for (const key of keys) {
        kernel.sweepCells(this.#slot, this.cells.get(key) as number, 1, LATER, 0n)
      }
      for (let i = 0; i < 3; i++) kernel.releaseRetired()
    }
  }

  const root = (): number => u32[ORDERED_ROOT_OFFSET >>> 2] as number
  const field = (node: number, offset: number): number => u32[(node + offset) >>> 2] as number
  const count = (node: number): number => field(node, ORDERED_PERMUTATION_OFFSET) & 15

  function leaves(): number[] {
    let node = root()
    while (field(node, ORDERED_LEVEL_OFFSET) !== 0) node = field(node, ORDERED_REFERENCES_START)
    const found: number[] = []
    for (; node !== 0; node = field(node, ORDERED_RIGHT_OFFSET)) found.push(node)
    return found
  }

  /**
   * Two leaves beside each other were taken out; the second one is the root by now, the first one is what
   * the split takes: its neighbour of then is a branch without a lower bound.
   */
  function trial(strayAccess: number, access: number): 'no stray leaf' | 'over' | undefined {
    makeArena()
    const cells = new Map<number, number>()
    const helper = new Writer(new Mortal(memory), 1, cells)
    const doomed = new Writer(worker, 2, cells)
    let key = 0
    const add = (): void => {
      key += 10
      helper.set(key)
    }
    while (leaves().length < 14) add()
    for (const leaf of [4, 5, 8]) {
      const first = KEYS_A_LEAF * leaf + 1
      doomed.remove(Array.from({ length: KEYS_A_LEAF }, (_, i) => 10 * (first + i)))
    }
    while (count(root()) < KEYS_A_LEAF || count(leaves().at(-1) as number) < KEYS_A_LEAF) add()
    const before = leaves().length
    helper.mortal.dieBefore(strayAccess, add)
    main.recoverThread(helper.index)
    if (leaves().length !== before + 1 || field(root(), ORDERED_LEVEL_OFFSET) !== 1) {
      return 'no stray leaf'
    }
    doomed.set(999_990)
    const leafCount = leaves().length
    const died = worker.dieBefore(access, () => {
      for (let next = 11; next < 20 && leaves().length === leafCount; next++) doomed.set(next)
    })
    if (!died) return 'over'
    main.recoverThread(doomed.index)
    return undefined
  }

  it('is recovered, whatever the node was before', () => {
    let stray = 0
    while (trial(stray, Number.POSITIVE_INFINITY) === 'no stray leaf') stray++
    let access = 0
    while (trial(stray, access) === undefined) access++
    expect(access).toBeGreaterThan(100)
  })
})

function usedPages(): number {
  let used = 0
  for (let page = 0; page < PAGE_COUNT; page++) if (main.pageEntry(page) !== 0) used++
  return used
}
