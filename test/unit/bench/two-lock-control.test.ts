import { expect, test } from 'vitest'
import {
  controlTransfers,
  createControlCells,
  sumControlCells,
  transferLocked,
} from '#dist/bench/two-lock-control.js'
import { workerSeed, Xorshift32 } from '#dist/bench/xorshift32.js'

test.each([16, 10_000])('T3: transfers among %i cells keep the sum', (cellCount) => {
  const cells = createControlCells(cellCount)
  const expected = sumControlCells(cells)
  controlTransfers(cells, { firstCell: 0, cellCount }, 7)(10_000)
  expect(sumControlCells(cells)).toBe(expected)
})

test('a transfer moves the amount and frees both locks', () => {
  const cells = createControlCells(10_000)
  const { words, strideShift } = cells
  const before = Int32Array.from(words)
  transferLocked(words, strideShift, 9, 4, 25)
  const changed = [...words.entries()].filter(([word, value]) => value !== before[word])
  expect(changed.map(([word, value]) => [word, value - (before[word] as number)])).toEqual([
    [(4 << strideShift) + 1, 25],
    [(9 << strideShift) + 1, -25],
  ])
})

test('a batch stays inside its range', () => {
  const cells = createControlCells(100)
  const { words, strideShift } = cells
  const initial = words[1]
  controlTransfers(cells, { firstCell: 50, cellCount: 50 }, 7)(10_000)
  for (let index = 0; index < 50; index++) {
    expect(words[(index << strideShift) + 1]).toBe(initial)
  }
})

test('the generator reaches every index of a bound and none outside', () => {
  const random = new Xorshift32(workerSeed(1, 0))
  const counts = new Map<number, number>()
  for (let draw = 0; draw < 16_000; draw++) {
    const index = random.below(16)
    counts.set(index, (counts.get(index) ?? 0) + 1)
  }
  expect([...counts.keys()].sort((a, b) => a - b)).toEqual(Array.from({ length: 16 }, (_, i) => i))
  expect(Math.min(...counts.values())).toBeGreaterThan(800)
})

test('a generator with seed zero does not stand still', () => {
  const random = new Xorshift32(0)
  expect(random.next()).not.toBe(random.next())
})

test('workers get seeds of their own', () => {
  const seeds = Array.from({ length: 64 }, (_, workerIndex) => workerSeed(1, workerIndex))
  expect(new Set(seeds).size).toBe(64)
})
