import { describe, expect, it } from 'vitest'
import { ArenaCorruptError } from '../../../src/errors/arena-errors.ts'
import { KeyNotAcceptableError } from '../../../src/errors/data-errors.ts'
import { KEY_LENGTH_MAX, KEY_TUPLE_ELEMENT_COUNT_MAX, type Key } from '../../../src/values/key.ts'
import { decodeKey, encodeKey } from '../../../src/values/key-encoding.ts'

const OFFSET = 24

function bytesOf(key: Key): Uint8Array {
  const target = new Uint8Array(new SharedArrayBuffer(OFFSET + KEY_LENGTH_MAX))
  const length = encodeKey(key, target, OFFSET)
  return target.slice(OFFSET, OFFSET + length)
}

function hexOf(key: Key): string {
  return Buffer.from(bytesOf(key)).toString('hex')
}

function refusalOf(key: unknown): KeyNotAcceptableError {
  try {
    bytesOf(key as Key)
  } catch (error) {
    if (error instanceof KeyNotAcceptableError) return error
    throw error
  }
  throw new Error('the key was accepted')
}

describe('encodeKey', () => {
  it('writes a string as its tag, its UTF-8 bytes and a terminator', () => {
    expect(hexOf('')).toBe('2000')
    expect(hexOf('ab')).toBe('20616200')
    expect(hexOf('aé€😀')).toBe('2061c3a9e282acf09f988000')
  })

  it('escapes U+0000 so that it differs from the terminator', () => {
    expect(hexOf('\0')).toBe('2000ff00')
    expect(hexOf('a\0b')).toBe('206100ff6200')
  })

  it('writes a number as eight bytes that sort by value', () => {
    expect(hexOf(0)).toBe('108000000000000000')
    expect(hexOf(1)).toBe('10bff0000000000000')
    expect(hexOf(-1)).toBe('10400fffffffffffff')
    expect(hexOf(Number.POSITIVE_INFINITY)).toBe('10fff0000000000000')
    expect(hexOf(Number.NEGATIVE_INFINITY)).toBe('10000fffffffffffff')
  })

  it('writes a tuple as its tag, its elements and a terminator', () => {
    expect(hexOf([])).toBe('3000')
    expect(hexOf(['a', 0])).toBe('3020610010800000000000000000')
  })

  it('returns the number of bytes and writes nothing before the offset', () => {
    const target = new Uint8Array(new SharedArrayBuffer(64)).fill(0xaa)
    expect(encodeKey('abc', target, 10)).toBe(5)
    expect([...target.slice(0, 10)]).toEqual(Array(10).fill(0xaa))
    expect([...target.slice(15)]).toEqual(Array(49).fill(0xaa))
  })

  it('accepts a key that fills the target to its last byte', () => {
    const target = new Uint8Array(new SharedArrayBuffer(8))
    expect(encodeKey('abcd', target, 2)).toBe(6)
  })

  it.each<[string, Key]>([
    ['an ASCII string', 'abcdefgh'],
    ['a string of other characters', 'éééé'],
    ['a string of escapes', '\0\0\0\0'],
    ['a number', 1],
    ['a tuple', ['a', 'b', 'c']],
    ['an empty tuple', []],
  ])('throws a RangeError when the target has no room for %s', (_, key) => {
    const length = bytesOf(key).length
    const target = new Uint8Array(new SharedArrayBuffer(length + 3))
    expect(() => encodeKey(key, target, 4)).toThrow(RangeError)
    expect(encodeKey(key, target, 3)).toBe(length)
  })

  it('accepts 1024 bytes of text in one string and in a full tuple', () => {
    expect(bytesOf('x'.repeat(1024))).toHaveLength(1026)
    expect(bytesOf('é'.repeat(512))).toHaveLength(1026)
    const elements = Array<string>(KEY_TUPLE_ELEMENT_COUNT_MAX).fill('x'.repeat(32))
    expect(bytesOf(elements)).toHaveLength(1024 + 2 * KEY_TUPLE_ELEMENT_COUNT_MAX + 2)
  })

  it('accepts an encoding of the greatest length and refuses one byte more', () => {
    expect(bytesOf('x'.repeat(KEY_LENGTH_MAX - 2))).toHaveLength(KEY_LENGTH_MAX)
    const target = new Uint8Array(4 * KEY_LENGTH_MAX)
    for (const key of ['x'.repeat(KEY_LENGTH_MAX - 1), '€'.repeat(365), '\0'.repeat(548)]) {
      expect(() => encodeKey(key, target, 0)).toThrow(KeyNotAcceptableError)
    }
    expect(refusalOf(['x'.repeat(KEY_LENGTH_MAX - 4), ''])).toMatchObject({ path: '$' })
  })

  it('refuses NaN and -0 and says what to use', () => {
    expect(refusalOf(Number.NaN).message).toContain('NaN')
    expect(refusalOf(-0)).toMatchObject({ path: '$', why: 'it is -0; use 0' })
    expect(refusalOf(['a', -0])).toMatchObject({ path: '$[1]' })
  })

  it.each([
    ['a high surrogate at the end', 'a\ud83d'],
    ['a high surrogate before another character', '\ud83da'],
    ['a low surrogate alone', 'ab\ude00'],
    ['surrogates in the wrong order', '\ude00\ud83d'],
  ])('refuses a string with %s', (_, text) => {
    expect(refusalOf(text)).toMatchObject({ path: '$' })
    expect(refusalOf([1, text])).toMatchObject({ path: '$[1]' })
    expect(refusalOf(text).why).toContain('lone surrogate')
  })

  it.each([
    ['undefined', undefined, 'undefined'],
    ['null', null, 'null'],
    ['a boolean', true, 'true'],
    ['a bigint', 7n, '7n'],
    ['a symbol', Symbol('s'), 'a symbol'],
    ['a function', () => 1, 'a function'],
    ['an object', { id: 1 }, 'an object'],
    ['a boxed string', Object('text'), 'an instance of String'],
    ['bytes', new Uint8Array(2), 'an instance of Uint8Array'],
  ])('refuses %s and names it', (_, key, name) => {
    expect(refusalOf(key)).toMatchObject({ path: '$' })
    expect(refusalOf(key).why).toContain(`it is ${name}, `)
    expect(refusalOf([key])).toMatchObject({ path: '$[0]' })
  })

  it('refuses nested tuples, holes and tuples that are too long', () => {
    expect(refusalOf(['a', ['b']])).toMatchObject({ path: '$[1]' })
    expect(refusalOf(new Array(2))).toMatchObject({ path: '$[0]' })
    const long = Array<number>(KEY_TUPLE_ELEMENT_COUNT_MAX + 1).fill(1)
    expect(refusalOf(long).why).toContain('at most 32')
    expect(bytesOf(long.slice(1))).toHaveLength(KEY_TUPLE_ELEMENT_COUNT_MAX * 9 + 2)
  })
})

describe('decodeKey', () => {
  it.each<[Key]>([
    [''],
    ['\ufeffbyte order mark'],
    ['a\0\0b\0'],
    [Number.MIN_VALUE],
    [-Number.MAX_VALUE],
    [[]],
    [['', '', 0]],
    [['a\0', Number.NEGATIVE_INFINITY, '😀']],
  ])('reads %j back', (key) => {
    const bytes = bytesOf(key)
    const padded = new Uint8Array(new SharedArrayBuffer(bytes.length + 12)).fill(0xff)
    padded.set(bytes, 5)
    expect(decodeKey(padded, 5, bytes.length)).toEqual(key)
  })

  it.each([
    ['no bytes', ''],
    ['an unknown tag', '40'],
    ['a string without an end', '2061'],
    ['a string that ends in an escape', '200 0ff'],
    ['a string that is not UTF-8', '20c100'],
    ['an overlong form', '20c1a100'],
    ['a surrogate', '20eda08000'],
    ['a number that is cut off', '10800000'],
    ['NaN', '10fff8000000000000'],
    ['-0', '107fffffffffffffff'],
    ['bytes after the key', '20610000'],
    ['a tuple without an end', '3020610020'],
    ['only the tag of a tuple', '30'],
    ['a tuple in a tuple', '30300000'],
  ])('refuses %s', (_, hex) => {
    const bytes = Uint8Array.from(Buffer.from(hex.replaceAll(' ', ''), 'hex'))
    expect(() => decodeKey(bytes, 0, bytes.length)).toThrow(ArenaCorruptError)
  })

  it('refuses a length that reaches beyond the bytes', () => {
    expect(() => decodeKey(bytesOf('abc'), 0, 6)).toThrow(ArenaCorruptError)
  })
})
