import type { Xorshift32 } from './xorshift32.ts'

/** The skew of YCSB. */
export const ZIPFIAN_THETA = 0.99

/**
 * Draws ranks from 0, the most popular, to `count - 1`: rank r with a probability near
 * `1 / (r + 1) ** theta / zeta`. The method of Gray et al. (Quickly Generating Billion-Record
 * Synthetic Databases, SIGMOD 1994): the first two ranks are exact, the others follow a power
 * function that is near the exact sums. One random number a draw, and no table.
 */
export class Zipfian {
  readonly #random: Xorshift32
  readonly #count: number
  readonly #zeta: number
  readonly #secondEnd: number
  readonly #exponent: number
  readonly #eta: number

  /** Takes a time proportional to `count`. @param theta at least 0 and below 1. */
  constructor(random: Xorshift32, count: number, theta: number = ZIPFIAN_THETA) {
    this.#random = random
    this.#count = count
    this.#zeta = zeta(count, theta)
    this.#secondEnd = zeta(2, theta)
    this.#exponent = 1 / (1 - theta)
    this.#eta = (1 - (2 / count) ** (1 - theta)) / (1 - this.#secondEnd / this.#zeta)
  }

  /** Returns the next rank. */
  next(): number {
    const uniform = this.#random.unit()
    const scaled = uniform * this.#zeta
    if (scaled < 1) return 0
    if (scaled < this.#secondEnd) return 1
    return (this.#count * (this.#eta * uniform - this.#eta + 1) ** this.#exponent) | 0
  }
}

/** The sum of `1 / i ** theta` for i from 1 to `count`: what the probabilities are divided by. */
export function zeta(count: number, theta: number): number {
  let sum = 0
  for (let i = 1; i <= count; i++) sum += 1 / i ** theta
  return sum
}
