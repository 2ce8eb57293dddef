/** Keys as one thread of an exploration finds, reads and writes them. */
import { SLOT_TAG_OFFSET } from '../../native-layout/slot-descriptor.ts'
import { STATUS_ARENA_FULL, STATUS_REF_EXPIRED } from '../../native-layout/status-codes.ts'
import { CELL_GENERATION_MASK } from '../../native-layout/word-descriptor.ts'
import type { Kernel } from '../memory/kernel.ts'
import { CELLS, type ControlBlock } from './control-block.ts'
import type { Place } from './program.ts'

/** Bytes of the name of a key, padded. */
export const KEY_LENGTH = 8

/** A cell, as whoever has a handle of it knows it. */
export interface ExploredCell {
  readonly cell: number
  readonly generation: number
}

/** The keys of a program in one thread's view of the arena, by their numbers. */
export class ExploredKeys {
  readonly #names: readonly string[]
  readonly #kernel: Kernel
  readonly #control: ControlBlock
  readonly #u32: Uint32Array
  readonly #bytes: Uint8Array
  /** Where the kernel takes names from. */
  readonly scratch: number

  constructor(
    names: readonly string[],
    kernel: Kernel,
    control: ControlBlock,
    arena: ArrayBufferLike,
  ) {
    this.#names = names
    this.#kernel = kernel
    this.#control = control
    this.#u32 = new Uint32Array(arena)
    this.#bytes = new Uint8Array(arena)
    this.scratch = kernel.scratch() >>> 0
  }

  /** The cell of a key, made when there is none. */
  makeCell(key: number): number {
    return this.#kernel.lookUpOrInsert(this.#encodeKey(key)) >>> 0
  }

  /** The cell of a key, or 0. */
  findCell(key: number): number {
    return this.#kernel.lookUp(this.#encodeKey(key)) >>> 0
  }

  /** The cell of a place, made when a key names it and has none. */
  place({ key, by }: Place): ExploredCell {
    if (by === 'key') {
      const cell = this.makeCell(key)
      return { cell, generation: this.#kernel.foundGeneration() }
    }
    const { words } = this.#control
    const cell = words[CELLS + 2 * key] as number
    const generation = words[CELLS + 2 * key + 1] as number
    const isStale = by === 'stale handle'
    return { cell, generation: isStale ? (generation - 1) & CELL_GENERATION_MASK : generation }
  }

  /** Reads a place; NaN when that failed, or when there is no number: {@link tagOf} says which. */
  read(slot: number, place: Place): number {
    return place.by === 'key' ? this.#readKey(slot, place.key) : this.readHandle(slot, place)
  }

  /** As {@link read}, of a place whose cell is known; by its key when the cell was taken from it. */
  readHandle(slot: number, place: Place): number {
    const { cell, generation } = this.place(place)
    const found = this.#kernel.read(slot, cell, generation)
    const isExpired = Number.isNaN(found) && this.tagOf(slot) === STATUS_REF_EXPIRED
    return isExpired && place.by !== 'stale handle' ? this.#readKey(slot, place.key) : found
  }

  /** What a slot has read last: its tag, or the status with which that failed. */
  tagOf(slot: number): number {
    return this.#u32[(slot + SLOT_TAG_OFFSET) >>> 2] as number
  }

  /** Writes to the cell of a place, or to a new one of its key when the cell was taken from it. */
  writeTo(place: Place, write: (cell: number, generation: number) => number): number {
    let { cell, generation } = this.place(place)
    for (;;) {
      if (cell === 0) return STATUS_ARENA_FULL
      const status = write(cell, generation)
      if (status !== STATUS_REF_EXPIRED || place.by === 'stale handle') return status
      ;({ cell, generation } = this.place({ key: place.key, by: 'key' }))
    }
  }

  /** Puts a name, padded, where the kernel takes it from. */
  encodeName(name: string, address: number): void {
    this.#bytes.fill(0, address, address + KEY_LENGTH)
    for (let at = 0; at < name.length; at++) this.#bytes[address + at] = name.charCodeAt(at)
  }

  /** Looks a key up, again when its cell was taken from it meanwhile, and reads it. */
  #readKey(slot: number, key: number): number {
    const kernel = this.#kernel
    for (;;) {
      const cell = kernel.lookUpForRead(slot, this.#encodeKey(key)) >>> 0
      if (cell === 0) return Number.NaN
      const found = kernel.read(slot, cell, kernel.foundGeneration())
      if (!Number.isNaN(found) || this.tagOf(slot) !== STATUS_REF_EXPIRED) return found
    }
  }

  #encodeKey(key: number): number {
    this.encodeName(this.#names[key] ?? '', this.scratch)
    return KEY_LENGTH
  }
}
