/**
 * Merging of chains: batches to which rows were added become fewer, with the same rows. Nobody waits for
 * it and nothing conflicts with it: readers see the same before and after.
 */
import type { RecordBatch } from 'apache-arrow'
import type { MergeJob, SlicedWork, Steps } from '../arrow/batch-codec.ts'
import type { Place } from '../memory/arena.ts'
import { arrowCodec } from '../values/arrow-codec.ts'
import type { RowsMeaning } from '../values/batch-writer.ts'
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
  /** Opens the batches; the jobs that make one of them. */
  readonly open: () => Steps<JobList>
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
  readonly #session: Session
  readonly #plan: MergePlan
  readonly #work: SlicedWork
  #isInPlace = false

  constructor(session: Session, plan: MergePlan) {
    this.#session = session
    this.#plan = plan
    this.#work = new (arrowCodec().SlicedWork)(this.#run())
  }

  /** Works until `performance.now()` reaches `deadlineMs`, or longer by one slice; whether it has ended. */
  step(deadlineMs: number): boolean {
    if (this.#isKept()) return this.#work.step(deadlineMs)
    this.abandon()
    return true
  }

  /** Whether it has ended, and what it has made is in its place. */
  get isInPlace(): boolean {
    return this.#isInPlace
  }

  /** Gives back what it has taken. */
  abandon(): void {
    this.#work.abandon()
  }

  *#run(): Steps {
    const { openOnHeap, stepsOf } = arrowCodec()
    const list = yield* this.#plan.open()
    for (let job = list.next(); job !== undefined; job = list.next()) {
      yield* stepsOf(job)
      if (list.isAtLast) return yield* this.#writeLast(job)
      const body = new Uint8Array(job.plan.bodyLength)
      yield* stepsOf(job.writeInto(body, 0))
      list.take(openOnHeap(job.plan, body))
    }
  }

  *#writeLast(job: MergeJob): Steps {
    const { stepsOf } = arrowCodec()
    const { writer } = this.#session.batches
    const fill = ({ bytes, at }: Place): Steps => stepsOf(job.writeInto(bytes, at))
    const block = yield* writer.writeInSteps(job.plan, this.#plan.meaning, fill)
    // Without room for it the chain stays as it is.
    if (block !== 0) this.#putInPlace(block)
  }

  /** Whether what was read so far was the chain, and not what came to lie there after it. */
  #isKept(): boolean {
    return this.#session.kernel.isLive(this.#plan.slot) !== 0
  }

  #putInPlace(block: number): void {
    const { batches, kernel } = this.#session
    const { below, replace } = this.#plan
    const chunk = batches.blocks.chunkOf(block)
    // First: what was read of what is below is anything if it was no longer kept then.
    const isLinked =
      this.#isKept() &&
      (below === undefined || kernel.addRowsTo(chunk, block, below.chunk, below.block) !== 0)
    this.#isInPlace = isLinked && this.#isKept() && replace(chunk, block)
    if (!this.#isInPlace) kernel.dropChunk(chunk)
  }
}

/** Opens batches one by one. */
function* openEach(batches: Batches, blocks: readonly number[]): Steps<RecordBatch[]> {
  const opened: RecordBatch[] = []
  for (const block of blocks) {
    opened.push(batches.openAlone(block))
    yield
  }
  return opened
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
  const seen = run[0] as number
  const above = blocks.chunkOf(newest)
  const id = kernel.chunkId(above)
  const below = older[run.length] as number
  return new ChainMerge(session, {
    *open() {
      const list = new JobList()
      list.addTogether(meaning, yield* openEach(batches, run.toReversed()))
      return list
    },
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
  const seen = added.at(-1) as number
  const above = blocks.chunkOf(newest)
  const id = kernel.chunkId(above)
  const replace = (chunk: number, made: number): boolean =>
    place.cell === 0
      ? kernel.replaceOlder(above, id, seen, chunk, made) !== 0
      : kernel.replaceCurrent(place.lockSlot, place.cell, id, chunk, made) !== 0
  function* open(): Steps<JobList> {
    const list = new JobList()
    let source: Source = () => batches.openAlone(chain[0] as number)
    const groups = groupsOf(batches, added)
    yield
    for (const { meaning, blocks: group } of groups) {
      source = list.addGroup(source, meaning, yield* openEach(batches, group))
    }
    return list
  }
  const { slot } = place
  return new ChainMerge(session, { open, meaning: PLAIN_ROWS, slot, below: undefined, replace })
}
