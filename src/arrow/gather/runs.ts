import { SLICE_COUNT, type Steps } from './steps.ts'

const CAPACITY_MIN = 16
/** Elements of a run, unless it is told otherwise. */
export const RUN_LENGTH_MAX = 4096
/** Room for runs that are divided because they are too long. */
const CAPACITY_SPARE = 1024

/**
 * A selection: runs of neighbours, one after another, from several sources. What is nested in a run
 * of rows is again a run, so that a column of lists needs no more of them than one of numbers.
 * Invariants:
 *   R1. No run is empty, or longer than `lengthMax`.
 *   R2. `total` is the sum of their lengths.
 */
export class Runs {
  source: Uint32Array
  start: Uint32Array
  length: Uint32Array
  count = 0
  total = 0
  readonly #lengthMax: number

  constructor(lengthMax: number = RUN_LENGTH_MAX, capacity: number = CAPACITY_MIN) {
    this.#lengthMax = lengthMax
    this.source = new Uint32Array(capacity)
    this.start = new Uint32Array(capacity)
    this.length = new Uint32Array(capacity)
  }

  /** Appends elements, to the last run when they follow it there. */
  add(source: number, start: number, length: number): void {
    this.total += length
    let from = start
    let rest = length
    const last = this.count - 1
    if (
      last >= 0 &&
      this.source[last] === source &&
      (this.start[last] as number) + (this.length[last] as number) === from
    ) {
      const held = this.length[last] as number
      const part = Math.min(rest, this.#lengthMax - held)
      this.length[last] = held + part
      from += part
      rest -= part
    }
    while (rest > 0) {
      const part = Math.min(rest, this.#lengthMax)
      this.#push(source, from, part)
      from += part
      rest -= part
    }
  }

  #push(source: number, start: number, length: number): void {
    const at = this.count
    if (at === this.source.length) this.#grow()
    this.source[at] = source
    this.start[at] = start
    this.length[at] = length
    this.count = at + 1
  }

  #grow(): void {
    this.source = grown(this.source)
    this.start = grown(this.start)
    this.length = grown(this.length)
  }
}

/**
 * The runs of what some offsets point into.
 * @param offsetWords of each source, one word for each offset, or two when `shift` is 1.
 */
export function* runsThroughOffsets(
  rows: Runs,
  offsetWords: readonly Uint32Array[],
  shift: number,
  lengthMax?: number,
): Steps<Runs> {
  const runs = new Runs(lengthMax, rows.count + CAPACITY_SPARE)
  for (let run = 0; run < rows.count; run++) {
    const source = rows.source[run] as number
    const words = offsetWords[source] as Uint32Array
    const start = rows.start[run] as number
    const begin = words[start << shift] as number
    const end = words[(start + (rows.length[run] as number)) << shift] as number
    if (end > begin) runs.add(source, begin, end - begin)
    if (run % SLICE_COUNT === 0) yield
  }
  return runs
}

/** The runs of what every row has `factor` of. */
export function* scaledRuns(rows: Runs, factor: number, lengthMax?: number): Steps<Runs> {
  const runs = new Runs(lengthMax, rows.count + CAPACITY_SPARE)
  if (factor === 0) return runs
  for (let run = 0; run < rows.count; run++) {
    const start = (rows.start[run] as number) * factor
    runs.add(rows.source[run] as number, start, (rows.length[run] as number) * factor)
    if (run % SLICE_COUNT === 0) yield
  }
  return runs
}

function grown(words: Uint32Array): Uint32Array {
  const larger = new Uint32Array(words.length * 2)
  larger.set(words)
  return larger
}
