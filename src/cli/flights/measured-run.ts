import { setTimeout as delay } from 'node:timers/promises'
import { CliError } from '../exit-code.ts'
import type { FlightTotals } from './flight-totals.ts'
import { openGate, type RunProgress, readProgress, readyCount, stopRun } from './run-board.ts'

const POLL_INTERVAL_MS = 100
const READY_POLL_INTERVAL_MS = 2
const READY_TIMEOUT_MS = 60_000

export interface RunOptions {
  readonly signal: AbortSignal
  /** Called about ten times a second. */
  readonly onProgress: (progress: RunProgress) => void
}

export interface RunResult {
  /** From the opening of the gate until the last worker committed its last flight. */
  readonly elapsedMs: number
  readonly totals: FlightTotals
}

/** Milliseconds on a clock that all threads of the process share. */
export function sharedClockMs(): number {
  return performance.timeOrigin + performance.now()
}

/**
 * Opens the gate when all workers are set up, reports their progress, and returns the milliseconds
 * from the gate to the last flight. Set-up and the start of threads are not measured.
 * @param finished the times, on the shared clock, at which each worker ran out of rows; it rejects
 * when a worker dies, and then the others are told to stop.
 * @throws the reason of `signal` after all workers have returned.
 */
export async function measureRun(
  board: Int32Array,
  workerCount: number,
  finished: Promise<readonly number[]>,
  { signal, onProgress }: RunOptions,
): Promise<number> {
  const stop = (): void => stopRun(board)
  signal.addEventListener('abort', stop)
  let settled = false
  const outcome = finished.finally(() => {
    settled = true
  })
  outcome.catch(stop)
  const poll = setInterval(() => onProgress(readProgress(board, workerCount)), POLL_INTERVAL_MS)
  try {
    if (signal.aborted) stop()
    const givenUpMs = sharedClockMs() + READY_TIMEOUT_MS
    while (readyCount(board) < workerCount && !settled) {
      if (sharedClockMs() > givenUpMs) {
        const waited = `${READY_TIMEOUT_MS / 1e3} seconds`
        throw new CliError(
          `the workers did not get ready in ${waited}: the machine is busy; try fewer --workers`,
        )
      }
      await delay(READY_POLL_INTERVAL_MS)
    }
    const startedMs = sharedClockMs()
    openGate(board)
    const finishedMs = Math.max(...(await outcome))
    signal.throwIfAborted()
    onProgress(readProgress(board, workerCount))
    return finishedMs - startedMs
  } catch (error) {
    stop()
    throw error
  } finally {
    clearInterval(poll)
    signal.removeEventListener('abort', stop)
  }
}
