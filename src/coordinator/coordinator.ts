import { PAGE_LENGTH } from '../../native-layout/page-descriptor.ts'
import { snapshotIn } from '../memory/phase.ts'
import {
  chainsOfPage,
  type Dead,
  isCellPage,
  sweepArena,
  sweepPage,
  WHENEVER_WRITTEN,
} from '../transaction/reclamation.ts'
import type { Session } from '../transaction/session.ts'
import { ClockHistory } from './clock-history.ts'
import { type MergeReport, RowMerger } from './row-merger.ts'

/** What the coordinator has done since it was started. */
export interface CoordinatorReport {
  readonly steps: number
  /** Snapshots that lost their right because of their age. */
  readonly snapshotsRevoked: number
  /** Pins that lost their batches because of their age. */
  readonly pinsRevoked: number
  /** Versions that were cut off chains of cells that nobody wrote, and cells of deleted keys. */
  readonly swept: number
  /** Rows that were added to batches, and merged into them. */
  readonly rows: MergeReport
}

/** Pages of cells that one step sweeps. */
const PAGES_A_STEP = 256

/**
 * Milliseconds after its last write for which a key keeps one version that nobody reads any more, and a
 * deleted key its cell: a transaction that writes the key again meanwhile uses them where they are.
 */
const REST_MS = 1_000

/**
 * The background work of a store, as a function of time without a thread in it: `step` is called
 * now and then by whoever runs it.
 */
export class Coordinator {
  readonly #session: Session
  readonly #slot: number
  readonly #merger: RowMerger
  /** By slot id: the phase word as first seen, and when. */
  readonly #seen = new Map<number, { readonly phase: bigint; readonly sinceMs: number }>()
  /** By number: the word of a pin as first seen, and when. */
  readonly #seenPins = new Map<number, { readonly word: bigint; readonly sinceMs: number }>()
  #dead: Dead = { writtenBefore: 0n, unbornBefore: 0n }
  #nextPage = 0
  #steps = 0
  #snapshotsRevoked = 0
  #pinsRevoked = 0
  #swept = 0
  readonly #writes = new ClockHistory(REST_MS)
  readonly #inserts: ClockHistory

  constructor(session: Session) {
    this.#session = session
    this.#slot = session.acquireSlot()
    this.#merger = new RowMerger(session, this.#slot)
    // Who has made a cell longer ago will not commit anything in it any more.
    this.#inserts = new ClockHistory(session.snapshotAgeMsMax)
  }

  /** Takes the right from snapshots that are too old, and sweeps a part of the arena. */
  step(nowMs: number): void {
    this.#steps++
    this.#watchSnapshots(nowMs)
    this.#watchPins(nowMs)
    this.#watchClock(nowMs)
    this.#sweepSome()
  }

  /** Whether there may be rows to merge: for that Arrow has to be loaded. */
  get hasMerges(): boolean {
    return this.#merger.isBusy
  }

  /** Does one slice of merging rows into batches; whether there is more to do. */
  mergeSlice(nowMs: number): boolean {
    return this.#merger.slice(nowMs)
  }

  /** Sweeps the whole arena at once; the number of versions and cells given back. */
  sweepAll(): number {
    const dead = { ...this.#dead, writtenBefore: WHENEVER_WRITTEN.writtenBefore }
    const freed = sweepArena(this.#session.arena, this.#slot, dead)
    this.#swept += freed
    return freed
  }

  report(): CoordinatorReport {
    return {
      steps: this.#steps,
      snapshotsRevoked: this.#snapshotsRevoked,
      pinsRevoked: this.#pinsRevoked,
      swept: this.#swept,
      rows: this.#merger.report(),
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

  /** A pin counts its uses: one whose word stays the same is one pin. */
  #watchPins(nowMs: number): void {
    const { kernel, snapshotAgeMsMax } = this.#session
    const gone = new Set(this.#seenPins.keys())
    for (let number = kernel.nextPin(0); number >= 0; number = kernel.nextPin(number + 1)) {
      const word = kernel.pinWord(number)
      const seen = this.#seenPins.get(number)
      gone.delete(number)
      if (seen?.word !== word) {
        this.#seenPins.set(number, { word, sinceMs: nowMs })
      } else if (nowMs - seen.sinceMs > snapshotAgeMsMax) {
        if (kernel.releasePin(number, word) !== 0) this.#pinsRevoked++
        this.#seenPins.delete(number)
      }
    }
    for (const number of gone) this.#seenPins.delete(number)
  }

  #watchClock(nowMs: number): void {
    const clock = this.#session.kernel.clock()
    this.#writes.note(nowMs, clock)
    this.#inserts.note(nowMs, clock)
    this.#dead = {
      writtenBefore: this.#writes.before(nowMs),
      unbornBefore: this.#inserts.before(nowMs),
    }
  }

  #sweepSome(): void {
    const { kernel, lengthBytes } = this.#session.arena
    const pageCount = lengthBytes / PAGE_LENGTH
    kernel.releaseRetired()
    kernel.releaseReplacedOfAll()
    for (let looked = 0, swept = 0; looked < pageCount && swept < PAGES_A_STEP; looked++) {
      const page = this.#nextPage
      this.#nextPage = (page + 1) % pageCount
      if (!isCellPage(kernel, page)) continue
      this.#swept += sweepPage(kernel, this.#slot, page, this.#dead)
      for (const cell of chainsOfPage(kernel, page)) this.#merger.offer(cell)
      swept++
    }
  }
}
