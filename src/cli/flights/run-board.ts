/**
 * The words through which the main thread and the workers of one run talk without messages.
 * Invariants:
 *   B1. `NEXT_ROW` only grows; a row belongs to the worker whose addition passed it.
 *   B2. The words of one worker are written by that worker alone.
 *   B3. The gate opens once; rows are taken only after it.
 * Owner: the main thread creates a board for each run.
 */

const WORDS_PER_CACHE_LINE = 16
/** Atomic. First row that nobody has taken. */
const NEXT_ROW_INDEX = 0
/** Atomic. Workers that are set up and wait at the gate. */
const READY_INDEX = NEXT_ROW_INDEX + WORDS_PER_CACHE_LINE
/** Atomic. 0 while the gate is closed; `openGate` notifies those who wait in `passGate`. */
const GATE_INDEX = READY_INDEX + 1
/** Atomic. 1 when the workers should return early. */
const STOP_INDEX = GATE_INDEX + 1
const FIRST_WORKER_INDEX = READY_INDEX + WORDS_PER_CACHE_LINE
/** Atomic. Flights that this worker has committed. */
const DONE_WORD = 0
/** Atomic. Times that this worker began the transaction of a flight. */
const ATTEMPTS_WORD = 1

/** Rows that a worker takes at a time. */
const ROWS_PER_CHUNK = 1_024

export interface RunProgress {
  readonly done: number
  readonly attempts: number
}

export function createBoard(workerCount: number): Int32Array {
  const wordCount = FIRST_WORKER_INDEX + workerCount * WORDS_PER_CACHE_LINE
  return new Int32Array(new SharedArrayBuffer(wordCount * Int32Array.BYTES_PER_ELEMENT))
}

/** Announces a worker that is set up and blocks it until the gate opens. */
export function passGate(board: Int32Array): void {
  Atomics.add(board, READY_INDEX, 1)
  Atomics.wait(board, GATE_INDEX, 0)
}

export function readyCount(board: Int32Array): number {
  return Atomics.load(board, READY_INDEX)
}

export function openGate(board: Int32Array): void {
  Atomics.store(board, GATE_INDEX, 1)
  Atomics.notify(board, GATE_INDEX)
}

/** Makes `takeRows` find nothing more, and opens the gate for those who have not passed it. */
export function stopRun(board: Int32Array): void {
  Atomics.store(board, STOP_INDEX, 1)
  openGate(board)
}

/**
 * Gives each chunk of rows to `body` once, over all workers of the board, until none is left or the
 * run is stopped. `body` returns how many attempts the chunk took.
 */
export function takeRows(
  board: Int32Array,
  workerIndex: number,
  rowCount: number,
  body: (start: number, end: number) => number,
): void {
  const ownIndex = FIRST_WORKER_INDEX + workerIndex * WORDS_PER_CACHE_LINE
  while (Atomics.load(board, STOP_INDEX) === 0) {
    const start = Atomics.add(board, NEXT_ROW_INDEX, ROWS_PER_CHUNK)
    if (start >= rowCount) return
    const end = Math.min(start + ROWS_PER_CHUNK, rowCount)
    const attempts = body(start, end)
    Atomics.add(board, ownIndex + ATTEMPTS_WORD, attempts)
    Atomics.add(board, ownIndex + DONE_WORD, end - start)
  }
}

/** Sums over all workers; may lag behind by a chunk per worker. */
export function readProgress(board: Int32Array, workerCount: number): RunProgress {
  let done = 0
  let attempts = 0
  for (let worker = 0; worker < workerCount; worker++) {
    const ownIndex = FIRST_WORKER_INDEX + worker * WORDS_PER_CACHE_LINE
    done += Atomics.load(board, ownIndex + DONE_WORD)
    attempts += Atomics.load(board, ownIndex + ATTEMPTS_WORD)
  }
  return { done, attempts }
}
