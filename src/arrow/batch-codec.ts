/** What a store needs to write, read and change batches: loaded, with Arrow itself, when the first one comes. */
export { Table } from 'apache-arrow'
export { alignBatch } from './align-batch.ts'
export { writeBody, writeBodyInSteps } from './batch-body.ts'
export { columnOf } from './batch-column.ts'
export { dictionaryHandlesAt, writeHeader } from './batch-header.ts'
export { openBatch } from './batch-opening.ts'
export { type BatchPlan, planBatch } from './batch-plan.ts'
export { openOnHeap } from './gather/gather-batch.ts'
export { SlicedWork, type Steps, stepsOf } from './gather/steps.ts'
export { keyBatch } from './key-rows.ts'
export {
  finishJob,
  type MergeJob,
  planConcatenation,
  planDeletion,
  planMerge,
  planUnique,
  type WriteJob,
} from './merge-job.ts'
export { type OpenSchema, openSchema } from './open-schema.ts'
export { planPractice } from './practice.ts'
export { batchWith, recordBatchOf, VALUE_COLUMN } from './record-batch.ts'
export { memberBatch, membersOf } from './value-set.ts'
