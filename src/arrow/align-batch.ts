import type { RecordBatch, Schema } from 'apache-arrow'
import { batchWith } from './record-batch.ts'
import { requireSameFields } from './schema-match.ts'

export function alignBatch(
  batch: RecordBatch,
  schema: Schema,
  _options: { widen: boolean },
): RecordBatch {
  requireSameFields(batchWith(schema, 0, []), batch)
  return batchWith(schema, batch.numRows, batch.data.children as never)
}
