import { ArenaCorruptError } from '../errors/arena-errors.ts'
import { KeyNotAcceptableError } from '../errors/data-errors.ts'
import { describeValue } from '../errors/describe-value.ts'
import { KEY_LENGTH_MAX, KEY_TUPLE_ELEMENT_COUNT_MAX, type Key, type KeyElement } from './key.ts'

/*
 * Keys as bytes whose order is the order of the keys.
 *
 *   number  10 | 8 bytes, big-endian float64: all bits inverted if negative, else the sign bit set
 *   string  20 | UTF-8, each 00 followed by FF | 00
 *   tuple   30 | elements | 00
 *
 * Invariants:
 *   K1. Bytes compare, as unsigned and with a prefix first, as the keys do.
 *   K2. Different keys have different bytes, and one key has one encoding.
 *   K3. An encoding is at most KEY_LENGTH_MAX bytes, and nothing is written beyond `target`.
 * A terminator sorts before every tag and before the FF of an escape; this makes K1 hold in tuples.
 */
const NUMBER_TAG = 0x10
const STRING_TAG = 0x20
const TUPLE_TAG = 0x30
const TERMINATOR = 0x00
const ESCAPE = 0xff

const NUMBER_LENGTH = 9
const SIGN_BIT = 0x80
const ASCII_MAX = 0x7f
const SURROGATE_MIN = 0xd800
const SURROGATE_MAX = 0xdfff
const BMP_MAX = 0xffff

/** Element index that stands for the key itself. */
const WHOLE_KEY = -1

const numberBits = new DataView(new ArrayBuffer(8))
const textBytes = new Uint8Array(KEY_LENGTH_MAX)
const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })

/**
 * Writes the encoding of `key` into `target` at `offset` and returns its length in bytes. Allow
 * {@link KEY_LENGTH_MAX} bytes. After a throw, the bytes of `target` from `offset` are undefined.
 *
 * @throws {KeyNotAcceptableError} when it is no key or too long. Not safe to retry.
 * @throws {RangeError} when the key is shorter than that but does not fit into `target`.
 */
export function encodeKey(key: Key, target: Uint8Array, offset: number): number {
  if (typeof key === 'string') return encodeString(key, target, offset, offset, WHOLE_KEY) - offset
  if (typeof key === 'number') return encodeNumber(key, target, offset, offset, WHOLE_KEY) - offset
  if (!Array.isArray(key)) throw refuseType(key, WHOLE_KEY)
  return encodeTuple(key, target, offset) - offset
}

/**
 * Reads the key that lies at `offset` and is `length` bytes long.
 *
 * @throws {ArenaCorruptError} when {@link encodeKey} cannot have written these bytes.
 */
export function decodeKey(bytes: Uint8Array, offset: number, length: number): Key {
  const end = offset + length
  if (length < 1 || length > KEY_LENGTH_MAX || end > bytes.length) {
    throw corrupt(`its length is ${length}`)
  }
  const elements: KeyElement[] = []
  const isTuple = bytes[offset] === TUPLE_TAG
  let position = isTuple ? offset + 1 : offset
  const elementsEnd = isTuple ? end - 1 : end
  while (position < elementsEnd) {
    const tag = bytes[position]
    const next = elementEnd(bytes, position, elementsEnd)
    elements.push(
      tag === NUMBER_TAG
        ? decodeNumber(bytes, position + 1)
        : decodeString(bytes, position + 1, next - 1),
    )
    position = next
  }
  if (isTuple) {
    if (length < 2 || bytes[end - 1] !== TERMINATOR) throw corrupt('a tuple has no end')
    if (elements.length > KEY_TUPLE_ELEMENT_COUNT_MAX) throw corrupt('a tuple is too long')
    return elements
  }
  const key = elements[0]
  if (key === undefined || elements.length !== 1) throw corrupt('it holds more than one key')
  return key
}

function encodeTuple(key: readonly unknown[], target: Uint8Array, start: number): number {
  const count = key.length
  if (count > KEY_TUPLE_ELEMENT_COUNT_MAX) {
    const why = `it has ${count} elements, and a key has at most ${KEY_TUPLE_ELEMENT_COUNT_MAX}`
    throw new KeyNotAcceptableError({ path: '$', why })
  }
  let position = reserve(start, 1, target, start)
  target[start] = TUPLE_TAG
  for (let index = 0; index < count; index++) {
    const element = key[index]
    if (typeof element === 'string') {
      position = encodeString(element, target, position, start, index)
    } else if (typeof element === 'number') {
      position = encodeNumber(element, target, position, start, index)
    } else {
      throw refuseType(element, index)
    }
  }
  const end = reserve(position, 1, target, start)
  target[position] = TERMINATOR
  return end
}

function encodeNumber(
  value: number,
  target: Uint8Array,
  position: number,
  start: number,
  element: number,
): number {
  if (isNoKeyNumber(value)) throw refuseNumber(value, element)
  const end = reserve(position, NUMBER_LENGTH, target, start)
  numberBits.setFloat64(0, value)
  const inverted = value < 0 ? 0xff : 0x00
  target[position] = NUMBER_TAG
  target[position + 1] = numberBits.getUint8(0) ^ (inverted | SIGN_BIT)
  for (let i = 1; i < 8; i++) target[position + 1 + i] = numberBits.getUint8(i) ^ inverted
  return end
}

function encodeString(
  text: string,
  target: Uint8Array,
  position: number,
  start: number,
  element: number,
): number {
  const length = text.length
  const end = reserve(position, length + 2, target, start)
  const textStart = position + 1
  target[position] = STRING_TAG
  for (let i = 0; i < length; i++) {
    const unit = text.charCodeAt(i)
    if (unit === 0 || unit > ASCII_MAX) {
      return encodeOtherText(text, i, target, textStart + i, start, element)
    }
    target[textStart + i] = unit
  }
  target[textStart + length] = TERMINATOR
  return end
}

/** Goes on with a string from `index`, its first character that is not ASCII or is U+0000. */
function encodeOtherText(
  text: string,
  index: number,
  target: Uint8Array,
  textPosition: number,
  start: number,
  element: number,
): number {
  let position = textPosition
  for (let i = index; i < text.length; i++) {
    const point = text.codePointAt(i) as number
    if (point >= SURROGATE_MIN && point <= SURROGATE_MAX) throw refuseSurrogate(point, i, element)
    const next = reserve(position, textWidth(point), target, start)
    writeCodePoint(point, target, position)
    if (point > BMP_MAX) i++
    position = next
  }
  const end = reserve(position, 1, target, start)
  target[position] = TERMINATOR
  return end
}

function textWidth(point: number): number {
  if (point === 0) return 2
  return point <= ASCII_MAX ? 1 : point <= 0x7ff ? 2 : point <= BMP_MAX ? 3 : 4
}

function writeCodePoint(point: number, target: Uint8Array, position: number): void {
  if (point === 0) {
    target[position] = 0
    target[position + 1] = ESCAPE
  } else if (point <= ASCII_MAX) {
    target[position] = point
  } else if (point <= 0x7ff) {
    target[position] = 0xc0 | (point >> 6)
    target[position + 1] = 0x80 | (point & 0x3f)
  } else if (point <= BMP_MAX) {
    target[position] = 0xe0 | (point >> 12)
    target[position + 1] = 0x80 | ((point >> 6) & 0x3f)
    target[position + 2] = 0x80 | (point & 0x3f)
  } else {
    target[position] = 0xf0 | (point >> 18)
    target[position + 1] = 0x80 | ((point >> 12) & 0x3f)
    target[position + 2] = 0x80 | ((point >> 6) & 0x3f)
    target[position + 3] = 0x80 | (point & 0x3f)
  }
}

/** NaN has no order, and -0 would be a second encoding of 0 (K2). */
function isNoKeyNumber(value: number): boolean {
  return Number.isNaN(value) || (value === 0 && 1 / value < 0)
}

/** Returns the position after `length` bytes, and keeps K3. */
function reserve(position: number, length: number, target: Uint8Array, start: number): number {
  const end = position + length
  if (end - start > KEY_LENGTH_MAX) throw refuseLength()
  if (end > target.length) throw new RangeError('The target has no room for the encoded key')
  return end
}

function elementEnd(bytes: Uint8Array, position: number, limit: number): number {
  const tag = bytes[position]
  if (tag === NUMBER_TAG) {
    if (position + NUMBER_LENGTH > limit) throw corrupt('a number is cut off')
    return position + NUMBER_LENGTH
  }
  if (tag !== STRING_TAG) throw corrupt(`${tag} is the tag of no element`)
  for (let end = position + 1; end < limit; end++) {
    if (bytes[end] !== TERMINATOR) continue
    if (bytes[end + 1] !== ESCAPE || end + 1 >= limit) return end + 1
    end++
  }
  throw corrupt('a string has no end')
}

function decodeNumber(bytes: Uint8Array, position: number): number {
  const inverted = (bytes[position] as number) < SIGN_BIT ? 0xff : 0x00
  numberBits.setUint8(0, (bytes[position] as number) ^ (inverted | SIGN_BIT))
  for (let i = 1; i < 8; i++) numberBits.setUint8(i, (bytes[position + i] as number) ^ inverted)
  const value = numberBits.getFloat64(0)
  if (isNoKeyNumber(value)) throw corrupt(`${describeValue(value)} is no key`)
  return value
}

function decodeString(bytes: Uint8Array, from: number, to: number): string {
  let length = 0
  for (let i = from; i < to; i++) {
    const byte = bytes[i] as number
    textBytes[length++] = byte
    if (byte === TERMINATOR) i++
  }
  try {
    return utf8.decode(textBytes.subarray(0, length))
  } catch (cause) {
    throw new ArenaCorruptError({ structure: 'key', why: 'a string is not UTF-8' }, { cause })
  }
}

function corrupt(why: string): ArenaCorruptError {
  return new ArenaCorruptError({ structure: 'key', why })
}

function pathOf(element: number): string {
  return element === WHOLE_KEY ? '$' : `$[${element}]`
}

function refuseType(value: unknown, element: number): KeyNotAcceptableError {
  const accepted =
    element === WHOLE_KEY
      ? 'a key is a string, a number or an array of these'
      : 'the elements of a key are strings and numbers'
  const why = `it is ${describeValue(value)}, and ${accepted}`
  return new KeyNotAcceptableError({ path: pathOf(element), why })
}

function refuseNumber(value: number, element: number): KeyNotAcceptableError {
  const why =
    value === 0 ? 'it is -0; use 0' : 'NaN has no place in the order of keys; use a number'
  return new KeyNotAcceptableError({ path: pathOf(element), why })
}

function refuseSurrogate(unit: number, index: number, element: number): KeyNotAcceptableError {
  const why =
    `the string has a lone surrogate (U+${unit.toString(16).toUpperCase()} at ${index}), which ` +
    'UTF-8 cannot say; use a well-formed string'
  return new KeyNotAcceptableError({ path: pathOf(element), why })
}

function refuseLength(): KeyNotAcceptableError {
  const why = `its encoded form is longer than ${KEY_LENGTH_MAX} bytes; use a shorter key`
  return new KeyNotAcceptableError({ path: '$', why })
}
