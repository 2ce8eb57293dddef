/**
 * Merging of chains: batches to which rows were added become fewer, with the same rows. Nobody waits for
 * it and nothing conflicts with it: readers see the same before and after.
 */
import type { RecordBatch } from 'apache-arrow'
import type { MergeJob, WriteJob } from '../arrow/batch-codec.ts'
import { arrowCodec } from '../values/arrow-codec.ts'
import type { PendingBatch, RowsMeaning } from '../values/batch-writer.ts'
import { PLAIN_ROWS } from '../values/batch-writer.ts'
import type { Batches } from '../values/batches.ts'
import { groupsOf, isSameMeaning, JobList, type Source } from '../values/row-groups.ts'
import type { Session } from './session.ts'

/** Bytes that a chunk counts for, besides its body. */
const CHUNK_OVERHEAD = 128

/** A batch of a chain, by the handles of its chunk and its block. */
interface ChainLink {
  readonly chunk: number
  readonly block: number
}

/** What a merge makes of which part of a chain, and where it goes. */
interface MergePlan {
  readonly list: JobList
  readonly meaning: RowsMeaning
  /** The batch that comes below what is made, if one does. */
  readonly below: ChainLink | undefined
  /** The slot with the snapshot that keeps the chain. */
  readonly slot: number
  /** Puts what was made in its place; false when that is no longer what it was. */
  readonly replace: (chunk: number, block: number) => boolean
}

/**
 * One merge, in slices. Its slot must keep the chain until it has ended: one that has lost the right to its
 * snapshot meanwhile ends without having changed anything.
 */
export class ChainMerge {
  readonly #batches: Batches
  readonly #session: Session
  readonly #plan: MergePlan
  readonly #made: RecordBatch[] = []
  #job: MergeJob | undefined
  #pending: PendingBatch | undefined
  #writing: WriteJob | undefined
  #body: Uint8Array | undefined
  #isInPlace = false

  constructor(session: Session, plan: MergePlan) {
    this.#session = session
    this.#batches = session.batches
    this.#plan = plan
  }

  /** Works until `performance.now()` reaches `deadlineMs`, or longer by one slice; whether it has ended. */
  step(deadlineMs: number): boolean {
    const { jobs } = this.#plan.list
    if (!this.#isKept()) {
      this.abandon()
      return true
    }
    for (;;) {
      this.#job ??= jobs[this.#made.length]?.(this.#made) as MergeJob
      if (!this.#job.step(deadlineMs)) return false
      if (this.#made.length + 1 === jobs.length) return this.#writeLast(this.#job, deadlineMs)
      if (!this.#writeOnHeap(this.#job, deadlineMs)) return false
    }
  }

  /** Whether it has ended, and what it has made is in its place. */
  get isInPlace(): boolean {
    return this.#isInPlace
  }

  /** Gives back what it has taken. */
  abandon(): void {
    this.#pending?.discard()
    this.#pending = undefined
  }

  #writeOnHeap(job: MergeJob, deadlineMs: number): boolean {
    this.#body ??= new Uint8Array(job.plan.bodyLength)
    this.#writing ??= job.writeInto(this.#body, 0)
    if (!this.#writing.step(deadlineMs)) return false
    this.#made.push(arrowCodec().openOnHeap(job.plan, this.#body))
    this.#job = undefined
    this.#writing = undefined
    this.#body = undefined
    return true
  }

  #writeLast(job: MergeJob, deadlineMs: number): boolean {
    this.#pending ??= this.#batches.writer.begin(job.plan, this.#plan.meaning)
    // Without room for it the chain stays as it is.
    if (this.#pending === undefined) return true
    this.#writing ??= job.writeInto(this.#pending.body.bytes, this.#pending.body.at)
    if (!this.#writing.step(deadlineMs)) return false
    const block = this.#pending.finish()
    this.#pending = undefined
    this.#putInPlace(block)
    return true
  }

  /** Whether what was read so far was the chain, and not what came to lie there after it. */
  #isKept(): boolean {
    return this.#session.kernel.isLive(this.#plan.slot) !== 0
  }

  #putInPlace(block: number): void {
    const { kernel } = this.#session
    const { blocks } = this.#batches
    const { below, replace } = this.#plan
    const chunk = blocks.chunkOf(block)
    // First: what was read of what is below is anything if it was no longer kept then.
    const isLinked =
      this.#isKept() &&
      (below === undefined || kernel.addRowsTo(chunk, block, below.chunk, below.block) !== 0)
    this.#isInPlace = isLinked && this.#isKept() && replace(chunk, block)
    if (!this.#isInPlace) kernel.dropChunk(chunk)
  }
}

/**
 * A merge of the newest small batches below the newest one, or undefined when there is nothing to merge.
 * As many as together with their neighbours' sizes keep the chain logarithmically short.
 *
 * @param slot the one that keeps the chain.
 */
export function planNewest(
  session: Session,
  block: number,
  { slot, bytesMax }: { readonly slot: number; readonly bytesMax: number },
): ChainMerge | undefined {
  const { batches, kernel } = session
  const { blocks } = batches
  const [newest, ...older] = batches.chainOf(block).reverse()
  const [first] = older
  if (newest === undefined || first === undefined) return undefined
  const meaning = batches.meaningOf(first)
  const run: number[] = []
  let bytes = 0
  for (const each of older) {
    const size = blocks.bodyLengthOf(each) + CHUNK_OVERHEAD
    const isBase = each === older.at(-1)
    const fits = bytes === 0 || size <= 2 * bytes
    if (isBase || !fits || bytes + size > bytesMax) break
    if (!isSameMeaning(meaning, batches.meaningOf(each))) break
    run.push(each)
    bytes += size
  }
  if (run.length < 2) return undefined
  const added = run.toReversed().map((each) => batches.openAlone(each))
  const seen = run[0] as number
  const list = new JobList()
  list.addTogether(meaning, added)
  const above = blocks.chunkOf(newest)
  const id = kernel.chunkId(above)
  const below = older[run.length] as number
  return new ChainMerge(session, {
    list,
    meaning,
    slot,
    below: { chunk: blocks.chunkOf(below), block: below },
    replace: (chunk, made) => kernel.replaceOlder(above, id, seen, chunk, made) !== 0,
  })
}

/**
 * A merge of a whole chain into one batch, in the place of what a cell holds; or, with `cell` 0, of all
 * but the newest batch.
 *
 * @param place the slot that keeps the chain, and one in which no transaction is open, for the lock of the
 *   cell.
 */
export function planWhole(
  session: Session,
  block: number,
  place: { readonly slot: number; readonly lockSlot: number; readonly cell: number },
): ChainMerge | undefined {
  const { batches, kernel } = session
  const { blocks } = batches
  const chain = batches.chainOf(block)
  const newest = chain.at(-1) as number
  const [base, ...added] = place.cell === 0 ? chain.slice(0, -1) : chain
  if (base === undefined || added.length === 0) return undefined
  const list = new JobList()
  let source: Source = () => batches.openAlone(base)
  for (const { meaning, blocks: group } of groupsOf(batches, added)) {
    const opened = group.map((each) => batches.openAlone(each))
    source = list.addGroup(source, meaning, opened)
  }
  const seen = added.at(-1) as number
  const above = blocks.chunkOf(newest)
  const id = kernel.chunkId(above)
  const replace = (chunk: number, made: number): boolean =>
    place.cell === 0
      ? kernel.replaceOlder(above, id, seen, chunk, made) !== 0
      : kernel.replaceCurrent(place.lockSlot, place.cell, id, chunk, made) !== 0
  const { slot } = place
  return new ChainMerge(session, { list, meaning: PLAIN_ROWS, slot, below: undefined, replace })
}
