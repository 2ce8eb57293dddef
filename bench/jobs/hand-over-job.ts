/**
 * Job: two threads that hand a word over to one another and back, as a worker and a thread that did
 * its commits for it would. The first one answers, the second one asks.
 */

import { createHistogram, type RecordableHistogram } from 'node:perf_hooks'
import { nowNs } from '../slice.ts'

export interface HandOverJobInput {
  readonly words: Int32Array<SharedArrayBuffer>
  readonly answers: boolean
  /** Whether who waits sleeps at once; else it spins. */
  readonly sleeps: boolean
  readonly count: number
}

const REQUEST_INDEX = 0
const ANSWER_INDEX = 128
/** Words to be shared: each of the two has cache lines of its own. */
export const HAND_OVER_WORD_COUNT: number = 2 * ANSWER_INDEX

const WAIT_MS_MAX = 10_000

/** The round trips of who asks, in nanoseconds; null of who answers. */
export default function handOverJob(input: HandOverJobInput): RecordableHistogram | null {
  const { words, answers, sleeps, count } = input
  const awaitTurn = sleeps ? sleepUntil : spinUntil
  const [own, other] = answers ? [ANSWER_INDEX, REQUEST_INDEX] : [REQUEST_INDEX, ANSWER_INDEX]
  const latencyNs = createHistogram()
  for (let turn = 1; turn <= count; turn++) {
    if (answers) awaitTurn(words, other, turn)
    const beforeNs = nowNs()
    Atomics.store(words, own, turn)
    if (sleeps) Atomics.notify(words, own)
    if (answers) continue
    awaitTurn(words, other, turn)
    latencyNs.record(Math.max(1, nowNs() - beforeNs))
  }
  return answers ? null : latencyNs
}

function spinUntil(words: Int32Array, index: number, turn: number): void {
  while (Atomics.load(words, index) < turn);
}

function sleepUntil(words: Int32Array, index: number, turn: number): void {
  while (Atomics.load(words, index) < turn) Atomics.wait(words, index, turn - 1, WAIT_MS_MAX)
}
