import { expect, test } from 'vitest'
import { Ledger } from '#dist/bench/ledger.js'
import { insertedRecord, isWhole, SCAN_LENGTH_MAX, ScanDraw } from '#dist/bench/ycsb-scan.js'

const CELL_COUNT = 1_000
const DRAW_COUNT = 20_000

test('workers draw scans of all lengths from loaded records, and no number twice', () => {
  const ledger = Ledger.create(2)
  const inserted = new Set<number>()
  const lengths = new Set<number>()
  let insertCount = 0
  for (const workerIndex of [0, 1]) {
    const seat = { workerIndex, workerCount: 2, cellCount: CELL_COUNT, seed: workerIndex + 1 }
    const draw = new ScanDraw(seat, ledger)
    for (let done = 0; done < DRAW_COUNT; done++) {
      draw.next()
      expect(draw.record < CELL_COUNT).toBe(!draw.isInsert)
      if (draw.isInsert) {
        insertCount++
        inserted.add(draw.record)
      } else {
        lengths.add(draw.length)
      }
    }
  }
  expect(insertCount / (2 * DRAW_COUNT)).toBeCloseTo(0.05, 2)
  expect(inserted.size).toBe(insertCount)
  expect(lengths.size).toBe(SCAN_LENGTH_MAX)
  expect(Math.min(...lengths)).toBe(1)
  expect(Math.max(...lengths)).toBe(SCAN_LENGTH_MAX)
})

test('there is an end to the numbers', () => {
  expect(insertedRecord(CELL_COUNT, 8_999_999)).toBeLessThan(CELL_COUNT + 9_000_000)
  expect(() => insertedRecord(CELL_COUNT, 9_000_000)).toThrow('9000000 records were inserted')
})

test.each([
  { found: [19, 190, 191], length: 3, whole: true },
  { found: [19, 1_900, 190, 191], length: 4, whole: true },
  { found: [19, 191, 192], length: 3, whole: false },
  { found: [190, 191, 192], length: 3, whole: false },
  { found: [1_900, 19, 190], length: 3, whole: false },
  { found: [19, 190], length: 3, whole: false },
  { found: [], length: 3, whole: false },
])('a scan of $length records from 19 that met $found: $whole', ({ found, length, whole }) => {
  const records = Float64Array.from(found)
  expect(isWhole(records, found.length, { record: 19, length }, CELL_COUNT)).toBe(whole)
})

test('a scan may come to the last record before it has as many as it should', () => {
  const records = Float64Array.of(998, 999, 9_990)
  expect(isWhole(records, 3, { record: 998, length: 50 }, CELL_COUNT)).toBe(true)
  expect(isWhole(records, 1, { record: 998, length: 50 }, CELL_COUNT)).toBe(false)
})
