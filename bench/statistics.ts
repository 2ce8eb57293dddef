import { createHistogram, type RecordableHistogram } from 'node:perf_hooks'

/** A figure over several rounds. */
export interface Spread {
  readonly median: number
  readonly min: number
  readonly max: number
}

/** Latencies of one run, in nanoseconds. */
export interface LatencyNs {
  readonly p50: number
  readonly p99: number
  readonly p999: number
}

/**
 * Returns the middle of the values, the mean of the middle two if their count is even.
 * @throws RangeError for no values at all.
 */
export function median(values: readonly number[]): number {
  if (values.length === 0) throw new RangeError('the median of no values')
  const sorted = [...values].sort((a, b) => a - b)
  const middle = sorted.length >> 1
  const upper = sorted[middle] as number
  return sorted.length % 2 === 1 ? upper : ((sorted[middle - 1] as number) + upper) / 2
}

/** Returns median, least and greatest of the values. */
export function spread(values: readonly number[]): Spread {
  return { median: median(values), min: Math.min(...values), max: Math.max(...values) }
}

/**
 * Returns the spread of the quotients, value by value: each round is compared with itself only, so
 * a machine that is slow for a while slows both sides of a pair.
 * @throws RangeError if the lists differ in length: then they are not pairs.
 */
export function pairedRatio(
  numerators: readonly number[],
  denominators: readonly number[],
): Spread {
  if (numerators.length !== denominators.length) {
    throw new RangeError(`${numerators.length} values are paired with ${denominators.length}`)
  }
  return spread(numerators.map((numerator, round) => numerator / (denominators[round] as number)))
}

/** Returns the percentiles of all histograms together; null if nothing was recorded. */
export function latencyOf(histograms: readonly RecordableHistogram[]): LatencyNs | null {
  const merged = createHistogram()
  for (const histogram of histograms) merged.add(histogram)
  if (merged.count === 0) return null
  return {
    p50: merged.percentile(50),
    p99: merged.percentile(99),
    p999: merged.percentile(99.9),
  }
}
