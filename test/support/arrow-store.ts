import type { RecordBatch, Vector } from 'apache-arrow'
import { writeBody } from '#dist/src/arrow/batch-body.js'
import { writeHeader } from '#dist/src/arrow/batch-header.js'
import {
  LONG_REGION_ALIGNMENT,
  LONG_REGION_LENGTH,
  REGION_ALIGNMENT,
} from '#dist/src/arrow/batch-header-descriptor.js'
import { openBatch } from '#dist/src/arrow/batch-opening.js'
import { type BatchPlan, planBatch } from '#dist/src/arrow/batch-plan.js'
import { openSchema } from '#dist/src/arrow/open-schema.js'
import { recordBatchOf } from '#dist/src/arrow/record-batch.js'

const GARBAGE = 0xa5

interface StoredBatch {
  readonly headerAt: number
  readonly bodyAt: number
  readonly schemaBytes: Uint8Array
}

/** A stand-in for the arena: headers and bodies in one shared buffer that was full of garbage. */
export class BatchMemory {
  readonly bytes: Uint8Array
  readonly #words: Uint32Array
  readonly #batches: StoredBatch[] = []
  #end = 8

  constructor(lengthBytes = 1 << 20) {
    this.bytes = new Uint8Array(new SharedArrayBuffer(lengthBytes)).fill(GARBAGE)
    this.#words = new Uint32Array(this.bytes.buffer)
  }

  /** @returns a handle. */
  write(batch: RecordBatch): number {
    const plan = planBatch(batch)
    return this.store(plan, (bodyAt) => writeBody(plan, this.bytes, bodyAt))
  }

  /** Stores what fills its body itself, and then its header. */
  store(plan: BatchPlan, fill: (bodyAt: number) => void): number {
    const handles = plan.dictionaries.map((dictionary) => this.write(recordBatchOf(dictionary)))
    const headerAt = this.#take(plan.headerLength, 8)
    const bodyAt = this.#take(
      plan.bodyLength,
      plan.bodyLength >= LONG_REGION_LENGTH ? LONG_REGION_ALIGNMENT : REGION_ALIGNMENT,
    )
    fill(bodyAt)
    writeHeader(plan, this.#words, headerAt, handles)
    this.#batches.push({ headerAt, bodyAt, schemaBytes: plan.schemaBytes })
    return this.#batches.length - 1
  }

  open(handle: number): RecordBatch {
    const { headerAt, bodyAt, schemaBytes } = this.#batches[handle] as StoredBatch
    const entry = openSchema(schemaBytes)
    const { buffer } = this.bytes
    return openBatch(entry, this.#words, headerAt, buffer, bodyAt, (dictionary) => {
      return this.open(dictionary).getChildAt(0) as Vector
    })
  }

  /** Somewhere at a multiple of the alignment, but of no larger one. */
  #take(length: number, alignment: number): number {
    const at = Math.ceil(this.#end / (2 * alignment)) * 2 * alignment + alignment
    this.#end = at + length
    if (this.#end > this.bytes.length) throw new Error('the test needs more memory')
    return at
  }
}

/** A batch as it comes back from shared memory. */
export function roundTrip(batch: RecordBatch): RecordBatch {
  const memory = new BatchMemory()
  return memory.open(memory.write(batch))
}
