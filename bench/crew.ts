import { once } from 'node:events'
import type { RecordableHistogram } from 'node:perf_hooks'
import { Worker } from 'node:worker_threads'
import type { Khonsu, StoreHandle } from '../src/index.ts'
import type { Ledger } from './ledger.ts'
import { createStartBarrier, type Side, type SliceOrder, type SliceResult } from './slice.ts'
import type { ControlCells, Seat } from './workload.ts'

/** What all workers of one slice did together. */
export interface CrewResult {
  readonly throughputPerSecond: number
  /** One of each worker; empty but for a latency slice. */
  readonly latenciesNs: readonly RecordableHistogram[]
}

/** What each worker is given when it starts. */
export interface CrewMember {
  readonly workloadName: string
  readonly handle: StoreHandle
  readonly control: ControlCells
  readonly ledgers: { readonly [side in Side]: Ledger }
  readonly seat: Seat
  readonly barrier: Int32Array<SharedArrayBuffer>
}

/** What a crew is built from. */
export interface CrewPlan {
  readonly workloadName: string
  readonly control: ControlCells
  readonly ledgers: { readonly [side in Side]: Ledger }
  /** One for each worker. */
  readonly seats: readonly Seat[]
}

/**
 * The worker threads of one benchmark. They live through all rounds, so that compiled code and warm
 * caches last; a slice with fewer workers leaves the others asleep. The main thread only awaits.
 */
export class Crew {
  readonly #workers: readonly Worker[]
  readonly #barrier: Int32Array<SharedArrayBuffer>

  private constructor(workers: readonly Worker[], barrier: Int32Array<SharedArrayBuffer>) {
    this.#workers = workers
    this.#barrier = barrier
  }

  /** Starts the workers and resolves when each has attached and built its batches. */
  static async start(khonsu: Khonsu, { seats, ...plan }: CrewPlan): Promise<Crew> {
    const barrier = createStartBarrier()
    const workers = seats.map((seat) => {
      const data: CrewMember = { ...plan, handle: khonsu.share(), barrier, seat }
      const worker = new Worker(SLICE_WORKER_URL, { workerData: data })
      khonsu.adopt(worker)
      return worker
    })
    const crew = new Crew(workers, barrier)
    try {
      await Promise.all(workers.map(nextMessage))
    } catch (error) {
      await crew.terminate()
      throw error
    }
    return crew
  }

  /**
   * Runs one slice on the first `order.workerCount` workers.
   * @throws what a worker threw; the crew is then of no more use but to terminate.
   */
  async run(order: SliceOrder): Promise<CrewResult> {
    Atomics.store(this.#barrier, 0, 0)
    const results = await Promise.all(
      this.#workers.slice(0, order.workerCount).map((worker) => {
        const result = nextMessage(worker)
        worker.postMessage(order)
        return result as Promise<SliceResult>
      }),
    )
    return combine(results)
  }

  /** Lets every worker close its store and end by itself. */
  async stop(): Promise<void> {
    await Promise.all(
      this.#workers.map((worker) => {
        const ended = once(worker, 'exit')
        worker.postMessage('stop')
        return ended
      }),
    )
  }

  /** Ends the workers wherever they are. */
  async terminate(): Promise<void> {
    await Promise.all(this.#workers.map((worker) => worker.terminate()))
  }
}

const SLICE_WORKER_URL = new URL('./slice-worker.js', import.meta.url)

/** Resolves to the worker's next message; rejects if it throws or ends first. */
async function nextMessage(worker: Worker): Promise<unknown> {
  const abandon = new AbortController()
  const { signal } = abandon
  const ended = once(worker, 'exit', { signal }).then(([code]) => {
    throw new Error(`a bench worker ended with exit code ${code}`)
  })
  try {
    const [message] = await Promise.race([once(worker, 'message', { signal }), ended])
    return message
  } finally {
    ended.catch(() => {})
    abandon.abort()
  }
}

/** Counts are added; the time is from the first start to the last end. */
function combine(results: readonly SliceResult[]): CrewResult {
  const startedNs = Math.min(...results.map((result) => result.startedNs))
  const endedNs = Math.max(...results.map((result) => result.endedNs))
  const transactionCount = results.reduce((sum, result) => sum + result.transactionCount, 0)
  return {
    throughputPerSecond: (transactionCount * NS_PER_SECOND) / (endedNs - startedNs),
    latenciesNs: results.flatMap((result) => result.latencyNs ?? []),
  }
}

const NS_PER_SECOND = 1e9
