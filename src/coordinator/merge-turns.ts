import { setImmediate } from 'node:timers/promises'
import { arrowCodec, loadArrowCodec } from '../values/arrow-codec.ts'
import type { Coordinator } from './coordinator.ts'
import { SLICE_MS } from './row-merger.ts'

/** Runs the merges of a coordinator: between two slices everything else that its thread does has its turn. */
export class MergeTurns {
  readonly #coordinator: Coordinator
  #isRunning = false
  #isPrepared = false

  constructor(coordinator: Coordinator) {
    this.#coordinator = coordinator
  }

  /** Merges what there is to merge, unless it does so already. */
  async run(): Promise<void> {
    if (this.#isRunning || !this.#coordinator.hasMerges) return
    this.#isRunning = true
    try {
      if (!this.#isPrepared) await this.#prepare()
      while (this.#coordinator.mergeSlice(performance.now())) await setImmediate()
    } finally {
      this.#isRunning = false
    }
  }

  /** Loads what merges need, and has it compiled. */
  async #prepare(): Promise<void> {
    await loadArrowCodec()
    const practice = arrowCodec().planPractice()
    try {
      while (!practice.step(performance.now() + SLICE_MS)) await setImmediate()
    } catch {
      // Without it merges are slower at first, and nothing else.
    }
    this.#isPrepared = true
  }
}
