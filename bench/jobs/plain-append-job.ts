import { lock, unlock } from '../cell-lock.ts'
import type { AppendTally } from './append-job.ts'

/** Rows in shared memory under a lock by hand: no snapshot, no transaction, no schema. */
export interface PlainLog {
  /** The lock and how many rows there are. */
  readonly words: Int32Array
  readonly writers: Int32Array
  readonly numbers: Float64Array
}

/** What one worker appends, and where. */
export interface PlainAppendInput {
  readonly log: PlainLog
  readonly writer: number
  readonly seconds: number
}

const LOCK = 0
const COUNT = 1

/** A log with room for so many rows. */
export function createPlainLog(rowCountMax: number): PlainLog {
  return {
    words: new Int32Array(new SharedArrayBuffer(8)),
    writers: new Int32Array(new SharedArrayBuffer(4 * rowCountMax)),
    numbers: new Float64Array(new SharedArrayBuffer(8 * rowCountMax)),
  }
}

/** Empties a log. */
export function clearPlainLog({ words }: PlainLog): void {
  words[COUNT] = 0
}

/** Appends rows, one under the lock, for so many seconds or until the log is full. */
export default function appendPlainly({ log, writer, seconds }: PlainAppendInput): AppendTally {
  const { words, writers, numbers } = log
  const startedMs = performance.now()
  const endMs = startedMs + seconds * 1000
  let appended = 0
  let isFull = false
  while (!isFull && performance.now() < endMs) {
    lock(words, LOCK)
    const at = words[COUNT] as number
    isFull = at === writers.length
    if (!isFull) {
      writers[at] = writer
      numbers[at] = appended++
      words[COUNT] = at + 1
    }
    unlock(words, LOCK)
  }
  return { appended, seconds: (performance.now() - startedMs) / 1000 }
}
