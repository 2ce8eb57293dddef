import { Worker } from 'node:worker_threads'
import type { Khonsu } from '../../index.ts'
import type { FlightColumns } from './flight-columns.ts'
import {
  FINISH_READING,
  isConsistent,
  type ReaderSetup,
  type SnapshotMessage,
  type SnapshotSums,
} from './snapshot-reader.ts'
import { firstMessage, lastExit } from './worker-outcome.ts'
import { READER_URL } from './worker-url.ts'

export interface SnapshotSummary {
  /** Snapshots taken, the last one after the last flight. */
  readonly taken: number
  /** Snapshots that saw some flights but not all: those that could catch a half one. */
  readonly duringRun: number
  readonly inconsistent: number
  readonly worstMs: number
  readonly last: SnapshotSums | undefined
}

/**
 * The main thread's side of the snapshot reader: a thread of its own, beside the workers of the pool,
 * that reads all cells every 100 ms.
 */
export class SnapshotWatch {
  /** Rejects when the thread of the reader dies; never resolves before `finish`. */
  readonly ended: Promise<void>
  readonly #worker: Worker
  readonly #rowCount: number
  #taken = 0
  #duringRun = 0
  #inconsistent = 0
  #worstMs = 0
  #last: SnapshotSums | undefined

  private constructor(worker: Worker, rowCount: number) {
    this.#worker = worker
    this.#rowCount = rowCount
    this.ended = lastExit(worker, 'the snapshot reader')
    this.ended.catch(() => undefined)
    worker.on('message', (message: SnapshotMessage) => this.#count(message))
  }

  /** Starts the reader and waits for its first snapshot. @throws CliError when its thread dies. */
  static async start(khonsu: Khonsu, columns: FlightColumns): Promise<SnapshotWatch> {
    const setup: ReaderSetup = { handle: khonsu.share(), columns }
    const worker = new Worker(READER_URL, { workerData: setup })
    khonsu.adopt(worker)
    const watch = new SnapshotWatch(worker, columns.rowCount)
    await firstMessage(worker, 'the snapshot reader')
    return watch
  }

  get taken(): number {
    return this.#taken
  }

  /** Takes one last snapshot, ends the thread and says what all of them showed. */
  async finish(): Promise<SnapshotSummary> {
    this.#worker.postMessage(FINISH_READING)
    await this.ended
    return {
      taken: this.#taken,
      duringRun: this.#duringRun,
      inconsistent: this.#inconsistent,
      worstMs: this.#worstMs,
      last: this.#last,
    }
  }

  /** Ends the thread at once. Harmless after `finish`. */
  async stop(): Promise<void> {
    await this.#worker.terminate()
  }

  #count({ sums, elapsedMs }: SnapshotMessage): void {
    this.#taken += 1
    const flights = sums.routes.departures
    if (flights > 0 && flights < this.#rowCount) this.#duringRun += 1
    const wentBack = flights < (this.#last?.routes.departures ?? 0)
    if (wentBack || !isConsistent(sums)) this.#inconsistent += 1
    this.#worstMs = Math.max(this.#worstMs, elapsedMs)
    this.#last = sums
  }
}
