/**
 * Pairs of values under one lock each, in one SharedArrayBuffer: the hand-written counterpart of two
 * cells that belong together, such as the accounts of one customer.
 *
 * ```
 * word  stride * pair + 0   lock
 * word  stride * pair + 1   first value, int32; touched only by the holder of the lock
 * word  stride * pair + 2   second value, the same
 * ```
 *
 * Invariants:
 *   P1. A thread takes the locks of two pairs in ascending order, so no cycle of waiters.
 *   P2. Plain accesses to the values are enough: nobody looks at them without the lock.
 *
 * A pair takes 16 bytes, or 64 where there are few: as in `two-lock-control.ts`.
 */

import { lock, unlock } from './cell-lock.ts'
import type { ControlCells } from './workload.ts'

export const FIRST_WORD = 1
export const SECOND_WORD = 2

const PACKED_STRIDE_SHIFT = 2
const PADDED_STRIDE_SHIFT = 4
const PADDED_PAIR_COUNT_MAX = 256

/** Returns free pairs of which both values are `value`. */
export function createPairs(pairCount: number, value: number): ControlCells {
  const strideShift = pairCount <= PADDED_PAIR_COUNT_MAX ? PADDED_STRIDE_SHIFT : PACKED_STRIDE_SHIFT
  const byteLength = (pairCount << strideShift) * Int32Array.BYTES_PER_ELEMENT
  const words = new Int32Array(new SharedArrayBuffer(byteLength))
  for (let at = 0; at < words.length; at += 1 << strideShift) {
    words[at + FIRST_WORD] = value
    words[at + SECOND_WORD] = value
  }
  return { words, strideShift }
}

/** Returns the sum of both values of every pair. Exact only while no worker runs. */
export function sumPairs({ words, strideShift }: ControlCells): number {
  let sum = 0
  for (let at = 0; at < words.length; at += 1 << strideShift) {
    sum += (words[at + FIRST_WORD] as number) + (words[at + SECOND_WORD] as number)
  }
  return sum
}

/** Takes the locks of two distinct pairs, given by their first words (P1). */
export function lockPairs(words: Int32Array, one: number, other: number): void {
  lock(words, one < other ? one : other)
  lock(words, one < other ? other : one)
}

/** Gives both locks back. */
export function unlockPairs(words: Int32Array, one: number, other: number): void {
  unlock(words, one)
  unlock(words, other)
}
