/** One part of a tuple key. */
export type KeyElement = string | number

/**
 * Names one cell. Use a string for a plain name, a number for a dense id, and a tuple for a name
 * with parts (`['account', 17]`), so that one part can be scanned in order.
 *
 * Strings must be well formed. Numbers may be any but NaN and -0. A tuple holds at most
 * {@link KEY_TUPLE_ELEMENT_COUNT_MAX} strings and numbers, none nested; the empty tuple is a key,
 * and sorts before every other tuple. The encoded form of a key is at most {@link KEY_LENGTH_MAX}
 * bytes, which leaves room for 1024 bytes of text in UTF-8 in any arrangement, unless it holds
 * U+0000, which counts twice. A number counts 9 bytes.
 *
 * Order: numbers by value, then strings by code point, then tuples element by element, a tuple
 * before its own extensions.
 */
export type Key = KeyElement | readonly KeyElement[]

/** Greatest number of elements in a tuple key. */
export const KEY_TUPLE_ELEMENT_COUNT_MAX = 32

const KEY_TEXT_LENGTH_MAX = 1024
const ELEMENT_OVERHEAD_LENGTH = 2
const TUPLE_OVERHEAD_LENGTH = 2
const ALIGNMENT = 8

/** Greatest length of an encoded key, in bytes: 1024 of text and the frame around it. */
export const KEY_LENGTH_MAX: number =
  Math.ceil(
    (KEY_TEXT_LENGTH_MAX +
      KEY_TUPLE_ELEMENT_COUNT_MAX * ELEMENT_OVERHEAD_LENGTH +
      TUPLE_OVERHEAD_LENGTH) /
      ALIGNMENT,
  ) * ALIGNMENT
