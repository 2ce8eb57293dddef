import { describe, expect, it } from 'vitest'
import {
  addBits,
  bitAt,
  bitmapLength,
  countBits,
  firstClearBit,
  setBits,
  writeBitmap,
} from '#dist/src/arrow/bitmap.js'
import { randomFrom } from '../../support/random.ts'

const LENGTHS = [0, 1, 7, 8, 9, 16, 17, 40, 700]
const FIRSTS = [0, 3, 8, 13]
const random = randomFrom(5)
const source = Uint8Array.from({ length: 100 }, () => random() & 0xff)
const full = new Uint8Array(100).fill(0xff)

function bitsOf(bitmap: Uint8Array, first: number, count: number): boolean[] {
  return Array.from({ length: count }, (_, i) => bitAt(bitmap, first + i))
}

describe.each(FIRSTS)('bits from %i on', (first) => {
  it.each(LENGTHS)('are copied to the start of a byte, with zeros behind them: %i', (count) => {
    const length = bitmapLength(count)
    const target = new Uint8Array(length + 4).fill(0xa5)
    writeBitmap(target, 2, source, first, count)
    expect(bitsOf(target, 16, count)).toEqual(bitsOf(source, first, count))
    expect(bitsOf(target, 16 + count, length * 8 - count)).not.toContain(true)
    expect([target[0], target[1], target.at(-2), target.at(-1)]).toEqual([0xa5, 0xa5, 0xa5, 0xa5])
  })

  it.each(LENGTHS)('are added to others, which stay: %i', (count) => {
    for (const to of FIRSTS) {
      for (const add of [addBits, setBits]) {
        const target = new Uint8Array(100)
        target[0] = (1 << to) - 1
        const from = add === addBits ? source : full
        if (add === addBits) addBits(target, to, source, first, count)
        else setBits(target, to, count)
        expect(bitsOf(target, to, count)).toEqual(bitsOf(from, first, count))
        expect(bitsOf(target, 0, Math.min(to, 8))).not.toContain(false)
        expect(bitsOf(target, to + count, 60)).not.toContain(true)
      }
    }
  })

  it.each(LENGTHS)('are counted, and the first clear one is found: %i', (count) => {
    for (const bitmap of [source, full]) {
      const bits = bitsOf(bitmap, first, count)
      expect(countBits(bitmap, first, count)).toBe(bits.filter(Boolean).length)
      const clear = bits.indexOf(false)
      expect(firstClearBit(bitmap, first, count)).toBe(clear < 0 ? -1 : first + clear)
    }
  })
})
