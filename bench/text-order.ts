/**
 * Keys such as `account:7` have the order of texts: 1, 10, 100, 11, 2. A record is the number in its
 * key; there is no list of records here, because what comes after one can be worked out.
 */

const DIGIT_COUNT_MAX = 8
const EIGHT_DIGITS_MIN = 10 ** (DIGIT_COUNT_MAX - 1)

/** More than a text has digits. */
const LENGTH_RADIX = 16

/**
 * Returns an int32 that compares with those of other records as their keys compare.
 * @param record below 100,000,000.
 */
export function textOrder(record: number): number {
  let digits = record
  let length = DIGIT_COUNT_MAX
  while (digits < EIGHT_DIGITS_MIN && length > 1) {
    digits *= 10
    length--
  }
  return digits * LENGTH_RADIX + length
}

/** Returns the record whose key is the next one among records 0 to `count - 1`; -1 after the last. */
export function nextInTextOrder(record: number, count: number): number {
  if (record > 0 && record * 10 < count) return record * 10
  let next = record
  while (next % 10 === 9 || next + 1 >= count) {
    next = Math.trunc(next / 10)
    if (next === 0) return -1
  }
  return next + 1
}
