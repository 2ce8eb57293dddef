import { onTestFailed } from 'vitest'

/** Numbers from 0 to 2^32 - 1 that follow from a seed (xorshift32). */
export type Random = () => number

/** @param seed a whole number; equal seeds give equal numbers. */
export function randomFrom(seed: number): Random {
  let state = Math.imul(seed, 0x9e3779b1) | 1
  return () => {
    state ^= state << 13
    state ^= state >>> 17
    state ^= state << 5
    return state >>> 0
  }
}

/** The seed of this run: `KHONSU_SEED`, or a new one. It is printed when the test fails. */
export function testSeed(): number {
  const given = process.env.KHONSU_SEED
  const seed = given === undefined ? Math.floor(Math.random() * 2 ** 31) : Number(given)
  onTestFailed(() => console.error(`seed ${seed}: run again with KHONSU_SEED=${seed}`))
  return seed
}
