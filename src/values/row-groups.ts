/** Rows that were added to a batch, in groups of one meaning, and how a group becomes part of it. */
import type { RecordBatch } from 'apache-arrow'
import { ROWS_APPENDED, ROWS_DELETED } from '../../native-layout/batch-descriptor.ts'
import type { MergeJob } from '../arrow/batch-codec.ts'
import { arrowCodec } from './arrow-codec.ts'
import type { RowsMeaning } from './batch-writer.ts'

/** Blocks that were added one after the other, with the same meaning; oldest first. */
export interface RowGroup {
  readonly meaning: RowsMeaning
  readonly blocks: number[]
}

/** Says what the rows of a block are for. */
interface Meanings {
  meaningOf(block: number): RowsMeaning
}

/** Whether rows are for the same. */
export function isSameMeaning(one: RowsMeaning, other: RowsMeaning): boolean {
  if (one.rows !== other.rows || one.on.length !== other.on.length) return false
  return one.on.every((name, i) => name === other.on[i])
}

/** The groups of some blocks, oldest first. */
export function groupsOf(meanings: Meanings, blocks: readonly number[]): RowGroup[] {
  const groups: RowGroup[] = []
  for (const block of blocks) {
    const meaning = meanings.meaningOf(block)
    const last = groups.at(-1)
    if (last !== undefined && isSameMeaning(last.meaning, meaning)) last.blocks.push(block)
    else groups.push({ meaning, blocks: [block] })
  }
  return groups
}

/** What jobs have made, one batch each; those that no job needs any more are let go. */
type Made = readonly (RecordBatch | undefined)[]

/** A batch that is there, or is one of those that jobs make. */
export type Source = (made: Made) => RecordBatch

/** Jobs that are done one after the other; each may need what those before it have made. */
export class JobList {
  readonly #jobs: ((made: Made) => MergeJob)[] = []
  readonly #made: (RecordBatch | undefined)[] = []
  /** Jobs after which of all that was made only their own batch is needed. */
  readonly #ends = new Set<number>()

  /** Adds the jobs that make a group part of a batch. */
  addGroup(base: Source, { rows, on }: RowsMeaning, added: readonly RecordBatch[]): Source {
    const { planConcatenation, planDeletion, planMerge } = arrowCodec()
    if (rows === ROWS_APPENDED) {
      return this.#addLast((made) => planConcatenation([base(made), ...added]))
    }
    const plan = rows === ROWS_DELETED ? planDeletion : planMerge
    const together = this.#concatenated(added)
    return this.#addLast((made) => plan(base(made), together(made), on))
  }

  /** Adds the jobs that make one batch, of the same meaning, of a group. */
  addTogether({ rows, on }: RowsMeaning, added: readonly RecordBatch[]): Source {
    const { planMerge } = arrowCodec()
    const together = this.#concatenated(added)
    if (rows === ROWS_APPENDED || rows === ROWS_DELETED) return together
    // Rows whose keys come again behind them go.
    return this.#addLast((made) => planMerge(together(made).slice(0, 0), together(made), on))
  }

  /** The job to do next; undefined when all are done. */
  next(): MergeJob | undefined {
    return this.#jobs[this.#made.length]?.(this.#made)
  }

  /** Whether the job to do next is the last one. */
  get isAtLast(): boolean {
    return this.#made.length + 1 === this.#jobs.length
  }

  /** Takes what the job has made that was to be done next. */
  take(batch: RecordBatch): void {
    const index = this.#made.push(batch) - 1
    if (this.#ends.has(index)) this.#made.fill(undefined, 0, index)
  }

  /** Does all jobs, on the heap; what the last one has made. */
  finish(): RecordBatch | undefined {
    const { finishJob } = arrowCodec()
    for (let job = this.next(); job !== undefined; job = this.next()) this.take(finishJob(job))
    return this.#made.at(-1)
  }

  #add(job: (made: Made) => MergeJob): Source {
    const index = this.#jobs.push(job) - 1
    return (made) => made[index] as RecordBatch
  }

  #addLast(job: (made: Made) => MergeJob): Source {
    const source = this.#add(job)
    this.#ends.add(this.#jobs.length - 1)
    return source
  }

  #concatenated(added: readonly RecordBatch[]): Source {
    if (added.length === 1) return () => added[0] as RecordBatch
    return this.#add(() => arrowCodec().planConcatenation(added))
  }
}
