import type { Data, DataType, RecordBatch, Vector } from 'apache-arrow'
import { writeBodyInSteps } from '../batch-body.ts'
import { writeHeader } from '../batch-header.ts'
import { openBatch } from '../batch-opening.ts'
import { type BatchPlan, PlanBuilder, type SourcedPlan } from '../batch-plan.ts'
import type { ColumnLayout } from '../column-layout.ts'
import { type OpenSchema, openSchemaOf } from '../open-schema.ts'
import { batchOfValues } from '../record-batch.ts'
import { Gather, type PlacedFill } from './gather-column.ts'
import type { Runs } from './runs.ts'
import type { Steps } from './steps.ts'

const WORD_LENGTH = 4

/** A gather of which all sizes are known. */
export interface PlannedGather {
  readonly plan: SourcedPlan
  readonly fills: readonly PlacedFill[]
}

/**
 * Plans a batch of the rows that some runs select from several batches of one schema, with the metadata of
 * the first one.
 */
export function* planGather(
  open: OpenSchema,
  batches: readonly RecordBatch[],
  runs: Runs,
): Steps<PlannedGather> {
  const builder = new PlanBuilder()
  const gather = new Gather(builder)
  for (const [i, layout] of open.columns.entries()) {
    const sources = batches.map(({ data }) => data.children[i] as Data)
    yield* gather.addColumn(layout as ColumnLayout, sources, runs)
    yield
  }
  return { plan: builder.finish(open, runs.total, batches[0]?.metadata), fills: gather.fills }
}

/** Fills the body of a planned batch. Its header can be written after that. */
export function* fillBody({ plan, fills }: PlannedGather, bytes: Uint8Array, at: number): Steps {
  // Columns without values have copies: the first offsets of lists.
  yield* writeBodyInSteps(plan, bytes, at)
  for (const { offset, fill } of fills) {
    yield* fill(bytes, at + offset)
    yield
  }
}

/** A batch whose body was filled in an array of its own. */
export function openOnHeap(plan: BatchPlan, body: Uint8Array): RecordBatch {
  const words = new Uint32Array(plan.headerLength / WORD_LENGTH)
  const handles = plan.dictionaries.map((_, handle) => handle)
  writeHeader(plan, words, 0, handles)
  const dictionaryOf = (handle: number): Vector => plan.dictionaries[handle] as Vector
  return openBatch(openSchemaOf(plan.schema), words, 0, body.buffer, body.byteOffset, dictionaryOf)
}

/** The values that some runs select from several columns, as one vector on the heap. */
export function* gatherValues(type: DataType, sources: readonly Data[], runs: Runs): Steps<Vector> {
  const batches = sources.map((data) => batchOfValues(type, data))
  const planned = yield* planGather(openSchemaOf((batches[0] as RecordBatch).schema), batches, runs)
  const body = new Uint8Array(planned.plan.bodyLength)
  yield* fillBody(planned, body, 0)
  return openOnHeap(planned.plan, body).getChildAt(0) as Vector
}
