import { fileURLToPath } from 'node:url'
import type { Worker } from 'node:worker_threads'
import { Piscina } from 'piscina'
import { decodeError } from '../errors/error-encoding.ts'
import { StoreClosedError, WorkerLostError } from '../errors/store-errors.ts'
import { breakGate, createGate, isPassed, type PoolAnswer, type PoolTask } from './pool-task.ts'
import { POOL_WORKER_URL, threadArguments } from './worker-urls.ts'

/** What a pool is made of. */
export interface WorkerPoolOptions {
  readonly workerCount: number
  /** Tasks that may wait for a worker; further calls of `run` wait before they are queued. */
  readonly queueLimit: number
  readonly workerData: unknown
  /** Told of every thread of the pool, also of those that replace lost ones. */
  readonly onThread: (thread: Worker) => void
}

/** The pool of worker threads: a Piscina with back-pressure and errors that keep their class. */
export class WorkerPool {
  readonly workerCount: number
  readonly #piscina: Piscina
  readonly #limit: number
  readonly #waiting: (() => void)[] = []
  readonly #onThread: (thread: Worker) => void
  readonly #known = new WeakSet<Worker>()
  /** Of the threads that have not ended: what is resolved when they have. */
  readonly #ends = new Map<Worker, Promise<void>>()
  /** Of the tasks that were sent and are not answered, with the gate that they wait at, if any. */
  readonly #sent = new Map<AbortController, Int32Array | undefined>()
  #admitted = 0
  #closed = false
  #lastExit: { readonly threadId: number; readonly exitCode: number } | undefined
  #lastRunAll: Promise<unknown> = Promise.resolve()

  constructor({ workerCount, queueLimit, workerData, onThread }: WorkerPoolOptions) {
    this.workerCount = workerCount
    this.#limit = workerCount + queueLimit
    this.#piscina = new Piscina({
      filename: fileURLToPath(POOL_WORKER_URL),
      minThreads: workerCount,
      maxThreads: workerCount,
      concurrentTasksPerWorker: 1,
      // The default parks the event loop of an idle worker.
      atomics: 'disabled',
      recordTiming: false,
      ...threadArguments(),
      workerData,
    })
    this.#onThread = onThread
    this.#watchThreads()
    this.#piscina.on('workerCreate', () => queueMicrotask(() => this.#watchThreads()))
    // A lost thread rejects its task; the pool replaces it, and nobody else has to hear of it.
    this.#piscina.on('error', () => {})
  }

  /** Tasks that run or wait for a worker. */
  get taskCount(): number {
    return this.#admitted
  }

  /** Runs a module's default export on one worker. */
  async run(url: URL, input: unknown, signal?: AbortSignal): Promise<unknown> {
    await this.#admit(signal)
    try {
      return await this.#send({ url: url.href, input, gate: undefined }, signal)
    } finally {
      this.#leave()
    }
  }

  /** Runs it once on every worker, at the same time. Calls of `runAll` follow one another. */
  runAll(
    url: URL,
    inputOf: (workerIndex: number) => unknown,
    signal?: AbortSignal,
  ): Promise<unknown[]> {
    const start = (): Promise<unknown[]> => this.#sendToAll(url, inputOf, signal)
    const result = this.#lastRunAll.then(start, start)
    this.#lastRunAll = result.catch(() => {})
    return result
  }

  /** Ends every thread; tasks that run are rejected with {@link StoreClosedError}. */
  async close(): Promise<void> {
    this.#closed = true
    for (const proceed of this.#waiting.splice(0)) {
      this.#admitted++
      proceed()
    }
    await this.#piscina.destroy()
  }

  async #sendToAll(
    url: URL,
    inputOf: (workerIndex: number) => unknown,
    signal: AbortSignal | undefined,
  ): Promise<unknown[]> {
    const gate = createGate(this.workerCount)
    const tasks = Array.from({ length: this.workerCount }, async (_, workerIndex) => {
      try {
        return await this.#send({ url: url.href, input: inputOf(workerIndex), gate }, signal)
      } catch (error) {
        breakGate(gate)
        throw error
      }
    })
    const outcomes = await Promise.allSettled(tasks)
    return outcomes.map((outcome) => {
      if (outcome.status === 'rejected') throw outcome.reason
      return outcome.value
    })
  }

  async #send(task: PoolTask, signal: AbortSignal | undefined): Promise<unknown> {
    if (this.#closed) throw new StoreClosedError()
    signal?.throwIfAborted()
    const given = new AbortController()
    const abort = (): void => given.abort(signal?.reason)
    signal?.addEventListener('abort', abort, { once: true })
    this.#sent.set(given, task.gate)
    let answer: PoolAnswer
    try {
      const answering = this.#piscina.run(task, { signal: given.signal })
      this.#watchThreads()
      answer = await answering
    } catch (cause) {
      await this.#awaitLeaving()
      if (signal?.aborted) throw signal.reason
      if (this.#closed) throw new StoreClosedError({ cause })
      throw given.signal.aborted ? given.signal.reason : this.#lostWorker(cause)
    } finally {
      signal?.removeEventListener('abort', abort)
      this.#sent.delete(given)
    }
    if (answer.ok) return answer.result
    throw decodeError(answer.error)
  }

  #watchThreads(): void {
    for (const thread of this.#piscina.threads) {
      if (this.#known.has(thread)) continue
      this.#known.add(thread)
      const { threadId } = thread
      let cause: unknown
      thread.once('error', (error) => {
        cause = error
      })
      thread.once('exit', (exitCode) => this.#afterExit({ threadId, exitCode }, cause))
      this.#onThread(thread)
      const end = new Promise<void>((resolve) => thread.once('exit', () => resolve()))
      this.#ends.set(thread, end)
      thread.once('exit', () => this.#ends.delete(thread))
    }
  }

  /**
   * Waits for the threads that the pool has given up. Before they have ended they may still commit, and
   * nobody has undone what they had begun.
   */
  async #awaitLeaving(): Promise<void> {
    const { threads } = this.#piscina
    const leaving = [...this.#ends].filter(([thread]) => !threads.includes(thread))
    if (!this.#closed) await Promise.all(leaving.map(([, end]) => end))
  }

  /**
   * A thread that ends is replaced, but not one that ends while it starts. Then tasks that nobody would
   * ever take are rejected: all when no thread is left, those that wait for every thread when one is
   * missing. The next task has a thread started.
   */
  #afterExit(exit: { threadId: number; exitCode: number }, cause: unknown): void {
    this.#lastExit = exit
    this.#watchThreads()
    const left = this.#piscina.threads.length
    if (this.#closed || left === this.workerCount) return
    const lost = new WorkerLostError(exit, { cause })
    for (const [given, gate] of this.#sent) {
      if (left === 0 || (gate !== undefined && !isPassed(gate))) given.abort(lost)
    }
  }

  /** Takes a place among the admitted tasks, or waits for one that is handed over. */
  #admit(signal: AbortSignal | undefined): Promise<void> | void {
    signal?.throwIfAborted()
    if (this.#admitted < this.#limit || this.#closed) {
      this.#admitted++
      return
    }
    return new Promise((resolve, reject) => {
      const abort = (): void => {
        this.#waiting.splice(this.#waiting.indexOf(proceed), 1)
        reject(signal?.reason)
      }
      const proceed = (): void => {
        signal?.removeEventListener('abort', abort)
        resolve()
      }
      signal?.addEventListener('abort', abort, { once: true })
      this.#waiting.push(proceed)
    })
  }

  /** Hands the place to the one that waits longest, if any. */
  #leave(): void {
    const proceed = this.#waiting.shift()
    if (proceed === undefined) this.#admitted--
    else proceed()
  }

  /** What a task that was rejected by the pool itself, not by its job, is rejected with. */
  #lostWorker(cause: unknown): unknown {
    const exit = this.#lastExit
    if (!(cause instanceof Error)) {
      const why = 'The result of the job cannot be sent between threads: return plain data'
      return new TypeError(why, { cause })
    }
    const lost = exit !== undefined && THREAD_ENDED.test(cause.message)
    return lost ? new WorkerLostError(exit, { cause }) : cause
  }
}

/** How Piscina says that the thread of a task ended. */
const THREAD_ENDED = /worker exited|Terminating worker/
