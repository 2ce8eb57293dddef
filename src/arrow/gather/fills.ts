import { addBits, bitmapLength, countBits, setBits } from '../bitmap.ts'
import type { Runs } from './runs.ts'
import { SLICE_COUNT, SLICE_LENGTH, type Steps } from './steps.ts'

/** Fills one region of a body, which begins at a multiple of 8 in the buffer. */
export type Fill = (bytes: Uint8Array, at: number) => Steps

/** Words, bytes up to which a loop beats a call into V8. */
const SHORT_WORDS = 96
const SHORT_BYTES = 96

/** What a run costs besides its elements, in words or bytes. */
const RUN_COST = 8

/** Where a gather has come to. */
interface Cursor {
  run: number
  to: number
}

/** Bytes, `width` of them for each element. */
export function fillBytes(sources: readonly Uint8Array[], runs: Runs, width: number): Fill {
  return function* (bytes, at) {
    const cursor: Cursor = { run: 0, to: at }
    while (cursor.run < runs.count) {
      gatherBytes(bytes, sources, runs, width, cursor)
      yield
    }
  }
}

/** As `fillBytes`, in words of 32 bits: `wordCount` of them for each element. */
export function fillWords(sources: readonly Int32Array[], runs: Runs, wordCount: number): Fill {
  return function* (bytes, at) {
    const target = wordsAt(bytes, at, runs.total * wordCount)
    const cursor: Cursor = { run: 0, to: 0 }
    while (cursor.run < runs.count) {
      gatherWords(target, sources, runs, wordCount, cursor)
      yield
    }
  }
}

/** Bits, of bitmaps that may be undefined where all bits are set, from a bit on for each source. */
export function fillBits(
  sources: readonly (Uint8Array | undefined)[],
  firsts: readonly number[],
  runs: Runs,
): Fill {
  return function* (bytes, at) {
    const length = bitmapLength(runs.total)
    for (let done = 0; done < length; done += SLICE_LENGTH) {
      bytes.fill(0, at + done, at + Math.min(length, done + SLICE_LENGTH))
      yield
    }
    const target = bytes.subarray(at, at + length)
    let to = 0
    let budget = SLICE_COUNT
    for (let run = 0; run < runs.count; run++) {
      const source = runs.source[run] as number
      const count = runs.length[run] as number
      const bitmap = sources[source]
      if (bitmap === undefined) setBits(target, to, count)
      else
        addBits(target, to, bitmap, (firsts[source] as number) + (runs.start[run] as number), count)
      to += count
      budget -= count + RUN_COST
      if (budget > 0) continue
      budget = SLICE_COUNT
      yield
    }
  }
}

/** As `fillBits`; says how many bits are clear when all are there. */
export function fillValidity(
  sources: readonly (Uint8Array | undefined)[],
  firsts: readonly number[],
  runs: Runs,
  report: (nullCount: number) => void,
): Fill {
  const fill = fillBits(sources, firsts, runs)
  return function* (bytes, at) {
    yield* fill(bytes, at)
    const target = bytes.subarray(at, at + bitmapLength(runs.total))
    let valid = 0
    for (let done = 0; done < runs.total; done += SLICE_LENGTH) {
      valid += countBits(target, done, Math.min(SLICE_LENGTH, runs.total - done))
      yield
    }
    report(runs.total - valid)
  }
}

/**
 * Offsets, from 0 on and one more than there are rows.
 * @param shift 1 for offsets of 64 bits, whose high words are 0.
 */
export function fillOffsets(sources: readonly Uint32Array[], runs: Runs, shift: number): Fill {
  return function* (bytes, at) {
    const target = wordsAt(bytes, at, (runs.total + 1) << shift)
    if (shift !== 0) yield* clear(target)
    let to = 0
    let end = 0
    let budget = SLICE_COUNT
    for (let run = 0; run < runs.count; run++) {
      const count = runs.length[run] as number
      const source = sources[runs.source[run] as number] as Uint32Array
      end = moveOffsets(target, to, source, runs.start[run] as number, count, end, shift)
      to += count
      budget -= count + RUN_COST
      if (budget > 0) continue
      budget = SLICE_COUNT
      yield
    }
    target[to << shift] = end
  }
}

function* clear(target: Int32Array): Steps {
  for (let done = 0; done < target.length; done += SLICE_COUNT) {
    target.fill(0, done, done + SLICE_COUNT)
    yield
  }
}

/** @returns where the last value ends. */
function moveOffsets(
  target: Int32Array,
  to: number,
  source: Uint32Array,
  start: number,
  count: number,
  end: number,
  shift: number,
): number {
  const move = end - (source[start << shift] as number)
  for (let i = 0; i < count; i++) {
    target[(to + i) << shift] = (source[(start + i) << shift] as number) + move
  }
  return (source[(start + count) << shift] as number) + move
}

function gatherBytes(
  target: Uint8Array,
  sources: readonly Uint8Array[],
  runs: Runs,
  width: number,
  cursor: Cursor,
): void {
  let { run, to } = cursor
  for (let budget = SLICE_LENGTH; run < runs.count && budget > 0; run++) {
    const source = sources[runs.source[run] as number] as Uint8Array
    const from = (runs.start[run] as number) * width
    const count = (runs.length[run] as number) * width
    if (count > SHORT_BYTES) target.set(source.subarray(from, from + count), to)
    else for (let i = 0; i < count; i++) target[to + i] = source[from + i] as number
    to += count
    budget -= count + RUN_COST
  }
  cursor.run = run
  cursor.to = to
}

function gatherWords(
  target: Int32Array,
  sources: readonly Int32Array[],
  runs: Runs,
  wordCount: number,
  cursor: Cursor,
): void {
  let { run, to } = cursor
  for (let budget = SLICE_COUNT * 2; run < runs.count && budget > 0; run++) {
    const source = sources[runs.source[run] as number] as Int32Array
    const from = (runs.start[run] as number) * wordCount
    const count = (runs.length[run] as number) * wordCount
    if (count > SHORT_WORDS) target.set(source.subarray(from, from + count), to)
    else for (let i = 0; i < count; i++) target[to + i] = source[from + i] as number
    to += count
    budget -= count + RUN_COST
  }
  cursor.run = run
  cursor.to = to
}

/** Words of a body, or of an array. */
export function wordsAt(bytes: Uint8Array, at: number, count: number): Int32Array {
  return new Int32Array(bytes.buffer, bytes.byteOffset + at, count)
}
