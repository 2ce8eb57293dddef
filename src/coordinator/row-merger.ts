import { createHistogram, type RecordableHistogram } from 'node:perf_hooks'
import {
  MODE_CONFLICT_MASK,
  MODE_READ_COMMITTED,
  SLOT_TAG_OFFSET,
  SLOT_VALUE_OFFSET,
} from '../../native-layout/slot-descriptor.ts'
import { TAG_BATCH } from '../../native-layout/status-codes.ts'
import { type ChainMerge, planWhole } from '../transaction/chain-merging.ts'
import type { Session } from '../transaction/session.ts'
import { CoreWait } from './core-wait.ts'

/** Milliseconds that one slice of a merge may take, but for the last of its steps. */
export const SLICE_MS = 0.25

const NS_PER_MS = 1e6

/** Milliseconds without an addition after which a chain becomes one batch. */
const REST_MS = 100

/** What was added to a base is merged into it, when it has so many bytes for each one of the base. */
const MERGED_SHARE = 0.25

/** Chunks that a chain has at most before it is merged, however small they are. */
const CHUNK_COUNT_MAX = 256

/** Chains that cannot be merged which are remembered. */
const REFUSED_COUNT_MAX = 1024

/** What the merger has done. */
export interface MergeReport {
  /** Chains of which fewer batches were made. */
  readonly merges: number
  /** Merges that were given up; the rows are where they were. */
  readonly failures: number
  readonly slices: number
  /**
   * Milliseconds of the slices, without the time for which other threads had the core, where the system tells
   * (Linux): so long merges keep the coordinator from other things. Nobody who is judged waits for it.
   */
  readonly sliceMsP999: number
  readonly sliceMsMax: number
  /** Milliseconds of the slices, with that time. */
  readonly sliceElapsedMsP999: number
}

/** A cell that holds a batch, as it was read. */
interface Found {
  readonly cell: number
  readonly block: number
  /** Of its chunk: no other one ever has it. */
  readonly id: number
  /** Whether its schema has been parsed by this thread. */
  isParsed: boolean
}

/** A chain as it was seen last. */
interface Seen {
  readonly block: number
  readonly sinceMs: number
}

/**
 * Merges rows that were added to batches into them, in slices. A chain that rests becomes one batch; one
 * to which rows are added all the time is merged below its newest batch, now and then.
 */
export class RowMerger {
  readonly #session: Session
  readonly #lockSlot: number
  #readSlot: number | undefined
  /** By cell: chains that wait to be looked at, or to rest. */
  readonly #seen = new Map<number, Seen>()
  /** By cell: the newest chunks of chains that cannot be merged, by their ids. */
  readonly #refused = new Map<number, number>()
  readonly #queue = new Set<number>()
  readonly #sliceNs: RecordableHistogram = createHistogram()
  readonly #elapsedNs: RecordableHistogram = createHistogram()
  readonly #coreWait = new CoreWait()
  #found: Found | undefined
  #merge: ChainMerge | undefined
  #merges = 0
  #failures = 0

  /** @param lockSlot one in which no transaction is open while `slice` runs. */
  constructor(session: Session, lockSlot: number) {
    this.#session = session
    this.#lockSlot = lockSlot
  }

  /** Has a cell be looked at that seems to hold a chain. */
  offer(cell: number): void {
    this.#queue.add(cell)
  }

  /** Does one slice of what there is to do; whether there is more. */
  slice(nowMs: number): boolean {
    if (!this.isBusy) return false
    const waitedMs = this.#coreWait.ms
    const startedMs = performance.now()
    try {
      if (this.#found === undefined) this.#find()
      else if (!this.#found.isParsed) this.#parse(this.#found)
      else if (this.#merge === undefined) this.#plan(this.#found, nowMs)
      else if (this.#merge.step(startedMs + SLICE_MS)) this.#finish(this.#merge)
    } catch {
      // It was too slow for its snapshot, cannot be put together, or there is no heap: the chain stays.
      this.#failures++
      this.#merge?.abandon()
      this.#refuse()
      this.#end()
    } finally {
      const elapsedMs = performance.now() - startedMs
      note(this.#elapsedNs, elapsedMs)
      note(this.#sliceNs, elapsedMs - (this.#coreWait.ms - waitedMs))
    }
    return this.isBusy
  }

  /** Whether there is something to do, or to look at. */
  get isBusy(): boolean {
    return this.#found !== undefined || this.#queue.size > 0
  }

  report(): MergeReport {
    const { count, max } = this.#sliceNs
    const p999Of = (histogram: RecordableHistogram): number =>
      count === 0 ? 0 : histogram.percentile(99.9) / NS_PER_MS
    return {
      merges: this.#merges,
      failures: this.#failures,
      slices: count,
      sliceMsP999: p999Of(this.#sliceNs),
      sliceMsMax: count === 0 ? 0 : max / NS_PER_MS,
      sliceElapsedMsP999: p999Of(this.#elapsedNs),
    }
  }

  /** Goes through the queue up to a cell that holds a batch. */
  #find(): void {
    for (const cell of this.#queue) {
      this.#queue.delete(cell)
      const found = this.#read(cell)
      if (found !== undefined && !this.#isRefused(found)) {
        this.#found = found
        return
      }
      this.#dismiss()
    }
  }

  /** A slice of its own for the schema: it takes long when it is new to this thread. */
  #parse(found: Found): void {
    this.#session.batches.schemaOf(found.block)
    found.isParsed = true
  }

  #plan({ cell, block }: Found, nowMs: number): void {
    this.#merge = this.#planFor(cell, block, nowMs)
    if (this.#merge === undefined) this.#end()
  }

  #finish(merge: ChainMerge): void {
    if (merge.isInPlace) this.#merges++
    else this.#failures++
    this.#end()
  }

  /** Has the chain that has just failed be left alone, unless it was no longer the chain that failed. */
  #refuse(): void {
    if (this.#found === undefined) return
    const { cell, id } = this.#found
    if (this.#session.kernel.isLive(this.#readSlot as number) === 0) return
    if (this.#refused.size >= REFUSED_COUNT_MAX) this.#refused.clear()
    this.#refused.set(cell, id)
  }

  /** Whether the chain of a cell is the one that could not be merged. */
  #isRefused({ cell, id }: Found): boolean {
    if (this.#refused.get(cell) === id) return true
    this.#refused.delete(cell)
    return false
  }

  #end(): void {
    this.#found = undefined
    this.#merge = undefined
    this.#dismiss()
  }

  #planFor(cell: number, block: number, nowMs: number): ChainMerge | undefined {
    const { batches } = this.#session
    const slots = { slot: this.#readSlot as number, lockSlot: this.#lockSlot }
    if (!batches.isChain(block)) {
      this.#seen.delete(cell)
      return undefined
    }
    const seen = this.#seen.get(cell)
    const rests = seen?.block === block
    if (!rests) this.#seen.set(cell, { block, sinceMs: nowMs })
    else if (nowMs - seen.sinceMs >= REST_MS) {
      this.#seen.delete(cell)
      return planWhole(this.#session, block, { ...slots, cell })
    }
    const [base = 0, ...added] = batches.chainOf(block)
    const bytes = added.reduce((sum, each) => sum + batches.blocks.bodyLengthOf(each), 0)
    const isMuch = bytes > MERGED_SHARE * batches.blocks.bodyLengthOf(base)
    if (added.length < 2 || (!isMuch && added.length < CHUNK_COUNT_MAX)) return undefined
    return planWhole(this.#session, block, { ...slots, cell: 0 })
  }

  /** The batch that a cell holds now, which stays while the slot is not dismissed. */
  #read(cell: number): Found | undefined {
    const { kernel, arena, defaultMode } = this.#session
    const key = this.#session.keyOf(cell)
    if (key === undefined) return undefined
    const handle = this.#session.lookUp(key)
    this.#readSlot ??= this.#session.acquireSlot()
    const slot = this.#readSlot
    kernel.begin(slot, MODE_READ_COMMITTED | (defaultMode & MODE_CONFLICT_MASK))
    kernel.read(slot, handle.cell, handle.generation)
    if (handle.cell !== cell) return undefined
    if (arena.u32[(slot + SLOT_TAG_OFFSET) >>> 2] !== TAG_BATCH) return undefined
    const at = (slot + SLOT_VALUE_OFFSET) >>> 2
    return {
      cell,
      block: arena.u32[at + 1] as number,
      id: kernel.chunkId(arena.u32[at] as number),
      isParsed: false,
    }
  }

  #dismiss(): void {
    if (this.#readSlot !== undefined) this.#session.kernel.dismiss(this.#readSlot)
  }
}

function note(histogram: RecordableHistogram, ms: number): void {
  histogram.record(Math.max(1, Math.round(ms * NS_PER_MS)))
}
