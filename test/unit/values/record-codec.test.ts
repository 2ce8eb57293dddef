import { describe, expect, expectTypeOf, it } from 'vitest'
import { ValueNotAcceptableError } from '../../../src/errors/data-errors.ts'
import { InvalidOptionError } from '../../../src/errors/store-errors.ts'
import type { Codec, RecordArrays, RecordFieldType } from '../../../src/values/codec.ts'
import { RECORD_FIELD_COUNT_MAX, record } from '../../../src/values/record-codec.ts'

const BASE = 64

function shared(length = 2048): { arrays: RecordArrays; bytes: Uint8Array } {
  const buffer = new SharedArrayBuffer(length)
  const arrays = {
    f64: new Float64Array(buffer),
    i32: new Int32Array(buffer),
    u32: new Uint32Array(buffer),
  }
  return { arrays, bytes: new Uint8Array(buffer) }
}

const statistics = record({
  worst: 'int32',
  count: 'float64',
  seen: 'uint32',
  sum: 'float64',
  last: 'int32',
})
const SAMPLE = { worst: -5, count: 1.5, seen: 4_294_967_295, sum: Number.NaN, last: 2_147_483_647 }

function refusalOf(value: unknown): ValueNotAcceptableError {
  try {
    statistics.encodeInto(value as typeof SAMPLE, shared().arrays, BASE)
  } catch (error) {
    if (error instanceof ValueNotAcceptableError) return error
    throw error
  }
  throw new Error('the value was accepted')
}

describe('record', () => {
  it('lays out float64 fields first, aligns every field and rounds the length up to 8', () => {
    expect(statistics.fields).toEqual([
      { name: 'worst', type: 'int32', byteOffset: 16 },
      { name: 'count', type: 'float64', byteOffset: 0 },
      { name: 'seen', type: 'uint32', byteOffset: 20 },
      { name: 'sum', type: 'float64', byteOffset: 8 },
      { name: 'last', type: 'int32', byteOffset: 24 },
    ])
    expect(statistics.byteLength).toBe(32)
    expect(record({ only: 'int32' }).byteLength).toBe(8)
  })

  it('reads back what was written, with fields in the order of their declaration', () => {
    const { arrays } = shared()
    statistics.encodeInto(SAMPLE, arrays, BASE)
    const read = statistics.decodeFrom(arrays, BASE)
    expect(read).toStrictEqual(SAMPLE)
    expect(Object.keys(read)).toEqual(Object.keys(SAMPLE))
  })

  it('takes fields in any order', () => {
    const { arrays } = shared()
    const { worst, ...rest } = SAMPLE
    statistics.encodeInto({ ...rest, worst }, arrays, BASE)
    expect(statistics.decodeFrom(arrays, BASE)).toStrictEqual(SAMPLE)
  })

  it('writes only its own bytes', () => {
    const { arrays, bytes } = shared()
    bytes.fill(0xaa)
    statistics.encodeInto(SAMPLE, arrays, BASE)
    expect(bytes.slice(0, BASE).every((byte) => byte === 0xaa)).toBe(true)
    expect(bytes.slice(BASE + statistics.byteLength).every((byte) => byte === 0xaa)).toBe(true)
  })

  it('keeps every float64, -0 and NaN included', () => {
    const codec = record({ x: 'float64' })
    const { arrays } = shared()
    for (const x of [-0, 0, Number.NaN, Number.NEGATIVE_INFINITY, Number.MIN_VALUE, 0.1]) {
      codec.encodeInto({ x }, arrays, 8)
      expect(codec.decodeFrom(arrays, 8).x).toBe(x)
    }
  })

  it.each(Array.from({ length: 12 }, (_, i) => i + 1).concat(RECORD_FIELD_COUNT_MAX))(
    'keeps %i fields of mixed types apart',
    (count) => {
      const types: RecordFieldType[] = ['float64', 'int32', 'uint32']
      const fields: Record<string, RecordFieldType> = {}
      const value: Record<string, number> = {}
      for (let i = 0; i < count; i++) {
        fields[`field${i}`] = types[i % 3] as RecordFieldType
        value[`field${i}`] = i + 1
      }
      const codec = record(fields)
      const { arrays } = shared()
      codec.encodeInto(value, arrays, BASE)
      expect(codec.decodeFrom(arrays, BASE)).toStrictEqual(value)
    },
  )

  it.each([
    ['a fraction in int32', { worst: 0.5 }, '$.worst'],
    ['NaN in int32', { worst: Number.NaN }, '$.worst'],
    ['-0 in int32', { worst: -0 }, '$.worst'],
    ['more than int32 holds', { last: 2_147_483_648 }, '$.last'],
    ['less than int32 holds', { last: -2_147_483_649 }, '$.last'],
    ['a negative number in uint32', { seen: -1 }, '$.seen'],
    ['more than uint32 holds', { seen: 4_294_967_296 }, '$.seen'],
    ['-0 in uint32', { seen: -0 }, '$.seen'],
    ['a string', { count: '1' }, '$.count'],
    ['a bigint', { count: 1n }, '$.count'],
    ['undefined', { sum: undefined }, '$.sum'],
    ['a field too many', { extra: 1 }, '$.extra'],
  ])('refuses %s and names the path', (_, change, path) => {
    expect(refusalOf({ ...SAMPLE, ...change })).toMatchObject({ path })
  })

  it('refuses a value with a field missing, and names it', () => {
    const { sum: _, ...rest } = SAMPLE
    expect(refusalOf(rest)).toMatchObject({ path: '$.sum' })
    expect(refusalOf({ ...rest, total: 1 })).toMatchObject({ path: '$.sum' })
    expect(refusalOf([1, 2, 3, 4, 5])).toMatchObject({ path: '$.worst' })
  })

  it.each([[undefined], [null], [5], ['abcde']])('refuses %j instead of an object', (value) => {
    expect(refusalOf(value).code).toBe('KHONSU_VALUE_NOT_ACCEPTABLE')
  })

  it.each<[string, object, string]>([
    ['no fields', {}, 'fields'],
    ['an unknown type', { x: 'float32' }, 'fields.x'],
    ['an inherited name as type', { x: 'toString' }, 'fields.x'],
    ['a name that is an index', { 0: 'int32' }, 'fields'],
    ['an empty name', { '': 'int32' }, 'fields'],
    ['an own __proto__', JSON.parse('{"__proto__":"int32"}'), 'fields'],
  ])('refuses a declaration with %s', (_, fields, option) => {
    const declare = () => record(fields as Record<string, RecordFieldType>)
    expect(declare).toThrow(InvalidOptionError)
    expect(declare).toThrow(expect.objectContaining({ option }))
  })

  it('refuses more fields than a record can have', () => {
    const names = Array.from({ length: RECORD_FIELD_COUNT_MAX + 1 }, (_, i) => [`f${i}`, 'int32'])
    expect(() => record(Object.fromEntries(names))).toThrow(InvalidOptionError)
  })

  it('gives equal signatures to equal declarations only', () => {
    expect(record({ a: 'int32', b: 'float64' }).signature).toBe('a:int32,b:float64')
    expect(record({ b: 'float64', a: 'int32' }).signature).toBe('b:float64,a:int32')
  })

  it('is typed by its fields', () => {
    const codec = record({ count: 'float64', worst: 'int32' })
    expectTypeOf(codec).toExtend<Codec<{ readonly count: number; readonly worst: number }>>()
    expectTypeOf(codec.decodeFrom).returns.toEqualTypeOf<{
      readonly count: number
      readonly worst: number
    }>()
  })
})
