/** A prime above all numbers of cells: it has no factor in common with any of them. */
const STEP = 16_777_259

/**
 * Returns where the key of one rank lies among `count`, so that the popular ones are not neighbours.
 * A permutation, therefore the distribution of ranks stays as it is.
 *
 * @param reciprocal `1 / count`; a division costs more than the draw.
 */
export function scatter(rank: number, count: number, reciprocal: number): number {
  const product = rank * STEP
  const index = product - count * Math.floor(product * reciprocal)
  // The quotient may be off by one, since the reciprocal is rounded.
  if (index < 0) return index + count
  return index < count ? index : index - count
}
