/** What a store needs to write and read batches: loaded, with Arrow itself, when the first one comes. */
export { writeBody } from './batch-body.ts'
export { columnOf } from './batch-column.ts'
export { dictionaryHandlesAt, writeHeader } from './batch-header.ts'
export { openBatch } from './batch-opening.ts'
export { type BatchPlan, planBatch, type SourcedPlan } from './batch-plan.ts'
export { type OpenSchema, openSchema } from './open-schema.ts'
export { recordBatchOf } from './record-batch.ts'
