import { KeyNotAcceptableError } from '../errors/data-errors.ts'
import { InvalidOptionError } from '../errors/store-errors.ts'
import { KEY_LENGTH_MAX, type Key } from './key.ts'
import { encodeKey } from './key-encoding.ts'

/**
 * Which keys a scan meets, and in which direction. All bounds that are given hold; without any, the
 * range is that of all keys. Order is as {@link Key} says: numbers, strings, tuples.
 */
export interface KeyRange {
  /** Keys from this one on. */
  readonly gte?: Key
  /** Keys behind this one. */
  readonly gt?: Key
  /** Keys up to this one. */
  readonly lte?: Key
  /** Keys before this one. */
  readonly lt?: Key
  /** Strings that begin with this text, or tuples that begin with these elements. */
  readonly prefix?: string | readonly (string | number)[]
  /** From the greatest key to the smallest one. Default: false. */
  readonly reverse?: boolean
  /** Keys at most. Default: all. */
  readonly limit?: number
}

/** One end of a range, as bytes. */
export interface RangeEnd {
  readonly bytes: Uint8Array
  /** Whether the range is without the key that has these bytes. */
  readonly isOpen: boolean
}

/** A range as the kernel knows it; undefined where it has no end. */
export interface EncodedRange {
  readonly low: RangeEnd | undefined
  readonly high: RangeEnd | undefined
  readonly isReverse: boolean
  readonly limit: number
}

const NAMES: ReadonlySet<string> = new Set([
  'gte',
  'gt',
  'lte',
  'lt',
  'prefix',
  'reverse',
  'limit',
] satisfies (keyof KeyRange)[])

const KEY_ACCEPTED = 'a key: a string, a number but NaN and -0, or a tuple of these'

const keyBytes = new Uint8Array(KEY_LENGTH_MAX)

/**
 * Checks a range and encodes its bounds. Undefined stands for all keys.
 * @throws {InvalidOptionError} naming the bound, what was given and what is accepted.
 */
export function encodeRange(range: KeyRange | undefined): EncodedRange {
  if (range === undefined) {
    return { low: undefined, high: undefined, isReverse: false, limit: Number.POSITIVE_INFINITY }
  }
  if (typeof range !== 'object' || range === null) {
    refuse('range', range, 'an object such as { gte: key, lt: key }')
  }
  for (const name of Object.keys(range)) {
    if (!NAMES.has(name)) refuse(name, undefined, `one of ${[...NAMES].join(', ')}`)
  }
  const { gte, gt, lte, lt, prefix, reverse, limit } = range
  if (gte !== undefined && gt !== undefined) refuse('gt', gt, 'gt or gte, not both')
  if (lte !== undefined && lt !== undefined) refuse('lt', lt, 'lt or lte, not both')
  if (reverse !== undefined && typeof reverse !== 'boolean') {
    refuse('reverse', reverse, 'true or false')
  }
  if (limit !== undefined && !(Number.isSafeInteger(limit) && limit >= 0)) {
    if (limit !== Number.POSITIVE_INFINITY) refuse('limit', limit, 'a whole number from 0 on')
  }
  let low = endOf('gt', gt, true) ?? endOf('gte', gte, false)
  let high = endOf('lt', lt, true) ?? endOf('lte', lte, false)
  if (prefix !== undefined) {
    const first = prefixBytes(prefix)
    const behind = successor(first)
    if (low === undefined || compareBytes(low.bytes, first) < 0) {
      low = { bytes: first, isOpen: false }
    }
    if (high === undefined || compareBytes(high.bytes, behind) >= 0) {
      high = { bytes: behind, isOpen: true }
    }
  }
  return { low, high, isReverse: reverse ?? false, limit: limit ?? Number.POSITIVE_INFINITY }
}

/** Whether no key can lie in a range. */
export function isEmptyRange({ low, high, limit }: EncodedRange): boolean {
  if (limit === 0) return true
  if (low === undefined || high === undefined) return false
  const order = compareBytes(low.bytes, high.bytes)
  return order > 0 || (order === 0 && (low.isOpen || high.isOpen))
}

function endOf(option: string, key: Key | undefined, isOpen: boolean): RangeEnd | undefined {
  if (key === undefined) return undefined
  return { bytes: bytesOf(option, key, KEY_ACCEPTED), isOpen }
}

function bytesOf(option: string, key: Key, accepted: string): Uint8Array {
  try {
    return keyBytes.slice(0, encodeKey(key, keyBytes, 0))
  } catch (cause) {
    if (!(cause instanceof KeyNotAcceptableError)) throw cause
    throw new InvalidOptionError({ option, given: key, accepted }, { cause })
  }
}

/** What all keys with a prefix begin with: the prefix as a key, without the terminator at its end. */
function prefixBytes(prefix: string | readonly (string | number)[]): Uint8Array {
  const accepted = 'the beginning of a string or of a tuple'
  if (typeof prefix !== 'string' && !Array.isArray(prefix)) refuse('prefix', prefix, accepted)
  return bytesOf('prefix', prefix, accepted).slice(0, -1)
}

/** The smallest bytes that lie behind everything that begins with these. No key begins with FF. */
function successor(bytes: Uint8Array): Uint8Array {
  let length = bytes.length
  while (bytes[length - 1] === 0xff) length--
  const behind = bytes.slice(0, length)
  behind[length - 1] = (behind[length - 1] as number) + 1
  return behind
}

function compareBytes(first: Uint8Array, second: Uint8Array): number {
  const length = Math.min(first.length, second.length)
  for (let at = 0; at < length; at++) {
    const difference = (first[at] as number) - (second[at] as number)
    if (difference !== 0) return difference
  }
  return first.length - second.length
}

function refuse(option: string, given: unknown, accepted: string): never {
  throw new InvalidOptionError({ option, given, accepted })
}
