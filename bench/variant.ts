import type { Side } from './slice.ts'
import { pairedRatio, type Spread } from './statistics.ts'

/** One side with one number of workers: what a slice runs. */
export interface Variant {
  readonly side: Side
  readonly workerCount: number
}

/** Returns the name of a variant in ratios and figures: `engine@2`. */
export function variantName({ side, workerCount }: Variant): string {
  return `${side}@${workerCount}`
}

/** Returns all variants of a run; the two sides of one pair are neighbours. */
export function variantsOf(workerCounts: readonly number[]): readonly Variant[] {
  return workerCounts.flatMap((workerCount): Variant[] => [
    { side: 'engine', workerCount },
    { side: 'control', workerCount },
  ])
}

/**
 * Returns the order of one round: as listed in even rounds, backwards in odd ones, so that whatever
 * drifts during a round (heat, neighbours on the machine) favours each side as often as the other.
 */
export function orderOfRound<T>(variants: readonly T[], round: number): readonly T[] {
  return round % 2 === 0 ? variants : variants.toReversed()
}

/**
 * Returns the paired ratios of a run, from the throughputs of each variant, round by round:
 * `engine/control@N` for each number of workers, and `engine@N/engine@1` and `control@N/control@1`
 * where one worker was run too.
 */
export function ratiosOf(
  workerCounts: readonly number[],
  throughputs: ReadonlyMap<string, readonly number[]>,
): Record<string, Spread> {
  const ratios: Record<string, Spread> = {}
  const of = (side: Side, workerCount: number): readonly number[] =>
    throughputs.get(variantName({ side, workerCount })) ?? []
  for (const workerCount of workerCounts) {
    ratios[`engine/control@${workerCount}`] = pairedRatio(
      of('engine', workerCount),
      of('control', workerCount),
    )
  }
  if (!workerCounts.includes(1)) return ratios
  for (const workerCount of workerCounts) {
    if (workerCount === 1) continue
    for (const side of ['engine', 'control'] as const) {
      ratios[`${side}@${workerCount}/${side}@1`] = pairedRatio(of(side, workerCount), of(side, 1))
    }
  }
  return ratios
}
