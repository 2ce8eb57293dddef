import { setTimeout as sleep } from 'node:timers/promises'
import type { Worker } from 'node:worker_threads'
import { CLOSED_OFFSET } from '../../native-layout/arena-header-descriptor.ts'
import type { CoordinatorReport } from '../coordinator/coordinator.ts'
import { CoordinatorClient } from '../coordinator/coordinator-client.ts'
import { assertSupportedRuntime } from '../errors/runtime-support.ts'
import { InvalidOptionError } from '../errors/store-errors.ts'
import { Arena } from '../memory/arena.ts'
import { WorkerPool } from '../pool/worker-pool.ts'
import { COORDINATOR_WORKER_URL, threadArguments } from '../pool/worker-urls.ts'
import { Store } from './store.ts'
import type { StoreHandle } from './store-handle.ts'
import { completeOptions, type KhonsuOptions } from './store-options.ts'

/** Times that a coordinator is started again in the place of one that died, and the pause between. */
const COORDINATOR_TRIES_MAX = 10
const COORDINATOR_TRY_MS = 100

/** A worker file: a module whose default export takes one input. */
export interface JobModule {
  readonly default: (input: never) => unknown
}

/** A worker file that nothing is said about. */
interface AnyJobModule {
  readonly default: (input: unknown) => unknown
}

/** What a job file's default export takes. */
export type JobInput<M extends JobModule> = Parameters<M['default']>[0]

/** What it resolves to. */
export type JobResult<M extends JobModule> = Awaited<ReturnType<M['default']>>

/** Options of `run` and `runAll`. */
export interface RunOptions {
  /**
   * Ends the task; a worker that runs it is terminated, and its open transaction undone. The call is
   * answered after that: at once, unless the worker is in a synchronous call of the system.
   */
  readonly signal?: AbortSignal
}

/**
 * An open store with its pool of worker threads and its coordinator. Belongs to the thread that
 * opened it; other threads join with {@link attach}.
 */
export class Khonsu extends Store implements AsyncDisposable {
  readonly #arena: Arena
  #pool: WorkerPool | undefined
  #coordinator: CoordinatorClient | undefined
  #closing: Promise<void> | undefined

  private constructor(arena: Arena, settings: ReturnType<typeof completeOptions>) {
    super(arena, settings)
    this.#arena = arena
  }

  /**
   * Opens a new, empty store and starts its threads.
   *
   * @throws {InvalidOptionError} {@link UnsupportedRuntimeError}
   * @throws {ArenaFullError} when the system has no room for the arena.
   * @example
   * await using khonsu = await Khonsu.open({ workers: 4 })
   */
  static async open(options: KhonsuOptions = {}): Promise<Khonsu> {
    assertSupportedRuntime()
    const settings = completeOptions(options)
    const { memory: lengthBytes, payloadMemory: payloadBytes, poison } = settings
    const khonsu = new Khonsu(Arena.create({ lengthBytes, payloadBytes, poison }), settings)
    try {
      await khonsu.#start()
    } catch (error) {
      await khonsu.close()
      throw error
    }
    return khonsu
  }

  /**
   * Runs the default export of a worker file on one thread of the pool. The file calls `attach()`.
   * When many tasks wait already, the call itself waits: await it before starting more.
   *
   * @throws what the job throws, with its class when it is an error of Khonsu.
   * @throws {WorkerLostError} when the thread ended first. Retry if the job may run twice.
   * @throws the reason of `signal`. {@link StoreClosedError}
   * @example
   * const total = await khonsu.run<typeof import('./job.js')>(new URL('./job.js', import.meta.url), 42)
   */
  async run<M extends JobModule = AnyJobModule>(
    url: URL | string,
    input: JobInput<M>,
    options: RunOptions = {},
  ): Promise<JobResult<M>> {
    expectSignal(options.signal)
    const result = await this.#requirePool('run').run(jobUrl(url), input, options.signal)
    return result as JobResult<M>
  }

  /**
   * Runs it once on every thread of the pool, at the same time. `input` is the same for all, or a
   * function that makes each worker's own. The results are in the order of the workers. Errors as in
   * `run`; the first one is thrown when all have ended.
   */
  async runAll<M extends JobModule = AnyJobModule>(
    url: URL | string,
    input: JobInput<M> | ((workerIndex: number, workerCount: number) => JobInput<M>),
    options: RunOptions = {},
  ): Promise<JobResult<M>[]> {
    expectSignal(options.signal)
    const pool = this.#requirePool('runAll')
    const inputOf = (workerIndex: number): unknown =>
      typeof input === 'function' ? input(workerIndex, pool.workerCount) : input
    return (await pool.runAll(jobUrl(url), inputOf, options.signal)) as JobResult<M>[]
  }

  /** Returns what a thread that the pool does not own needs to {@link attach}. */
  share(): StoreHandle {
    this.session.assertOpen()
    const { memory, segments } = this.#arena
    return { kind: 'khonsu-store', memory, segments, settings: this.settings }
  }

  /**
   * Watches a thread that attaches by a handle: when it ends, however it ends, what it left in the
   * store is finished or undone. Call it right after the worker was made.
   */
  adopt(worker: Worker): void {
    const { threadId } = worker
    worker.once('exit', () => this.#recover(threadId))
  }

  /**
   * Gives back memory that no snapshot needs, now; the number of versions and replaced values freed.
   * Other threads give the last few values that they replaced back with their next commits.
   */
  async reclaim(): Promise<number> {
    this.session.assertOpen()
    const swept = (await this.#coordinator?.sweepAll()) ?? 0
    return swept + this.session.kernel.releaseRetired()
  }

  /** What the coordinator thread has done so far. */
  async coordinatorReport(): Promise<CoordinatorReport | undefined> {
    this.session.assertOpen()
    return this.#coordinator?.report()
  }

  /**
   * Closes the store in every thread and ends its own threads. Tasks that still run are rejected
   * with {@link StoreClosedError}. A second call waits for the first.
   */
  override close(): Promise<void> {
    this.#closing ??= this.#close()
    return this.#closing
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close()
  }

  async #start(): Promise<void> {
    const handle = this.share()
    const adopt = (worker: Worker): void => this.adopt(worker)
    const { workers: workerCount, queueLimit } = this.settings
    await this.#startCoordinator()
    if (workerCount === 0) return
    this.#pool = new WorkerPool({ workerCount, queueLimit, workerData: handle, onThread: adopt })
  }

  async #startCoordinator(): Promise<void> {
    const coordinator = await CoordinatorClient.start(
      COORDINATOR_WORKER_URL,
      threadArguments(),
      this.share(),
      (worker) => this.adopt(worker),
    )
    this.#coordinator = coordinator
    if (this.#closing !== undefined) await coordinator.close()
    coordinator.onExit(() => void this.#replaceCoordinator())
  }

  /** Starts another one when it has died. Transactions go on without it meanwhile. */
  async #replaceCoordinator(): Promise<void> {
    for (let tries = 0; tries < COORDINATOR_TRIES_MAX && this.session.isOpen; tries++) {
      try {
        return await this.#startCoordinator()
      } catch {
        // Calls of the control say that it is lost; the next one may have what it needs.
        await sleep(COORDINATOR_TRY_MS, undefined, { ref: false })
      }
    }
  }

  async #close(): Promise<void> {
    Atomics.store(this.#arena.i32, CLOSED_OFFSET >>> 2, 1)
    await Promise.all([this.#pool?.close(), this.#coordinator?.close()])
    this.session.close()
  }

  #recover(nodeThreadId: number): void {
    const { kernel } = this.#arena
    for (;;) {
      const index = kernel.findThread(nodeThreadId)
      if (index < 0 || kernel.recoverThread(index) < 0) return
    }
  }

  #requirePool(call: string): WorkerPool {
    this.session.assertOpen()
    if (this.#pool !== undefined) return this.#pool
    throw new InvalidOptionError({
      option: 'workers',
      given: 0,
      accepted: `a number above 0 for stores that ${call}() is called on`,
    })
  }
}

function expectSignal(signal: AbortSignal | undefined): void {
  if (signal === undefined || signal instanceof AbortSignal) return
  throw new InvalidOptionError({ option: 'signal', given: signal, accepted: 'an AbortSignal' })
}

function jobUrl(given: URL | string): URL {
  try {
    return new URL(given)
  } catch {
    throw new InvalidOptionError({
      option: 'url',
      given,
      accepted: "an absolute URL, as new URL('./job.js', import.meta.url) makes it",
    })
  }
}
