import { describe, expect, test } from 'vitest'
import { createBlocks, OrderedBlocks } from '#dist/bench/ordered-blocks.js'
import { Xorshift32 } from '#dist/bench/xorshift32.js'

const LOADED_COUNT = 100
const KEY_STEP = 1_000

function openBlocks(roomCount: number): OrderedBlocks {
  const keys = Array.from({ length: LOADED_COUNT }, (_, index) => (index + 1) * KEY_STEP)
  const values = keys.map((key) => -key)
  return new OrderedBlocks(createBlocks(keys, values, roomCount), LOADED_COUNT)
}

function scan(blocks: OrderedBlocks, from: number, limit: number): [number, number][] {
  const keys = new Int32Array(limit)
  const values = new Float64Array(limit)
  const found = blocks.scan(from, limit, keys, values)
  return Array.from({ length: found }, (_, at) => [keys[at] as number, values[at] as number])
}

describe('ordered blocks', () => {
  test('hold what was inserted, in order, while their arrays grow', () => {
    const blocks = openBlocks(2_000)
    const random = new Xorshift32(1)
    const model = new Map<number, number>()
    for (let key = KEY_STEP; key <= LOADED_COUNT * KEY_STEP; key += KEY_STEP) model.set(key, -key)
    while (model.size < 2_000) {
      const key = random.below((LOADED_COUNT + 1) * KEY_STEP)
      if (model.has(key)) continue
      blocks.insert(key, model.size)
      model.set(key, model.size)
    }
    const expected = [...model].sort(([a], [b]) => a - b)
    expect(scan(blocks, 0, 2_001)).toEqual(expected)
    const seen: [number, number][] = []
    blocks.visit((key, value) => seen.push([key, value]))
    expect(seen).toEqual(expected)
    for (const from of [0, 999, 1_000, 31_999, 32_000, 32_001, 50_500, 100_001]) {
      expect(scan(blocks, from, 100)).toEqual(expected.filter(([key]) => key >= from).slice(0, 100))
    }
  })

  test('take keys below the smallest one', () => {
    const blocks = openBlocks(1)
    blocks.insert(1, 7)
    expect(scan(blocks, 0, 2)).toEqual([
      [1, 7],
      [KEY_STEP, -KEY_STEP],
    ])
  })

  test('say when there is no more room', () => {
    const blocks = openBlocks(10)
    const fill = () => {
      for (let key = 1; key < KEY_STEP; key++) blocks.insert(key, 0)
    }
    expect(fill).toThrow('no more room for keys')
  })
})
