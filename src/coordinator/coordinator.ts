import { PAGE_LENGTH } from '../../native-layout/page-descriptor.ts'
import { snapshotIn } from '../memory/phase.ts'
import { isCellPage, sweepArena, sweepPage } from '../transaction/reclamation.ts'
import type { Session } from '../transaction/session.ts'

/** What the coordinator has done since it was started. */
export interface CoordinatorReport {
  readonly steps: number
  /** Snapshots that lost their right because of their age. */
  readonly snapshotsRevoked: number
  /** Versions that were cut off chains of cells that nobody wrote, and cells of deleted keys. */
  readonly swept: number
}

/** Pages of cells that one step sweeps. */
const PAGES_A_STEP = 256

/** Times in the life of a snapshot that the clock is noted. */
const CLOCKS_KEPT = 8

/**
 * The background work of a store, as a function of time without a thread in it: `step` is called
 * now and then by whoever runs it.
 */
export class Coordinator {
  readonly #session: Session
  readonly #slot: number
  /** By slot id: the phase word as first seen, and when. */
  readonly #seen = new Map<number, { readonly phase: bigint; readonly sinceMs: number }>()
  /** Who made a cell before this clock and has not committed anything in it will not any more. */
  #unbornBefore = 0n
  #nextPage = 0
  #steps = 0
  #snapshotsRevoked = 0
  #swept = 0
  /** What the clock was, by the time in milliseconds; the first one as long ago as snapshots live. */
  readonly #clocks: { readonly atMs: number; readonly clock: bigint }[] = []

  constructor(session: Session) {
    this.#session = session
    this.#slot = session.acquireSlot()
  }

  /** Takes the right from snapshots that are too old, and sweeps a part of the arena. */
  step(nowMs: number): void {
    this.#steps++
    this.#watchSnapshots(nowMs)
    this.#watchClock(nowMs)
    this.#sweepSome()
  }

  /** Sweeps the whole arena at once; the number of versions and cells given back. */
  sweepAll(): number {
    const freed = sweepArena(this.#session.arena, this.#slot, this.#unbornBefore)
    this.#swept += freed
    return freed
  }

  report(): CoordinatorReport {
    return {
      steps: this.#steps,
      snapshotsRevoked: this.#snapshotsRevoked,
      swept: this.#swept,
    }
  }

  /** A phase word holds a generation: one that stays the same is one transaction. */
  #watchSnapshots(nowMs: number): void {
    const { arena, snapshotAgeMsMax } = this.#session
    const { kernel } = arena
    const slotCount = kernel.slotCount()
    for (let slot = 1; slot <= slotCount; slot++) {
      const phase = BigInt.asUintN(64, kernel.slotPhase(slot))
      if (snapshotIn(phase) === undefined) {
        this.#seen.delete(slot)
        continue
      }
      const seen = this.#seen.get(slot)
      if (seen?.phase !== phase) {
        this.#seen.set(slot, { phase, sinceMs: nowMs })
      } else if (nowMs - seen.sinceMs > snapshotAgeMsMax) {
        if (kernel.revokeSlot(slot, phase) !== 0) this.#snapshotsRevoked++
        this.#seen.delete(slot)
      }
    }
  }

  /** Notes the clock now and then, and forgets what it was longer ago than snapshots live. */
  #watchClock(nowMs: number): void {
    const { snapshotAgeMsMax, kernel } = this.#session
    const clocks = this.#clocks
    while (clocks[1] !== undefined && nowMs - clocks[1].atMs > snapshotAgeMsMax) clocks.shift()
    const last = clocks.at(-1)
    if (last === undefined || nowMs - last.atMs > snapshotAgeMsMax / CLOCKS_KEPT) {
      clocks.push({ atMs: nowMs, clock: kernel.clock() })
    }
    const [first] = clocks
    const isOld = first !== undefined && nowMs - first.atMs > snapshotAgeMsMax
    this.#unbornBefore = isOld ? first.clock : 0n
  }

  #sweepSome(): void {
    const { kernel, lengthBytes } = this.#session.arena
    const pageCount = lengthBytes / PAGE_LENGTH
    kernel.releaseRetired()
    for (let looked = 0, swept = 0; looked < pageCount && swept < PAGES_A_STEP; looked++) {
      const page = this.#nextPage
      this.#nextPage = (page + 1) % pageCount
      if (!isCellPage(kernel, page)) continue
      this.#swept += sweepPage(kernel, this.#slot, page, this.#unbornBefore)
      swept++
    }
  }
}
