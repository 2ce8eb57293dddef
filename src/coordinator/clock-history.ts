/** Samples that are kept of one span of time. */
const SAMPLE_COUNT = 8

/** What the commit clock was some time ago. */
export class ClockHistory {
  readonly #ageMs: number
  readonly #samples: { readonly atMs: number; readonly clock: bigint }[] = []

  /** @param ageMs how long ago, at least; at most an eighth more as long as `note` is called often. */
  constructor(ageMs: number) {
    this.#ageMs = ageMs
  }

  /** Notes what the clock is now. */
  note(nowMs: number, clock: bigint): void {
    const samples = this.#samples
    while (samples[1] !== undefined && nowMs - samples[1].atMs > this.#ageMs) samples.shift()
    const last = samples.at(-1)
    if (last === undefined || nowMs - last.atMs > this.#ageMs / SAMPLE_COUNT) {
      samples.push({ atMs: nowMs, clock })
    }
  }

  /** What the clock was so long ago; 0 when nothing was noted then. */
  before(nowMs: number): bigint {
    const [first] = this.#samples
    return first !== undefined && nowMs - first.atMs > this.#ageMs ? first.clock : 0n
  }
}
