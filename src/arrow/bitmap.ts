const BYTE_BITS = 8
const BYTE_SHIFT = 3
const BYTE_MASK = 7

/** Bits up to which going through them one by one beats going by bytes. */
const SHORT_BITS = 16

/** Bytes that hold so many bits. */
export function bitmapLength(bits: number): number {
  return (bits + BYTE_MASK) >>> BYTE_SHIFT
}

/** Whether a bit is set. */
export function bitAt(bitmap: Uint8Array, index: number): boolean {
  return (((bitmap[index >>> BYTE_SHIFT] as number) >>> (index & BYTE_MASK)) & 1) === 1
}

/** How many of `count` bits from `first` on are set. */
export function countBits(bitmap: Uint8Array, first: number, count: number): number {
  const end = first + count
  let at = first
  let bits = 0
  while (at < end && (at & BYTE_MASK) !== 0) bits += bitAt(bitmap, at++) ? 1 : 0
  for (; at + BYTE_BITS <= end; at += BYTE_BITS) {
    let byte = bitmap[at >>> BYTE_SHIFT] as number
    byte -= (byte >>> 1) & 0x55
    byte = (byte & 0x33) + ((byte >>> 2) & 0x33)
    bits += (byte + (byte >>> 4)) & 0x0f
  }
  while (at < end) bits += bitAt(bitmap, at++) ? 1 : 0
  return bits
}

/** The first of `count` bits from `first` on that is not set, or -1. */
export function firstClearBit(bitmap: Uint8Array, first: number, count: number): number {
  const end = first + count
  for (let at = first; at < end; ) {
    if ((at & BYTE_MASK) === 0 && bitmap[at >>> BYTE_SHIFT] === 0xff) at += BYTE_BITS
    else if (!bitAt(bitmap, at)) return at
    else at++
  }
  return -1
}

/**
 * Fills the bytes from `at` on with `count` bits of another bitmap, the first one being bit 0. The
 * bits that are left in the last byte become 0.
 */
export function writeBitmap(
  target: Uint8Array,
  at: number,
  source: Uint8Array,
  first: number,
  count: number,
): void {
  if (count === 0) return
  const length = bitmapLength(count)
  const from = first >>> BYTE_SHIFT
  const shift = first & BYTE_MASK
  if (shift === 0) copyBytes(target, at, source, from, length)
  else copyShifted(target, at, source, from, length, shift)
  const rest = count & BYTE_MASK
  if (rest !== 0) {
    const last = at + length - 1
    target[last] = (target[last] as number) & ((1 << rest) - 1)
  }
}

/** Writes `length` bytes that begin with a bit other than the first of a byte of the source. */
function copyShifted(
  target: Uint8Array,
  at: number,
  source: Uint8Array,
  from: number,
  length: number,
  shift: number,
): void {
  const last = source.length - 1
  let low = source[from] as number
  for (let i = 0; i < length; i++) {
    const high = from + i < last ? (source[from + i + 1] as number) : 0
    target[at + i] = (low >>> shift) | (high << (BYTE_BITS - shift))
    low = high
  }
}

/** Bytes up to which a loop beats a call into V8. */
const SHORT_LENGTH = 64

/** Copies bytes between arrays that do not overlap. */
export function copyBytes(
  target: Uint8Array,
  at: number,
  source: Uint8Array,
  from: number,
  length: number,
): void {
  if (length <= SHORT_LENGTH) {
    for (let i = 0; i < length; i++) target[at + i] = source[from + i] as number
  } else {
    target.set(source.subarray(from, from + length), at)
  }
}

/** Sets or leaves clear `count` bits from `to` on, in a bitmap that was zero: a copy of others. */
export function addBits(
  target: Uint8Array,
  to: number,
  source: Uint8Array,
  first: number,
  count: number,
): void {
  let done = 0
  if (count > SHORT_BITS) {
    // Up to a whole byte of the target bit by bit, then byte by byte.
    const head = -to & BYTE_MASK
    addBitsSlowly(target, to, source, first, head)
    done = head
    const bytes = (count - head) >>> BYTE_SHIFT
    const at = (to + head) >>> BYTE_SHIFT
    const from = (first + head) >>> BYTE_SHIFT
    const shift = (first + head) & BYTE_MASK
    if (shift === 0) copyBytes(target, at, source, from, bytes)
    else copyShifted(target, at, source, from, bytes, shift)
    done += bytes * BYTE_BITS
  }
  addBitsSlowly(target, to + done, source, first + done, count - done)
}

function addBitsSlowly(
  target: Uint8Array,
  to: number,
  source: Uint8Array,
  first: number,
  count: number,
): void {
  for (let i = 0; i < count; i++) {
    const from = first + i
    const bit = ((source[from >>> BYTE_SHIFT] as number) >>> (from & BYTE_MASK)) & 1
    const index = (to + i) >>> BYTE_SHIFT
    target[index] = (target[index] as number) | (bit << ((to + i) & BYTE_MASK))
  }
}

/** Sets `count` bits from `first` on. */
export function setBits(target: Uint8Array, first: number, count: number): void {
  const end = first + count
  for (let at = first; at < end; ) {
    const index = at >>> BYTE_SHIFT
    if ((at & BYTE_MASK) === 0 && at + BYTE_BITS <= end) {
      const bytes = (end - at) >>> BYTE_SHIFT
      target.fill(0xff, index, index + bytes)
      at += bytes * BYTE_BITS
    } else {
      target[index] = (target[index] as number) | (1 << (at & BYTE_MASK))
      at++
    }
  }
}
