import { createRequire } from 'node:module'
import type { RecordBatch, Table, Vector } from 'apache-arrow'
import type * as Codec from '../arrow/batch-codec.ts'

/** What can be written as a batch. A table's batches become one, a vector a column named `value`. */
export type Tabular = RecordBatch | Table | Vector

const require = createRequire(import.meta.url)
let codec: typeof Codec | undefined

/**
 * Loads Arrow, for threads that may be terminated: Node 20 ends the whole process when that happens while
 * a thread loads modules as `arrowCodec` does.
 */
export async function loadArrowCodec(): Promise<void> {
  codec ??= await import('../arrow/batch-codec.ts')
}

/** Arrow takes longer to load than everything else: it is, with the first batch. */
export function arrowCodec(): typeof Codec {
  codec ??= require('../arrow/batch-codec.js') as typeof Codec
  return codec
}

/** Whether an object is one of Arrow's rather than JSON, or seems to be. */
export function isTabular(value: object): value is Tabular {
  const prototype: unknown = Object.getPrototypeOf(value)
  if (prototype === Object.prototype || prototype === Array.prototype || prototype === null) {
    return false
  }
  return 'schema' in value || ('type' in value && 'data' in value)
}
