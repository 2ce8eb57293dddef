import { setTimeout } from 'node:timers/promises'
import { Khonsu, type KhonsuOptions } from '../src/index.ts'
import { loadAccounts } from './accounts.ts'
import type { BenchSettings } from './bench-settings.ts'
import { EnduranceBoard, STAGE_END } from './endurance-board.ts'
import type { UpdateJobInput } from './jobs/update-job.ts'
import type { RunWatch } from './paired-session.ts'
import { observeSum, transferBatch } from './workloads/transfer.ts'
import { workerSeed } from './xorshift32.ts'

/** Arena bytes to reserve: pages cost nothing until they are used. */
const ARENA_BYTES_MIN = 2 ** 30
const ARENA_BYTES_MAX = 4 * 2 ** 30
const ARENA_BYTES_PER_CELL = 1_024

/** A run may hold snapshots for as long as it likes: a day, the most that a store takes. */
const SNAPSHOT_AGE_MS_MAX = 24 * 3_600_000

const POLL_MS = 10
const SERVE_MS_MAX = 10_000
const MS_PER_SECOND = 1e3

const UPDATE_JOB_URL = new URL('./jobs/update-job.js', import.meta.url)

/**
 * A store under load for a long time: updaters that transfer between accounts, one job beside them,
 * and the main thread, which looks on and leads them by a board.
 */
export class EnduranceCrew {
  readonly khonsu: Khonsu
  readonly board: EnduranceBoard
  readonly updaterCount: number
  readonly #settings: BenchSettings
  readonly #watch: RunWatch
  readonly #jobs: Promise<unknown>[] = []
  #failure: { readonly error: unknown } | undefined

  private constructor(khonsu: Khonsu, settings: BenchSettings, watch: RunWatch) {
    this.khonsu = khonsu
    this.updaterCount = updaterCountOf(settings)
    this.board = EnduranceBoard.create(this.updaterCount)
    this.#settings = settings
    this.#watch = watch
  }

  /** Opens a store with loaded and well shuffled accounts. Nothing runs yet. */
  static async open(
    settings: BenchSettings,
    watch: RunWatch,
    options: KhonsuOptions = {},
  ): Promise<EnduranceCrew> {
    const { cellCount, isolation, seed } = settings
    watch.progress.show('loading')
    const khonsu = await Khonsu.open({
      workers: updaterCountOf(settings) + 1,
      isolation,
      memory: Math.min(
        ARENA_BYTES_MAX,
        Math.max(ARENA_BYTES_MIN, cellCount * ARENA_BYTES_PER_CELL),
      ),
      maxSnapshotAgeMs: SNAPSHOT_AGE_MS_MAX,
      ...options,
    })
    loadAccounts(khonsu, cellCount)
    transferBatch(khonsu, 0, cellCount, seed)(cellCount)
    return new EnduranceCrew(khonsu, settings, watch)
  }

  /** Starts the job beside the updaters. Resolves to its result; `until` throws its errors. */
  startJob<R>(url: URL, input: unknown): Promise<R> {
    const { signal } = this.#watch
    const job = this.khonsu.run(url, input, signal === undefined ? {} : { signal })
    this.#jobs.push(job)
    job.catch((error: unknown) => {
      this.#failure ??= { error }
    })
    return job as Promise<R>
  }

  /** Starts the updaters; in the first stage each stops after `firstStretch` transactions. */
  startUpdaters(firstStretch: number): void {
    const { cellCount, seed } = this.#settings
    for (let workerIndex = 0; workerIndex < this.updaterCount; workerIndex++) {
      const seat = {
        workerIndex,
        workerCount: this.updaterCount,
        cellCount,
        seed: workerSeed(seed, workerIndex),
      }
      const input: UpdateJobInput = { board: this.board, seat, firstStretch }
      this.startJob(UPDATE_JOB_URL, input)
    }
  }

  /** @throws what a job threw; the reason of the signal. */
  assertWorking(): void {
    this.#watch.signal?.throwIfAborted()
    if (this.#failure !== undefined) throw this.#failure.error
  }

  /** Resolves when the condition holds. @throws as `assertWorking`. */
  async until(condition: () => boolean, onPoll?: () => void): Promise<void> {
    for (;;) {
      this.assertWorking()
      if (condition()) return
      onPoll?.()
      await setTimeout(POLL_MS)
    }
  }

  async sleep(ms: number, onPoll?: () => void): Promise<void> {
    const endMs = performance.now() + ms
    await this.until(() => performance.now() >= endMs, onPoll)
  }

  /** Resolves to the transactions a second of all updaters, while the action goes on. */
  async throughputDuring(action: () => Promise<void>): Promise<number> {
    const startedMs = performance.now()
    const first = this.board.transactionCount
    await action()
    const done = this.board.transactionCount - first
    return (done * MS_PER_SECOND) / (performance.now() - startedMs)
  }

  /** Resolves when all jobs have returned. @throws as `until`. */
  async end(): Promise<void> {
    this.board.enter(STAGE_END)
    await Promise.all(this.#jobs)
  }

  /** Whether the accounts hold together what was loaded; only when no job runs. */
  holdsSum(): boolean {
    const { expected, actual } = observeSum(this.khonsu, this.#settings.cellCount)
    return expected === actual
  }

  /** Whether every thread of the pool makes a commit within some seconds; only when no job runs. */
  async poolServes(): Promise<boolean> {
    const { cellCount, seed } = this.#settings
    const board = EnduranceBoard.create(this.updaterCount + 1)
    const signal = AbortSignal.timeout(SERVE_MS_MAX)
    const inputOf = (workerIndex: number, workerCount: number): UpdateJobInput => {
      const seat = { workerIndex, workerCount, cellCount, seed: workerSeed(seed, workerIndex) }
      return { board, seat, firstStretch: 1 }
    }
    const tasks = this.khonsu.runAll(UPDATE_JOB_URL, inputOf, { signal })
    const served = tasks.then(
      () => true,
      () => false,
    )
    const haveAll = (): boolean => board.transactionCounts.every((count) => count > 0)
    await this.until(() => haveAll() || signal.aborted)
    board.enter(STAGE_END)
    return await served
  }

  /** Ends whatever still runs. */
  async close(): Promise<void> {
    await this.khonsu.close()
  }
}

/** Measurements take the largest of several numbers of workers. */
function updaterCountOf({ workerCounts }: BenchSettings): number {
  return Math.max(...workerCounts)
}
