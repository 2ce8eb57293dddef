import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { KeyNotAcceptableError } from '../../src/errors/data-errors.ts'
import { KEY_LENGTH_MAX, type Key, type KeyElement } from '../../src/values/key.ts'
import { decodeKey, encodeKey } from '../../src/values/key-encoding.ts'

const RUNS = { numRuns: 5_000 }
const CANARY_RUNS = { numRuns: 20_000, seed: 1 }
const FILLER = 0xa5

/** Few characters, so that strings often share a prefix and differ in the hard places. */
const awkwardText = fc.string({
  unit: fc.constantFrom(
    '\0',
    '\x01',
    'a',
    'b',
    '\x7f',
    '\x80',
    'é',
    'ÿ',
    '\u07ff',
    '€',
    '\uffff',
    '😀',
  ),
  maxLength: 6,
})
const text = fc.oneof(awkwardText, fc.string({ unit: 'binary', maxLength: 40 }))
const number = fc
  .oneof(fc.double({ noNaN: true }), fc.integer(), fc.constantFrom(0, 1, -1, 2 ** 53, 1e-310))
  .map((value) => (value === 0 ? 0 : value))
const element: fc.Arbitrary<KeyElement> = fc.oneof(text, awkwardText, number)
/** So few elements that two tuples often differ only by an escape or by an element more. */
const narrowTuple = fc.array(
  fc.constantFrom<KeyElement>('', '\0', 'a', 'a\0', 'a\0\0', 'a\x01', 'aÿ', -1, 0, 1),
  { maxLength: 3 },
)
const tuple = fc.oneof(fc.array(element, { maxLength: 5 }), narrowTuple)
const key: fc.Arbitrary<Key> = fc.oneof(text, number, tuple)
const anyString = fc
  .array(fc.oneof(fc.integer({ max: 0xffff, min: 0 }), fc.integer({ min: 0xd7ff, max: 0xe000 })), {
    maxLength: 8,
  })
  .map((units) => String.fromCharCode(...units))

/** The order of keys in plain words, against which the order of bytes is held. */
function compareKeys(a: Key, b: Key): number {
  if (typeof a !== 'object' || typeof b !== 'object') {
    return rank(a) - rank(b) || compareElements(a as KeyElement, b as KeyElement)
  }
  for (let i = 0; i < Math.min(a.length, b.length); i++) {
    const order = compareElements(a[i] as KeyElement, b[i] as KeyElement)
    if (order !== 0) return order
  }
  return Math.sign(a.length - b.length)
}

function compareElements(a: KeyElement, b: KeyElement): number {
  if (typeof a === 'number' && typeof b === 'number') return a < b ? -1 : a > b ? 1 : 0
  if (typeof a === 'string' && typeof b === 'string') return compareCodePoints(a, b)
  return Math.sign(rank(a) - rank(b))
}

function compareCodePoints(a: string, b: string): number {
  const left = Array.from(a, (each) => each.codePointAt(0) ?? 0)
  const right = Array.from(b, (each) => each.codePointAt(0) ?? 0)
  const at = left.findIndex((point, i) => point !== right[i])
  return at < 0 ? Math.sign(left.length - right.length) : Math.sign(left[at]! - (right[at] ?? -1))
}

function rank(value: Key): number {
  return typeof value === 'number' ? 0 : typeof value === 'string' ? 1 : 2
}

type Encode = (key: Key) => Uint8Array

const encode: Encode = (each) => {
  const target = new Uint8Array(new SharedArrayBuffer(KEY_LENGTH_MAX))
  return target.slice(0, encodeKey(each, target, 0))
}

function sameOrder(encoder: Encode): fc.IProperty<[Key, Key]> {
  return fc.property(key, key, (a, b) => {
    expect(Math.sign(Buffer.compare(encoder(a), encoder(b)))).toBe(Math.sign(compareKeys(a, b)))
  })
}

describe('key encoding', () => {
  it('reads every key back', () => {
    fc.assert(
      fc.property(key, (each) => {
        const bytes = encode(each)
        expect(decodeKey(bytes, 0, bytes.length)).toEqual(each)
      }),
      RUNS,
    )
  })

  it('orders bytes as the plain model orders keys (K1, K2)', () => {
    fc.assert(sameOrder(encode), { numRuns: 20_000 })
  })

  it('orders tuples that share their first elements as the plain model does (K1, K2)', () => {
    fc.assert(
      fc.property(tuple, tuple, tuple, (prefix, a, b) => {
        const [left, right] = [prefix.concat(a), prefix.concat(b)]
        const order = Math.sign(Buffer.compare(encode(left), encode(right)))
        expect(order).toBe(compareKeys(left, right))
      }),
      RUNS,
    )
  })

  it('catches an encoder that forgets to escape U+0000 (canary)', () => {
    const unescaped: Encode = (each) => {
      const bytes = Buffer.from(encode(each)).toString('latin1')
      return Buffer.from(bytes.replaceAll('\0\xff', '\0'), 'latin1')
    }
    expect(fc.check(sameOrder(unescaped), CANARY_RUNS).failed).toBe(true)
  })

  it('catches an encoder that sorts strings by UTF-16 (canary)', () => {
    const utf16: Encode = (each) =>
      typeof each === 'string' ? Buffer.from(`\u2000${each}`, 'utf16le').swap16() : encode(each)
    expect(fc.check(sameOrder(utf16), CANARY_RUNS).failed).toBe(true)
  })

  it('refuses ill-formed strings and writes all others as UTF-8', () => {
    fc.assert(
      fc.property(anyString, (each) => {
        if (/\p{Surrogate}/u.test(each)) {
          expect(() => encode(each)).toThrow(KeyNotAcceptableError)
          expect(() => encode([0, each])).toThrow(KeyNotAcceptableError)
          return
        }
        const bytes = Buffer.from(encode(each)).toString('latin1')
        const plain = Buffer.from(each, 'utf8').toString('latin1').replaceAll('\0', '\0\xff')
        expect(bytes).toBe(`\x20${plain}\0`)
      }),
      { numRuns: 20_000 },
    )
  })

  it('writes only the bytes that it returns, and never beyond the target (K3)', () => {
    const room = fc.nat({ max: 80 })
    fc.assert(
      fc.property(key, fc.nat({ max: 16 }), room, (each, offset, length) => {
        const whole = new Uint8Array(new SharedArrayBuffer(256)).fill(FILLER)
        const target = whole.subarray(8, 8 + offset + length)
        const needed = encode(each).length
        let written = length
        if (needed <= length) {
          written = encodeKey(each, target, offset)
          expect(written).toBe(needed)
        } else {
          expect(() => encodeKey(each, target, offset)).toThrow(RangeError)
        }
        const untouched = [...whole.slice(0, 8 + offset), ...whole.slice(8 + offset + written)]
        expect(untouched.every((byte) => byte === FILLER)).toBe(true)
      }),
      RUNS,
    )
  })

  it('never takes more than the greatest length (K3)', () => {
    const long = fc.oneof(
      fc.string({ unit: 'binary', minLength: 200, maxLength: 1_200 }),
      fc.array(fc.oneof(number, fc.string({ maxLength: 80 })), { maxLength: 40 }),
    )
    const target = new Uint8Array(new SharedArrayBuffer(8 * KEY_LENGTH_MAX))
    fc.assert(
      fc.property(long, (each) => {
        target.fill(FILLER)
        try {
          expect(encodeKey(each, target, 0)).toBeLessThanOrEqual(KEY_LENGTH_MAX)
        } catch (error) {
          expect(error).toBeInstanceOf(KeyNotAcceptableError)
        }
        expect(target.subarray(KEY_LENGTH_MAX).every((byte) => byte === FILLER)).toBe(true)
      }),
      { numRuns: 1_000 },
    )
  })

  it('reads damaged bytes as another key or refuses them, and encodes no key in two ways (K2)', () => {
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 1, maxLength: 30 }), (bytes) => {
        let found: Key
        try {
          found = decodeKey(bytes, 0, bytes.length)
        } catch (error) {
          expect(error).toMatchObject({ code: 'KHONSU_ARENA_CORRUPT' })
          return
        }
        expect([...encode(found)]).toEqual([...bytes])
      }),
      { numRuns: 20_000 },
    )
  })
})
