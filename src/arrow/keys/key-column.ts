import type { Data } from 'apache-arrow'
import { bitAt } from '../bitmap.ts'
import { SLICE_COUNT, SLICE_LENGTH } from '../gather/steps.ts'

/**
 * The values of a column in a form in which equal values are equal bits: some words for each row, or
 * bytes between two offsets. Floats have one NaN and one zero there. What stands for a null means
 * nothing.
 */
export interface KeyColumn {
  /** Words of a row; 0 when rows are bytes. */
  readonly wordCount: number
  readonly words: Int32Array
  /** One more than there are rows. */
  readonly offsets: Int32Array
  readonly bytes: Uint8Array
}

const NO_WORDS = new Int32Array(0)
const NO_BYTES = new Uint8Array(0)

const HASH_PRIME = 0x9e3779b1 | 0
const SHIFT = 15

/** A column whose rows are words. */
export function wordColumn(words: Int32Array, wordCount: number): KeyColumn {
  return { wordCount, words, offsets: NO_WORDS, bytes: NO_BYTES }
}

/** A column whose rows are bytes. */
export function byteColumn(offsets: Int32Array, bytes: Uint8Array): KeyColumn {
  return { wordCount: 0, words: NO_WORDS, offsets, bytes }
}

/** Whether two rows have equal keys. */
export function isSameKey(
  a: readonly KeyColumn[],
  i: number,
  b: readonly KeyColumn[],
  j: number,
): boolean {
  for (let column = 0; column < a.length; column++) {
    if (!isSameAt(a[column] as KeyColumn, i, b[column] as KeyColumn, j)) return false
  }
  return true
}

/** Whether two rows of one column have equal keys. */
export function isSameAt(a: KeyColumn, i: number, b: KeyColumn, j: number): boolean {
  const { wordCount } = a
  if (wordCount === 0) return isSameText(a, i, b, j)
  const left = a.words
  const right = b.words
  for (let word = 0; word < wordCount; word++) {
    if (left[i * wordCount + word] !== right[j * wordCount + word]) return false
  }
  return true
}

function isSameText(a: KeyColumn, i: number, b: KeyColumn, j: number): boolean {
  const begin = a.offsets[i] as number
  const start = b.offsets[j] as number
  const length = (a.offsets[i + 1] as number) - begin
  if (length !== (b.offsets[j + 1] as number) - start) return false
  for (let at = 0; at < length; at++) if (a.bytes[begin + at] !== b.bytes[start + at]) return false
  return true
}

/** Rows whose keys take some 10 us to hash or to compare. */
export function keySliceCount(columns: readonly KeyColumn[], rowCount: number): number {
  let length = 0
  for (const { wordCount, offsets } of columns) {
    if (wordCount === 0) length += (offsets[rowCount] as number) - (offsets[0] as number)
  }
  const rowLength = length / Math.max(1, rowCount)
  return Math.max(1, Math.min(SLICE_COUNT, Math.floor(SLICE_LENGTH / (rowLength + 1))))
}

/**
 * Writes a hash of each row's key from `from` up to `to`, the first one at `at`. Equal keys have equal
 * hashes, of whichever batch they are.
 */
export function hashRows(
  columns: readonly KeyColumn[],
  from: number,
  to: number,
  hashes: Int32Array,
  at: number,
): void {
  hashes.fill(0, at, at + to - from)
  for (const column of columns) {
    if (column.wordCount === 0) hashBytes(column, from, to, hashes, at)
    else if (column.wordCount === 1) hashSingles(column.words, from, to, hashes, at)
    else if (column.wordCount === 2) hashPairs(column.words, from, to, hashes, at)
    else hashWords(column.words, column.wordCount, from, to, hashes, at)
  }
}

function hashWords(
  words: Int32Array,
  wordCount: number,
  from: number,
  to: number,
  hashes: Int32Array,
  at: number,
): void {
  for (let row = from; row < to; row++) {
    let hash = hashes[at + row - from] as number
    for (let word = row * wordCount; word < (row + 1) * wordCount; word++) {
      hash = Math.imul(hash ^ (words[word] as number), HASH_PRIME)
      hash ^= hash >>> SHIFT
    }
    hashes[at + row - from] = hash
  }
}

function hashSingles(
  words: Int32Array,
  from: number,
  to: number,
  hashes: Int32Array,
  at: number,
): void {
  for (let row = from; row < to; row++) {
    const before = hashes[at + row - from] as number
    const hash = Math.imul(before ^ (words[row] as number), HASH_PRIME)
    hashes[at + row - from] = hash ^ (hash >>> SHIFT)
  }
}

function hashPairs(
  words: Int32Array,
  from: number,
  to: number,
  hashes: Int32Array,
  at: number,
): void {
  for (let row = from; row < to; row++) {
    const before = hashes[at + row - from] as number
    let hash = Math.imul(before ^ (words[2 * row] as number), HASH_PRIME)
    hash = Math.imul(hash ^ (hash >>> SHIFT) ^ (words[2 * row + 1] as number), HASH_PRIME)
    hashes[at + row - from] = hash ^ (hash >>> SHIFT)
  }
}

function hashBytes(
  { offsets, bytes }: KeyColumn,
  from: number,
  to: number,
  hashes: Int32Array,
  at: number,
): void {
  let begin = offsets[from] as number
  for (let row = from; row < to; row++) {
    const end = offsets[row + 1] as number
    let hash = (hashes[at + row - from] as number) ^ (end - begin)
    for (let i = begin; i < end; i++) hash = Math.imul(hash ^ (bytes[i] as number), HASH_PRIME)
    hashes[at + row - from] = hash ^ (hash >>> SHIFT)
    begin = end
  }
}

/** The rows of a column that are null, as a question. */
export function nullTest(data: Data): (row: number) => boolean {
  if (data.nullCount === 0) return () => false
  const { nullBitmap, offset } = data
  return (row) => !bitAt(nullBitmap, offset + row)
}
