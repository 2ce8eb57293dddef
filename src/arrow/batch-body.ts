import type { SourcedPlan } from './batch-plan.ts'
import { bitmapLength, copyBytes, writeBitmap } from './bitmap.ts'
import {
  type BufferCopy,
  COPY_BITS,
  COPY_BYTES,
  COPY_LARGE_OFFSETS,
  COPY_OFFSETS,
} from './column-plan.ts'
import { SLICE_LENGTH, type Steps } from './gather/steps.ts'
import { LARGE_OFFSET_LENGTH, OFFSET_LENGTH } from './offsets.ts'

/** Words of an offset of 64 bits, as a power of two. */
const LARGE_SHIFT = 1

/**
 * Fills the body of a batch: `plan.bodyLength` bytes from `at` on. Bytes between its regions stay as
 * they are.
 *
 * @param at a multiple of 64 when the body has 4096 bytes or more, else of 8, from the start of the
 * buffer as well as of the array.
 */
export function writeBody(plan: SourcedPlan, bytes: Uint8Array, at: number): void {
  for (const copy of plan.copies) fill(copy, bytes, at + copy.offset)
}

/** As `writeBody`, in slices. */
export function* writeBodyInSteps(plan: SourcedPlan, bytes: Uint8Array, at: number): Steps {
  for (const copy of plan.copies) {
    const { operation, first, count } = copy
    for (let done = 0; done < count; done += SLICE_LENGTH) {
      const offset = copy.offset + lengthOf(operation, done)
      const part = { ...copy, first: first + done, count: Math.min(SLICE_LENGTH, count - done) }
      fill(part, bytes, at + offset)
      yield
    }
  }
}

/** Bytes that so many elements of a copy take, a multiple of eight of them. */
function lengthOf(operation: number, count: number): number {
  switch (operation) {
    case COPY_BITS:
      return bitmapLength(count)
    case COPY_OFFSETS:
      return count * OFFSET_LENGTH
    case COPY_LARGE_OFFSETS:
      return count * LARGE_OFFSET_LENGTH
    default:
      return count
  }
}

function fill(
  { operation, source, first, count, base }: BufferCopy,
  bytes: Uint8Array,
  at: number,
): void {
  switch (operation) {
    case COPY_BYTES:
      copyBytes(bytes, at, bytesOf(source), first, count)
      return
    case COPY_BITS:
      writeBitmap(bytes, at, source as Uint8Array, first, count)
      return
    case COPY_OFFSETS:
      copyOffsets(wordsAt(bytes, at, count), source as Int32Array, first, count, base)
      return
    case COPY_LARGE_OFFSETS:
      copyLargeOffsets(wordsAt(bytes, at, count << LARGE_SHIFT), source, first, count, base)
      return
  }
}

function bytesOf(source: ArrayBufferView): Uint8Array {
  if (source instanceof Uint8Array) return source
  return new Uint8Array(source.buffer, source.byteOffset, source.byteLength)
}

function wordsAt(bytes: Uint8Array, at: number, count: number): Int32Array {
  return new Int32Array(bytes.buffer, bytes.byteOffset + at, count)
}

function copyOffsets(
  target: Int32Array,
  source: Int32Array,
  first: number,
  count: number,
  base: number,
): void {
  if (base === 0) target.set(source.subarray(first, first + count))
  else for (let i = 0; i < count; i++) target[i] = (source[first + i] as number) - base
}

/** Offsets that have been checked: their high words are 0. */
function copyLargeOffsets(
  target: Int32Array,
  source: ArrayBufferView,
  first: number,
  count: number,
  base: number,
): void {
  const words = new Int32Array(source.buffer, source.byteOffset, source.byteLength / OFFSET_LENGTH)
  for (let i = 0; i < count; i++) {
    target[i << LARGE_SHIFT] = (words[(first + i) << LARGE_SHIFT] as number) - base
    target[(i << LARGE_SHIFT) + 1] = 0
  }
}
