import { describe, expect, expectTypeOf, it } from 'vitest'
import { ValueNotAcceptableError } from '../../../src/errors/data-errors.ts'
import { encodeJson, JSON_DEPTH_MAX } from '../../../src/values/json-value.ts'
import type { DeepReadonly, JsonObject, Value } from '../../../src/values/value.ts'

function refusalOf(value: object): ValueNotAcceptableError {
  try {
    encodeJson(value)
  } catch (error) {
    if (error instanceof ValueNotAcceptableError) return error
    throw error
  }
  throw new Error('the value was accepted')
}

function nested(depth: number): object {
  let value: object = []
  for (let i = 1; i < depth; i++) value = i % 2 === 0 ? [value] : { in: value }
  return value
}

describe('encodeJson', () => {
  it.each([
    [{}],
    [[]],
    [{ a: 1, b: -2.5, c: 'text', d: true, e: null }],
    [{ nested: { list: [1, [2, { three: 3 }], []], empty: {} } }],
    [{ 'a key': 1, '': 2, 7: 3, toJSON: 'data', constructor: 'data' }],
    [['é€😀', '\0', '"quoted"', '\\ud800', 'back\\slash']],
    [Object.assign(Object.create(null), { plain: true })],
    [Object.freeze({ frozen: Object.freeze([1]) })],
  ])('writes %j so that it reads back equal', (value) => {
    expect(JSON.parse(encodeJson(value))).toEqual(value)
  })

  it('accepts one object in two places', () => {
    const shared = { x: 1 }
    expect(encodeJson([shared, shared, { shared }])).toBe('[{"x":1},{"x":1},{"shared":{"x":1}}]')
  })

  it.each<[string, object, string]>([
    ['undefined in a property', { a: [1, { b: undefined }] }, '$.a[1].b'],
    ['undefined in an array', [1, undefined], '$[1]'],
    ['a hole', Object.assign(new Array(3), { 0: 1, 2: 3 }), '$[1]'],
    ['NaN', { a: [0, 1, 2, { b: Number.NaN }] }, '$.a[3].b'],
    ['Infinity', [Number.POSITIVE_INFINITY], '$[0]'],
    ['-0', { 'not an identifier': -0 }, '$["not an identifier"]'],
    ['a bigint', { n: 1n }, '$.n'],
    ['a symbol', { s: Symbol('s') }, '$.s'],
    ['a function', { deep: [{ f: () => 1 }] }, '$.deep[0].f'],
    ['a toJSON function', { toJSON: () => 1 }, '$.toJSON'],
    ['a Date', { at: new Date(0) }, '$.at'],
    ['a Map', { map: new Map() }, '$.map'],
    ['a Set', [new Set()], '$[0]'],
    ['a RegExp', { re: /x/ }, '$.re'],
    ['a typed array', { bytes: new Uint8Array(1) }, '$.bytes'],
    ['a boxed number', { boxed: Object(1) }, '$.boxed'],
    ['an instance of a class', { it: new (class Point {})() }, '$.it'],
    ['an instance of a subclass of Array', { list: new (class List extends Array {})() }, '$.list'],
    ['an error', new Error('no data'), '$'],
    ['a promise', Promise.resolve(), '$'],
    ['an own __proto__', JSON.parse('{"a":{"__proto__":{"admin":true}}}'), '$.a.__proto__'],
    ['a symbol as a name', { a: { [Symbol('s')]: 1 } }, '$.a'],
    ['a symbol as a name in an array', Object.assign([1], { [Symbol('s')]: 1 }), '$'],
    ['a getter', Object.defineProperty({}, 'g', { get: () => 1, enumerable: true }), '$.g'],
    ['a setter', Object.defineProperty({}, 's', { set: () => {}, enumerable: true }), '$.s'],
    ['a hidden property', Object.defineProperty({}, 'h', { value: 1 }), '$.h'],
    ['a named property in an array', { m: 'ab'.match(/a/) }, '$.m.index'],
    ['a lone surrogate', { a: ['fine', 'a\ud800'] }, '$.a[1]'],
    ['a lone surrogate in a name', { a: { '\udc00': 1 } }, '$.a["\\udc00"]'],
    ['the arguments of a function', argumentsOf(1), '$.length'],
  ])('refuses %s and names the path', (_, value, path) => {
    expect(refusalOf(value)).toMatchObject({ code: 'KHONSU_VALUE_NOT_ACCEPTABLE', path })
    expect(refusalOf(value).message).toContain(path)
  })

  it('says what was found and what to use instead', () => {
    expect(refusalOf({ at: new Date(0) }).why).toBe(
      'it is an instance of Date; use plain objects and arrays, or give the cell a codec',
    )
    expect(refusalOf({ n: -0 }).why).toBe('it is -0; use 0')
    expect(refusalOf({ n: undefined }).why).toContain('leave the property out or use null')
    expect(refusalOf([undefined]).why).toContain('undefined')
    expect(refusalOf(new Array(1)).why).toContain('a hole')
  })

  it('refuses cycles through objects and arrays', () => {
    const self: Record<string, unknown> = { a: 1 }
    self.me = self
    expect(refusalOf(self)).toMatchObject({ path: '$.me' })
    const list: unknown[] = [{ in: [] }]
    list.push({ back: [list] })
    expect(refusalOf(list)).toMatchObject({ path: '$[1].back[0]' })
  })

  it('accepts the greatest depth and refuses one level more', () => {
    expect(JSON.parse(encodeJson(nested(JSON_DEPTH_MAX)))).toEqual(nested(JSON_DEPTH_MAX))
    expect(refusalOf(nested(JSON_DEPTH_MAX + 1)).why).toContain('nested deeper than 512 levels')
    expect(refusalOf(nested(100_000)).why).toContain('nested deeper than 512 levels')
  })

  it('refuses everything while a prototype of plain data has a toJSON', () => {
    const prototype = Object.prototype as { toJSON?: unknown }
    prototype.toJSON = () => 'changed'
    try {
      expect(refusalOf({ a: 1 }).why).toContain('toJSON')
    } finally {
      delete prototype.toJSON
    }
    expect(encodeJson({ a: 1 })).toBe('{"a":1}')
  })

  it('tells text that looks like an escaped surrogate from a surrogate', () => {
    const value = { text: '\\ud800', pair: '😀' }
    expect(JSON.parse(encodeJson(value))).toEqual(value)
  })

  it('is ready for the next value after a refusal', () => {
    refusalOf({ a: [Number.NaN] })
    expect(encodeJson({ a: [1] })).toBe('{"a":[1]}')
  })
})

describe('the types of values', () => {
  it('accept plain data', () => {
    type Account = { balance: number; tags: string[]; note?: string }
    expectTypeOf<Account>().toExtend<JsonObject>()
    expectTypeOf<bigint | Uint8Array | null>().toExtend<Value>()
    expectTypeOf<{ at: Date }>().not.toExtend<Value>()
    expectTypeOf<undefined>().not.toExtend<Value>()
  })

  it('are readonly at every depth when read', () => {
    expectTypeOf<DeepReadonly<{ a: { b: number[] }[]; bytes: Uint8Array }>>().toEqualTypeOf<{
      readonly a: readonly { readonly b: readonly number[] }[]
      readonly bytes: Uint8Array
    }>()
    expectTypeOf<DeepReadonly<[string, { x: 1 }]>>().toEqualTypeOf<
      readonly [string, { readonly x: 1 }]
    >()
  })
})

function argumentsOf(..._: unknown[]): object {
  // biome-ignore lint/complexity/noArguments: an arguments object is under test
  return arguments
}
