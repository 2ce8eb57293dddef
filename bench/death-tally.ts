import { createHistogram, type RecordableHistogram } from 'node:perf_hooks'
import type { BenchReport } from './bench-report.ts'
import type { Death, Doom } from './doomed-thread.ts'
import { isHoldingLocks } from './remains.ts'

/** Threads that ended in one way. */
interface EndingTally {
  count: number
  holdingLocks: number
}

const NS_PER_US = 1e3
const NS_PER_MS = 1e6
const NS_MIN = 1

/** What is gathered of the threads that died. */
export class DeathTally {
  readonly #endings = new Map<Doom['ending'], EndingTally>()
  readonly #recoveriesNs: RecordableHistogram = createHistogram()
  readonly #outagesNs: RecordableHistogram = createHistogram()
  #inCommitCount = 0

  /** `writableNs` is when everything that the thread had locked was written again. */
  add(ending: Doom['ending'], { remains, recoveryNs, endedNs }: Death, writableNs: number): void {
    const tally = this.#endings.get(ending) ?? { count: 0, holdingLocks: 0 }
    this.#endings.set(ending, tally)
    tally.count++
    this.#recoveriesNs.record(Math.max(NS_MIN, recoveryNs))
    if (remains.isCommitting) this.#inCommitCount++
    if (!isHoldingLocks(remains)) return
    tally.holdingLocks++
    this.#outagesNs.record(Math.max(NS_MIN, writableNs - endedNs))
  }

  get figures(): BenchReport['figures'] {
    const endings = [...this.#endings]
    const total = (field: keyof EndingTally): number =>
      endings.reduce((sum, [, tally]) => sum + tally[field], 0)
    return {
      deaths: total('count'),
      deathsHoldingLocks: total('holdingLocks'),
      deathsInCommit: this.#inCommitCount,
      ...Object.fromEntries(
        endings.flatMap(([ending, { count, holdingLocks }]) => [
          [`${ending}: deaths`, count],
          [`${ending}: holding locks`, holdingLocks],
        ]),
      ),
      recoveryUsP50: this.#recoveriesNs.percentile(50) / NS_PER_US,
      recoveryUsP99: this.#recoveriesNs.percentile(99) / NS_PER_US,
      outageMsP50: this.#outagesNs.percentile(50) / NS_PER_MS,
      outageMsP99: this.#outagesNs.percentile(99) / NS_PER_MS,
    }
  }
}
