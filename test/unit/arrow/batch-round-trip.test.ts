import { createRequire } from 'node:module'
import {
  type DataType,
  Dictionary,
  Int32,
  type RecordBatch,
  Table,
  tableFromIPC,
  tableToIPC,
  Utf8,
} from 'apache-arrow'
import { describe, expect, it } from 'vitest'
import { writeBody } from '#dist/src/arrow/batch-body.js'
import { writeHeader } from '#dist/src/arrow/batch-header.js'
import { openBatch } from '#dist/src/arrow/batch-opening.js'
import { planBatch } from '#dist/src/arrow/batch-plan.js'
import { openSchema } from '#dist/src/arrow/open-schema.js'
import { ArenaCorruptError } from '#dist/src/errors/arena-errors.js'
import { batchOf, contentsOf, randomBatch } from '../../support/arrow-data.ts'
import { BatchMemory, roundTrip } from '../../support/arrow-store.ts'
import { ALL_TYPES, FIXED_TYPES, KEY_TYPES } from '../../support/arrow-types.ts'
import { randomFrom } from '../../support/random.ts'

const EACH_TYPE = ALL_TYPES.map((type) => [String(type), type] as const)
const ROW_COUNT = 21
const LONG_ROW_COUNT = 3000
const GARBAGE = 0xa5
const NO_DICTIONARY = () => expect.unreachable('the batch has no dictionary')

function batchOfType(type: DataType, length = ROW_COUNT, nullPercent = 25): RecordBatch {
  return randomBatch([type], length, randomFrom(7), { nullPercent, variety: 0 })
}

describe('a batch that is written and opened', () => {
  it.each(EACH_TYPE)('has the values that it had: %s', (_, type) => {
    const batch = batchOfType(type)
    expect(contentsOf(roundTrip(batch))).toEqual(contentsOf(batch))
  })

  it.each(EACH_TYPE)('has the values of a slice: %s', (_, type) => {
    const batch = batchOfType(type)
    for (const [begin, end] of [
      [3, 17],
      [8, 21],
      [20, 21],
      [5, 5],
    ] as const) {
      const slice = batch.slice(begin, end).slice(begin === 3 ? 2 : 0)
      expect(contentsOf(roundTrip(slice))).toEqual(contentsOf(slice))
    }
  })

  it.each(EACH_TYPE)('has no rows when it had none: %s', (_, type) => {
    const batch = roundTrip(batchOfType(type, 0))
    expect(batch.numRows).toBe(0)
    expect(contentsOf(batch)).toEqual([['c0', []]])
  })

  it.each(EACH_TYPE)('has nulls only when it had nothing else: %s', (_, type) => {
    const batch = batchOfType(type, ROW_COUNT, 100)
    expect(contentsOf(roundTrip(batch))).toEqual(contentsOf(batch))
  })

  it('can be written and opened again', () => {
    const batch = randomBatch(ALL_TYPES, ROW_COUNT, randomFrom(8))
    expect(contentsOf(roundTrip(roundTrip(batch)))).toEqual(contentsOf(batch))
    expect(planBatch(roundTrip(batch)).schemaBytes).toEqual(planBatch(batch).schemaBytes)
  })

  it('can be exported as Arrow IPC', () => {
    const batch = roundTrip(randomBatch(FIXED_TYPES, ROW_COUNT, randomFrom(9)))
    const [exported] = tableFromIPC(tableToIPC(new Table([batch]))).batches
    expect(contentsOf(exported as RecordBatch)).toEqual(contentsOf(batch))
  })

  it('may be one of another copy of apache-arrow', () => {
    const foreign: typeof import('apache-arrow') = createRequire(import.meta.url)('apache-arrow')
    const batch = randomBatch(KEY_TYPES, ROW_COUNT, randomFrom(9))
    const [copy] = foreign.tableFromIPC(tableToIPC(new Table([batch]))).batches
    expect(copy?.constructor).not.toBe(batch.constructor)
    const opened = roundTrip(copy as RecordBatch)
    expect(opened.constructor).toBe(batch.constructor)
    expect(contentsOf(opened)).toEqual(contentsOf(batch))
  })

  it('keeps rows that have no columns', () => {
    const batch = roundTrip(batchOf([], [], 5))
    expect([batch.numRows, batch.numCols]).toEqual([5, 0])
  })
})

describe('a body', () => {
  const batch = randomBatch(ALL_TYPES, LONG_ROW_COUNT, randomFrom(10), {
    nullPercent: 1,
    variety: 0,
  })

  it('is read in place', () => {
    const memory = new BatchMemory(1 << 23)
    const opened = memory.open(memory.write(batch))
    const [id, ...rest] = opened.data.children
    for (const buffer of [id?.values, id?.nullBitmap, ...rest.map(({ values }) => values)]) {
      if (buffer !== undefined) expect(buffer.buffer).toBe(memory.bytes.buffer)
    }
  })

  it('has its regions at multiples of 8, long ones at multiples of 64, one after another', () => {
    const { regions, bodyLength } = planBatch(batch)
    let end = 0
    for (let i = 0; i < regions.length; i += 2) {
      const [offset, length] = [regions[i] as number, regions[i + 1] as number]
      expect(offset % (length >= 4096 ? 64 : 8)).toBe(0)
      expect(offset).toBeGreaterThanOrEqual(end)
      expect(offset - end).toBeLessThan(64)
      end = offset + length
    }
    expect(bodyLength).toBe(end)
  })

  it('is all that is written, besides the header', () => {
    const plan = planBatch(batch)
    const at = 128
    const bytes = new Uint8Array(plan.bodyLength + 256).fill(GARBAGE)
    writeBody(plan, bytes, at)
    expect(bytes.subarray(0, at).every((byte) => byte === GARBAGE)).toBe(true)
    expect(bytes.subarray(at + plan.bodyLength).every((byte) => byte === GARBAGE)).toBe(true)
    const words = new Uint32Array(plan.headerLength / 4 + 4).fill(GARBAGE)
    const handles = plan.dictionaries.map(() => 1)
    writeHeader(plan, words, 8, handles)
    const outside = [words[0], words[1], words.at(-2), words.at(-1)]
    expect(outside).toEqual([GARBAGE, GARBAGE, GARBAGE, GARBAGE])
    expect(plan.headerLength % 8).toBe(0)
  })

  it('holds of views only what a slice uses', () => {
    const views = ALL_TYPES.filter((type) => /View/.test(String(type)))
    const long = randomBatch(views, LONG_ROW_COUNT, randomFrom(11))
    expect(planBatch(long.slice(100, 105)).bodyLength).toBeLessThan(1000)
  })
})

describe('a header', () => {
  it('has one handle for each dictionary', () => {
    const plan = planBatch(batchOfType(new Dictionary(new Utf8(), new Int32())))
    expect(() => writeHeader(plan, new Uint32Array(64), 0, [])).toThrow('0 handles for 1')
  })

  it('is refused when it belongs to another schema', () => {
    const [one, two] = [randomBatch(FIXED_TYPES, 1, randomFrom(1)), batchOf([], [], 1)]
    const plan = planBatch(two)
    const words = new Uint32Array(plan.headerLength / 4)
    writeHeader(plan, words, 0, [])
    const entry = openSchema(planBatch(one).schemaBytes)
    const open = () => openBatch(entry, words, 0, new ArrayBuffer(8), 0, NO_DICTIONARY)
    expect(open).toThrow(ArenaCorruptError)
  })
})
