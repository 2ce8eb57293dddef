/** Whether a store is whole: while others work in it, and when nobody does. */

import { setTimeout } from 'node:timers/promises'
import type { Khonsu, Ref, RefList } from '../src/index.ts'
import { accountKey, accountRefs, INITIAL_BALANCE } from './accounts.ts'
import { bannerKeys, readBanner } from './banner.ts'
import { countBlocksUsed, findLocked } from './remains.ts'

/** What the arena holds while nothing moves. */
export interface ArenaUse {
  readonly usedBytes: number
  readonly blocksUsed: number
}

/** How often something was not as it must be. */
export interface Faults {
  /** Snapshots in which the accounts did not add up, or the banner was not whole. */
  readonly contents: number
  readonly lockedCells: number
  /** Snapshots that nobody has closed: 0 or 1. */
  readonly leftSnapshots: number
}

/** The accounts and the banner of a store, as the thread that opened it sees them. */
export class StoreInspection {
  /** Of all cells. */
  readonly refs: readonly Ref<unknown>[]
  readonly #khonsu: Khonsu
  readonly #accounts: RefList
  #contentFaults = 0

  constructor(khonsu: Khonsu, cellCount: number) {
    const accountKeys = Array.from({ length: cellCount }, (_, index) => accountKey(index))
    this.refs = [...accountKeys, ...bannerKeys()].map((key) => khonsu.ref(key))
    this.#khonsu = khonsu
    this.#accounts = accountRefs(khonsu, 0, cellCount)
  }

  /** Reads everything, each part in one snapshot; others may work meanwhile. */
  readAll(): void {
    const accounts = this.#accounts
    const isolation = 'repeatable-read'
    const sum = this.#khonsu.transact(
      (tx) => {
        let total = 0
        for (let at = 0; at < accounts.length; at++) total += tx.getAt(accounts, at) as number
        return total
      },
      { isolation },
    )
    if (sum !== accounts.length * INITIAL_BALANCE) this.#contentFaults++
    if (readBanner(this.#khonsu, { explicit: false, isolation }).length > 0) this.#contentFaults++
  }

  /** Writes cells with what they hold. @throws {TransactionAbortedError} where one stays locked. */
  rewrite(refs: readonly Ref<unknown>[]): void {
    this.#khonsu.transact((tx) => {
      for (const ref of refs) tx.set(ref, tx.get(ref))
    })
  }

  /** Resolves to what is in use when all that can be given back has been; while no job works. */
  async arenaUse(): Promise<ArenaUse> {
    await setTimeout(SETTLE_MS)
    await this.#khonsu.reclaim()
    const { usedBytes } = this.#khonsu.stats().memory
    return { usedBytes, blocksUsed: countBlocksUsed(this.#khonsu) }
  }

  /** Returns what is wrong when everything has ended, and what was wrong before. */
  conclude(): Faults {
    this.readAll()
    return {
      contents: this.#contentFaults,
      lockedCells: findLocked(this.#khonsu, this.refs).length,
      leftSnapshots: this.#khonsu.stats().horizon.holder === undefined ? 0 : 1,
    }
  }
}

const SETTLE_MS = 50
