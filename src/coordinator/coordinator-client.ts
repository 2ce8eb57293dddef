import { once } from 'node:events'
import { MessageChannel, Worker, type WorkerOptions } from 'node:worker_threads'
import { type Endpoint, type Remote, releaseProxy, wrap } from 'comlink'
import nodeEndpoint from 'comlink/dist/esm/node-adapter.mjs'
import { StoreClosedError, WorkerLostError } from '../errors/store-errors.ts'
import type { CoordinatorReport } from './coordinator.ts'

/** The control calls of a coordinator thread. */
export interface CoordinatorControl {
  report(): CoordinatorReport
  sweepAll(): number
}

/** What a coordinator thread is started with. */
export interface CoordinatorSetup {
  readonly handle: unknown
  readonly control: import('node:worker_threads').MessagePort
}

/** The coordinator thread as its owner sees it: control calls over comlink, raced with its end. */
export class CoordinatorClient {
  readonly #worker: Worker
  readonly #control: Remote<CoordinatorControl>
  readonly #lost: Promise<never>
  #isClosing = false

  private constructor(worker: Worker, control: Remote<CoordinatorControl>) {
    this.#worker = worker
    this.#control = control
    const { threadId } = worker
    // A call to a dead thread never settles by itself.
    this.#lost = once(worker, 'exit').then(([exitCode]) => {
      throw this.#isClosing ? new StoreClosedError() : new WorkerLostError({ threadId, exitCode })
    })
    this.#lost.catch(() => {})
  }

  /** Starts the thread; resolves when it is attached. */
  static async start(
    url: URL,
    options: WorkerOptions,
    handle: unknown,
    adopt: (worker: Worker) => void,
  ): Promise<CoordinatorClient> {
    const { port1, port2 } = new MessageChannel()
    const setup: CoordinatorSetup = { handle, control: port2 }
    const worker = new Worker(url, { workerData: setup, transferList: [port2], ...options })
    adopt(worker)
    const client = new CoordinatorClient(worker, wrap(nodeEndpoint(port1) as Endpoint))
    port1.unref()
    await Promise.race([once(worker, 'message'), client.#lost])
    worker.unref()
    return client
  }

  /** Calls back when the thread has ended, however it ended. */
  onExit(listener: () => void): void {
    this.#worker.once('exit', listener)
  }

  /** What it has done so far. @throws {WorkerLostError} */
  report(): Promise<CoordinatorReport> {
    return this.#call(this.#control.report())
  }

  /** Has it sweep the whole arena; the number of versions given back. @throws {WorkerLostError} */
  sweepAll(): Promise<number> {
    return this.#call(this.#control.sweepAll())
  }

  /** Ends the thread; calls that wait for it end with STORE_CLOSED. */
  async close(): Promise<void> {
    this.#isClosing = true
    this.#control[releaseProxy]()
    await this.#worker.terminate()
  }

  async #call<T>(answer: Promise<T>): Promise<T> {
    this.#worker.ref()
    try {
      return await Promise.race([answer, this.#lost])
    } finally {
      this.#worker.unref()
    }
  }
}
