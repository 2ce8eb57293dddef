/**
 * The words by which the main thread leads jobs that do not return to their event loops. Main
 * stores the stage and the turn; every job stores its own words only. Rules:
 *   B1. The first stage does not come back, and nothing comes after the last one.
 *   B2. A pause ends when main has released its turn, or after `PAUSE_MS_MAX`.
 */

const STAGE_INDEX = 0
const TURN_INDEX = 1
const RELEASED_INDEX = 2
const READY_INDEX = 3
const INSIDE_INDEX = 4
const DONE_INDEX = 5
const WORD_COUNT = 6

/** Updaters work until each has done its first stretch, then wait. */
export const STAGE_FIRST = 0
/** Updaters work. */
export const STAGE_RUN = 1
/** Updaters wait; readers go on. */
export const STAGE_HOLD = 2
/** All jobs return. */
export const STAGE_END = 3

/** A paused job that main has forgotten goes on by itself. */
const PAUSE_MS_MAX = 3_600_000

export class EnduranceBoard {
  readonly words: Int32Array<SharedArrayBuffer>
  /** Transactions that each updater has done. */
  readonly counts: BigInt64Array<SharedArrayBuffer>

  constructor(words: Int32Array<SharedArrayBuffer>, counts: BigInt64Array<SharedArrayBuffer>) {
    this.words = words
    this.counts = counts
  }

  static create(updaterCount: number): EnduranceBoard {
    return new EnduranceBoard(
      new Int32Array(new SharedArrayBuffer(WORD_COUNT * Int32Array.BYTES_PER_ELEMENT)),
      new BigInt64Array(new SharedArrayBuffer(updaterCount * BigInt64Array.BYTES_PER_ELEMENT)),
    )
  }

  /** The board of a job, from what its input became on the way between threads. */
  static from({ words, counts }: EnduranceBoard): EnduranceBoard {
    return new EnduranceBoard(words, counts)
  }

  get stage(): number {
    return Atomics.load(this.words, STAGE_INDEX)
  }

  /** Main only (B1). */
  enter(stage: number): void {
    Atomics.store(this.words, STAGE_INDEX, stage)
    Atomics.notify(this.words, STAGE_INDEX)
  }

  /** Blocks while the stage is this one, for at most `timeoutMs`. */
  waitWhile(stage: number, timeoutMs: number = Number.POSITIVE_INFINITY): void {
    Atomics.wait(this.words, STAGE_INDEX, stage, timeoutMs)
  }

  get isReady(): boolean {
    return Atomics.load(this.words, READY_INDEX) !== 0
  }

  /** The reader says that its snapshot is open. */
  reportReady(): void {
    Atomics.store(this.words, READY_INDEX, 1)
  }

  report(updater: number, transactionCount: number): void {
    Atomics.store(this.counts, updater, BigInt(transactionCount))
  }

  /** Transactions of each updater. */
  get transactionCounts(): readonly number[] {
    return Array.from(this.counts, (_, updater) => Number(Atomics.load(this.counts, updater)))
  }

  get transactionCount(): number {
    return this.transactionCounts.reduce((sum, count) => sum + count, 0)
  }

  /** Main asks for the pause with this number, from 1. */
  callTurn(turn: number): void {
    Atomics.store(this.words, TURN_INDEX, turn)
    Atomics.notify(this.words, TURN_INDEX)
  }

  /** The pausing job waits for the turn after `turn`; whether there is one. */
  awaitTurnAfter(turn: number): boolean {
    while (this.stage !== STAGE_END) {
      if (Atomics.load(this.words, TURN_INDEX) > turn) return true
      Atomics.wait(this.words, TURN_INDEX, turn, TURN_LOOK_MS)
    }
    return false
  }

  /** The pausing job stops here, until main releases the turn (B2). */
  pause(turn: number): void {
    Atomics.store(this.words, INSIDE_INDEX, turn)
    Atomics.wait(this.words, RELEASED_INDEX, turn - 1, PAUSE_MS_MAX)
  }

  isInside(turn: number): boolean {
    return Atomics.load(this.words, INSIDE_INDEX) === turn
  }

  release(turn: number): void {
    Atomics.store(this.words, RELEASED_INDEX, turn)
    Atomics.notify(this.words, RELEASED_INDEX)
  }

  /** For a job that works during its turn, and looks now and then whether it is over. */
  isReleased(turn: number): boolean {
    return Atomics.load(this.words, RELEASED_INDEX) >= turn || this.stage === STAGE_END
  }

  reportDone(turn: number): void {
    Atomics.store(this.words, DONE_INDEX, turn)
  }

  isDone(turn: number): boolean {
    return Atomics.load(this.words, DONE_INDEX) === turn
  }
}

const TURN_LOOK_MS = 100
