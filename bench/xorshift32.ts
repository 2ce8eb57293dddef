/**
 * Marsaglia's xorshift generator with 32 bits of state: a few shifts a number, no allocation.
 * Subject and control draw from it with the same seed, so both walk the same accounts.
 */
export class Xorshift32 {
  #state: number

  /** @param seed any integer; zero, the generator's one fixed point, is replaced. */
  constructor(seed: number) {
    this.#state = seed | 0 || 0x9e3779b9 | 0
  }

  /** Returns the next signed 32-bit number; never zero. */
  next(): number {
    let state = this.#state
    state ^= state << 13
    state ^= state >>> 17
    state ^= state << 5
    this.#state = state
    return state
  }

  /** Returns an integer in `[0, bound)`. Multiplies: `%` is three times as slow. */
  below(bound: number): number {
    return (this.unit() * bound) | 0
  }

  /** Returns a number above 0 and below 1. */
  unit(): number {
    return (this.next() >>> 0) * UNIT_PER_UINT32
  }
}

const UNIT_PER_UINT32 = 2 ** -32

/** Returns a seed for one worker. Neighbours get unrelated sequences (murmur3's mixer). */
export function workerSeed(seed: number, workerIndex: number): number {
  let mixed = (seed + Math.imul(workerIndex + 1, 0x9e3779b9)) | 0
  mixed = Math.imul(mixed ^ (mixed >>> 16), 0x85ebca6b)
  mixed = Math.imul(mixed ^ (mixed >>> 13), 0xc2b2ae35)
  return mixed ^ (mixed >>> 16)
}
