import { MODE_READ_COMMITTED, SLOT_TAG_OFFSET } from '../../native-layout/slot-descriptor.ts'
import {
  STATUS_ARENA_FULL,
  STATUS_BUSY,
  STATUS_FAILURE_FIRST,
  STATUS_LOCKED,
  STATUS_OK,
  STATUS_REF_EXPIRED,
  STATUS_STALE_READ,
  STATUS_UNMERGED,
  STATUS_WRITE_CONFLICT,
} from '../../native-layout/status-codes.ts'
import type { Kernel } from '../memory/kernel.ts'

/** Times that a commit merges. */
const ROUNDS_MAX = 8

/** Times that what is committed is looked at while it is locked. */
const LOOKS_MAX = 4

interface MergedSum {
  readonly cell: number
  readonly generation: number
  readonly base: number
  /** The base with everything added that the transaction adds. */
  mine: number
  isKept: boolean
}

/** Writes of numbers that are merged, as `merging.ts` does it: what was added is added to theirs. */
export class MergedSums {
  readonly #kernel: Kernel
  readonly #u32: Uint32Array
  /** Reads what is committed. */
  readonly #reader: number
  readonly #sums = new Map<number, Map<number, MergedSum>>()

  constructor(kernel: Kernel, arena: ArrayBufferLike, reader: number) {
    this.#kernel = kernel
    this.#u32 = new Uint32Array(arena)
    this.#reader = reader
  }

  /** Says that a transaction begins in a slot. */
  begin(slot: number): void {
    this.#sums.delete(slot)
  }

  /** Writes a sum; the status of the kernel. */
  write(slot: number, cell: number, generation: number, amount: number): number {
    const sums = this.#sums.get(slot) ?? new Map<number, MergedSum>()
    this.#sums.set(slot, sums)
    const known = sums.get(cell)
    const found = known?.mine ?? this.#kernel.readBase(slot, cell, generation)
    const tag = this.#tagOf(slot)
    if (known === undefined && tag >= STATUS_FAILURE_FIRST) return tag
    const base = Number.isNaN(found) ? 0 : found
    const mine = base + amount
    const status = this.#kernel.writeNumber(slot, cell, generation, mine)
    if (status !== STATUS_OK) return status
    this.#kernel.mergeWrite(slot, cell)
    if (known !== undefined) known.mine = mine
    else sums.set(cell, { cell, generation, base, mine, isKept: false })
    return STATUS_OK
  }

  /** Commits, merges and commits again; as `Kernel.commit`. */
  commit(slot: number): number {
    for (let rounds = 0; ; rounds++) {
      const status = this.#kernel.commit(slot)
      // Whoever holds the lock may be done by the next round.
      if (status === STATUS_BUSY && rounds > 0 && rounds < ROUNDS_MAX) continue
      if (status === STATUS_ARENA_FULL) this.#kernel.abort(slot, status - STATUS_FAILURE_FIRST)
      if (status !== STATUS_UNMERGED) return status
      const merged = rounds === ROUNDS_MAX ? STATUS_WRITE_CONFLICT : this.#mergeAll(slot)
      if (merged === STATUS_OK) continue
      this.#kernel.abort(slot, merged - STATUS_FAILURE_FIRST)
      return merged
    }
  }

  #mergeAll(slot: number): number {
    const kernel = this.#kernel
    for (const sum of this.#sums.get(slot)?.values() ?? []) {
      kernel.begin(this.#reader, MODE_READ_COMMITTED)
      let theirs = Number.NaN
      for (let looks = 0; looks < LOOKS_MAX; looks++) {
        theirs = kernel.read(this.#reader, sum.cell, sum.generation)
        if (this.#tagOf(this.#reader) !== STATUS_LOCKED) break
      }
      const tag = this.#tagOf(this.#reader)
      let status = STATUS_OK
      if (tag >= STATUS_FAILURE_FIRST) status = tag
      else if (kernel.rebaseWrite(slot, sum.cell, this.#reader, sum.isKept ? 0 : 1) !== 0) {
        sum.isKept = true
        const value = (Number.isNaN(theirs) ? 0 : theirs) + sum.mine - sum.base
        status = kernel.writeNumber(slot, sum.cell, sum.generation, value)
      }
      kernel.dismiss(this.#reader)
      if (status === STATUS_REF_EXPIRED) return STATUS_STALE_READ
      if (status !== STATUS_OK) return status
    }
    return STATUS_OK
  }

  #tagOf(slot: number): number {
    return this.#u32[(slot + SLOT_TAG_OFFSET) >>> 2] as number
  }
}
