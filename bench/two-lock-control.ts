/**
 * The control of the transfer family: the transfer that a programmer writes by hand on one
 * SharedArrayBuffer, without an STM. A cell is a lock word and a value word.
 *
 * ```
 * word  stride * index + 0   lock: 0 free, 1 taken
 * word  stride * index + 1   value, int32; written only by the holder of the lock
 * ```
 *
 * Invariants:
 *   T1. A thread takes the locks of a transfer in ascending order of index, so no cycle of waiters.
 *   T2. A transfer touches value words only under their lock. It does so by atomic accesses, because
 *       others look at a balance without its lock (`loadUnlocked`).
 *   T3. The sum of all value words is the same before and after every transfer.
 *
 * Layout: the faster of two. In a large table packed cells (8 bytes) win, because 100,000 of them
 * fit in the second-level cache. In a small table padded cells (64 bytes) win with two workers,
 * because neighbours do not share a line. `PADDED_CELL_COUNT_MAX` is where the choice turns.
 *
 * With plain accesses to the values, which nobody could then look at without the lock, a transfer
 * among 100,000 packed cells takes 40 ns instead of 60.
 */

import { AMOUNT_MASK, INITIAL_BALANCE } from './accounts.ts'
import { lock, unlock } from './cell-lock.ts'
import type { ControlCells, ControlProgram } from './workload.ts'
import { Xorshift32 } from './xorshift32.ts'

const LOCK_WORD = 0
const VALUE_WORD = 1

const PACKED_STRIDE_SHIFT = 1
const PADDED_STRIDE_SHIFT = 4
const PADDED_CELL_COUNT_MAX = 256

/** Returns `cellCount` free cells that hold the initial balance, in the faster layout. */
export function createControlCells(cellCount: number): ControlCells {
  const strideShift = cellCount <= PADDED_CELL_COUNT_MAX ? PADDED_STRIDE_SHIFT : PACKED_STRIDE_SHIFT
  const byteLength = (cellCount << strideShift) * Int32Array.BYTES_PER_ELEMENT
  const words = new Int32Array(new SharedArrayBuffer(byteLength))
  for (let index = 0; index < cellCount; index++) {
    words[(index << strideShift) + VALUE_WORD] = INITIAL_BALANCE
  }
  return { words, strideShift }
}

/** Returns the sum of all values. Exact only while no worker runs. */
export function sumControlCells({ words, strideShift }: ControlCells): number {
  let sum = 0
  for (let word = VALUE_WORD; word < words.length; word += 1 << strideShift) {
    sum += words[word] as number
  }
  return sum
}

/** Moves `amount` between two distinct cells under both locks. Blocks while others hold them. */
export function transferLocked(
  words: Int32Array,
  strideShift: number,
  fromIndex: number,
  toIndex: number,
  amount: number,
): void {
  const from = fromIndex << strideShift
  const to = toIndex << strideShift
  const first = from < to ? from : to
  const second = from < to ? to : from
  lock(words, first + LOCK_WORD)
  lock(words, second + LOCK_WORD)
  Atomics.store(words, from + VALUE_WORD, Atomics.load(words, from + VALUE_WORD) - amount)
  Atomics.store(words, to + VALUE_WORD, Atomics.load(words, to + VALUE_WORD) + amount)
  unlock(words, second + LOCK_WORD)
  unlock(words, first + LOCK_WORD)
}

/** Returns one value, by an atomic load without the lock: whole, but of no particular moment. */
export function loadUnlocked(words: Int32Array, strideShift: number, index: number): number {
  return Atomics.load(words, (index << strideShift) + VALUE_WORD)
}

/** Returns the control's batch: transfers between random distinct cells of one range. */
export function controlTransfers(
  { words, strideShift }: ControlCells,
  range: { readonly firstCell: number; readonly cellCount: number },
  seed: number,
): (count: number) => void {
  const { firstCell, cellCount } = range
  const random = new Xorshift32(seed)
  return (count) => {
    for (let done = 0; done < count; done++) {
      const from = random.below(cellCount)
      let to = random.below(cellCount - 1)
      if (to >= from) to++
      const amount = (random.next() & AMOUNT_MASK) + 1
      transferLocked(words, strideShift, firstCell + from, firstCell + to, amount)
    }
  }
}

/** The control of transfers between any two cells. */
export const transferControl: ControlProgram = {
  create: createControlCells,
  batch: (cells, { cellCount, seed }) => controlTransfers(cells, { firstCell: 0, cellCount }, seed),
  observe: (cells, { cellCount }) => [
    { expected: cellCount * INITIAL_BALANCE, actual: sumControlCells(cells) },
  ],
}
