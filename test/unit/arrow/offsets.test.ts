import { expect, test } from 'vitest'
import { faultInOffsets } from '../../../src/arrow/offsets.ts'
import { randomFrom } from '../../support/random.ts'

const LIST_COUNT = 20_000
const LENGTH_MAX = 40
const START_MAX = 3
const GREATEST = 2 ** 31 - 1
/** Where sums of 32 bits wrap, and eight of which together do. */
const EDGES = [
  0,
  1,
  7,
  2 ** 28 - 1,
  2 ** 28,
  2 ** 29,
  2 ** 30,
  GREATEST,
  -1,
  -(2 ** 28),
  -GREATEST - 1,
]

function runForward(offsets: Int32Array, start: number, limit: number): boolean {
  const used = [...offsets.subarray(start)]
  return used.every((offset, i) => offset >= (used[i - 1] ?? 0) && offset <= limit)
}

test('offsets run forward or do not, whatever sums of them wrap', () => {
  const random = randomFrom(1)
  const below = (count: number): number => random() % count
  let soundCount = 0
  for (let list = 0; list < LIST_COUNT; list++) {
    const start = below(START_MAX + 1)
    const length = below(LENGTH_MAX)
    const offsets = new Int32Array(start + length + 1)
    const rarity = below(2) === 0 ? 2 : 30
    // From far ahead steps lead past the greatest offset, and become negative.
    let offset = below(4) === 0 ? GREATEST - below(LENGTH_MAX * 50) : 0
    for (let i = start; i <= start + length; i++) {
      offsets[i] = offset
      offset += below(rarity) === 0 ? below(2 ** 31) : below(100)
    }
    if (below(4) === 0) offsets[start + below(length + 1)] = EDGES[below(EDGES.length)] as number
    const limit = below(2) === 0 ? GREATEST : Math.max(0, offsets[start + length] as number)
    const isSound = runForward(offsets, start, limit)
    const fault = faultInOffsets(offsets, start, length, limit, false)
    expect([fault === undefined, [...offsets], start, limit]).toEqual([
      isSound,
      [...offsets],
      start,
      limit,
    ])
    if (isSound) soundCount++
  }
  expect(Math.min(soundCount, LIST_COUNT - soundCount)).toBeGreaterThan(LIST_COUNT / 10)
})

test('eight steps do not lead all the way around', () => {
  // The last offset is 92, and lies 2^32 before where the steps lead.
  const offsets = Int32Array.from({ length: 9 }, (_, i) => (100 + i * (2 ** 29 - 1)) | 0)
  expect(faultInOffsets(offsets, 0, 8, GREATEST, false)).toBeDefined()
})

test('offsets of another type are refused', () => {
  const wide = { path: '', why: 'its offsets are no BigInt64Array' }
  expect(faultInOffsets(new Int32Array(6), 0, 2, 5, true)).toEqual(wide)
  expect(faultInOffsets(new DataView(new ArrayBuffer(24)), 0, 2, 5, true)).toEqual(wide)
  expect(faultInOffsets(new Uint8Array(25).subarray(1), 0, 2, 5, true)).toEqual(wide)
  const narrow = { path: '', why: 'its offsets are no Int32Array' }
  expect(faultInOffsets(new BigInt64Array(3), 0, 2, 5, false)).toEqual(narrow)
})
