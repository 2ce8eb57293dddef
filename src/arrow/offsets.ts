import { type Fault, tooShort } from './column-path.ts'

/** Bytes of an offset. */
export const OFFSET_LENGTH = 4
export const LARGE_OFFSET_LENGTH = 8

/**
 * Whether `length` values from `start` on begin and end within what their offsets point into, and
 * none before the one before it.
 *
 * @param limit how many bytes or elements there are.
 * @param isLarge whether the offsets have 64 bits.
 */
export function faultInOffsets(
  offsets: ArrayBufferView | undefined,
  start: number,
  length: number,
  limit: number,
  isLarge: boolean,
): Fault | undefined {
  const width = isLarge ? LARGE_OFFSET_LENGTH : OFFSET_LENGTH
  const found = offsets?.byteLength ?? 0
  const needed = (start + length + 1) * width
  if (offsets === undefined || found < needed) return tooShort('offsets', found, needed)
  if (isLarge) {
    if (!(offsets instanceof BigInt64Array)) {
      return { path: '', why: 'its offsets are no BigInt64Array' }
    }
    const index = firstBadLargeOffset(wordsOf(offsets), start, length, limit)
    return index < 0 ? undefined : faultAt(index, limit)
  }
  if (!(offsets instanceof Int32Array)) return { path: '', why: 'its offsets are no Int32Array' }
  if (runForward(offsets, start, length, limit)) return undefined
  const index = firstBadOffset(offsets, start, length, limit)
  return index < 0 ? undefined : faultAt(index, limit)
}

/** An offset of 64 bits that has been checked: it fits into 32. */
export function largeOffsetAt(offsets: BigInt64Array, index: number): number {
  return Number(offsets[index])
}

/** Offsets of 64 bits as pairs of words, the low one first. */
export function wordsOf(offsets: ArrayBufferView): Uint32Array {
  const length = offsets.byteLength / OFFSET_LENGTH
  return new Uint32Array(offsets.buffer, offsets.byteOffset, length)
}

/** Bits that are clear in differences of which eight together do not wrap. */
const LARGE_DIFFERENCE = 28

/**
 * Whether offsets run forward up to a limit: eight at a time and without a branch for each, since the bits
 * of differences are collected. A difference alone is not enough, for it wraps from the greatest offset to
 * the least: eight that are small lead from one offset that is not negative to no other one past that. So
 * "no" may also mean that a value is very large. `| 0` spares the engine a check for each sum.
 */
function runForward(offsets: Int32Array, start: number, length: number, limit: number): boolean {
  const end = (start + length) | 0
  const lastGroup = (end - 7) | 0
  let previous = offsets[start] as number
  let signs = previous
  let bits = 0
  let i = (start + 1) | 0
  for (; i <= lastGroup; i = (i + 8) | 0) {
    const a = offsets[i] as number
    const b = offsets[(i + 1) | 0] as number
    const c = offsets[(i + 2) | 0] as number
    const d = offsets[(i + 3) | 0] as number
    const e = offsets[(i + 4) | 0] as number
    const f = offsets[(i + 5) | 0] as number
    const g = offsets[(i + 6) | 0] as number
    const h = offsets[(i + 7) | 0] as number
    bits |= (a - previous) | (b - a) | (c - b) | (d - c) | ((e - d) | (f - e) | (g - f) | (h - g))
    signs |= h
    previous = h
  }
  for (; i <= end; i++) {
    const next = offsets[i] as number
    signs |= next | (next - previous)
    previous = next
  }
  return signs >= 0 && bits >>> LARGE_DIFFERENCE === 0 && previous <= limit
}

function firstBadOffset(offsets: Int32Array, start: number, length: number, limit: number): number {
  let previous = 0
  for (let i = start; i <= start + length; i++) {
    const next = offsets[i] as number
    if (next < previous || next > limit) return i
    previous = next
  }
  return -1
}

function firstBadLargeOffset(
  words: Uint32Array,
  start: number,
  length: number,
  limit: number,
): number {
  let previous = 0
  for (let i = start; i <= start + length; i++) {
    const next = words[2 * i] as number
    if (words[2 * i + 1] !== 0 || next < previous || next > limit) return i
    previous = next
  }
  return -1
}

function faultAt(index: number, limit: number): Fault {
  const why = `offset ${index} is less than the one before it, or past the ${limit} that there are`
  return { path: '', why }
}
