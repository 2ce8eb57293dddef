import { PAGE_LENGTH } from '../../native-layout/page-descriptor.ts'
import { snapshotIn } from '../memory/phase.ts'
import { sweepArena } from '../transaction/reclamation.ts'
import type { Session } from '../transaction/session.ts'

/** What the coordinator has done since it was started. */
export interface CoordinatorReport {
  readonly steps: number
  /** Snapshots that lost their right because of their age. */
  readonly snapshotsRevoked: number
  /** Versions that were cut off chains of cells that nobody wrote. */
  readonly versionsSwept: number
}

/** Pages that one step looks at for versions to cut off. */
const PAGES_A_STEP = 256

/**
 * The background work of a store, as a function of time without a thread in it: `step` is called
 * now and then by whoever runs it.
 */
export class Coordinator {
  readonly #session: Session
  readonly #slot: number
  /** By slot id: the phase word as first seen, and when. */
  readonly #seen = new Map<number, { readonly phase: bigint; readonly sinceMs: number }>()
  #nextPage = 0
  #steps = 0
  #snapshotsRevoked = 0
  #versionsSwept = 0

  constructor(session: Session) {
    this.#session = session
    this.#slot = session.acquireSlot()
  }

  /** Takes the right from snapshots that are too old, and sweeps a part of the arena. */
  step(nowMs: number): void {
    this.#steps++
    this.#watchSnapshots(nowMs)
    this.#sweepSome()
  }

  /** Sweeps the whole arena at once; the number of versions given back. */
  sweepAll(): number {
    const freed = sweepArena(this.#session.arena, this.#slot)
    this.#versionsSwept += freed
    return freed
  }

  report(): CoordinatorReport {
    return {
      steps: this.#steps,
      snapshotsRevoked: this.#snapshotsRevoked,
      versionsSwept: this.#versionsSwept,
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

  #sweepSome(): void {
    const { arena } = this.#session
    const pageCount = arena.lengthBytes / PAGE_LENGTH
    arena.kernel.releaseRetired()
    const end = Math.min(this.#nextPage + PAGES_A_STEP, pageCount)
    for (let page = this.#nextPage; page < end; page++) {
      this.#versionsSwept += arena.kernel.sweepPage(this.#slot, page)
    }
    this.#nextPage = end === pageCount ? 0 : end
  }
}
