import { type Data, RecordBatch, type Schema, type Vector } from 'apache-arrow'
import { ValueNotAcceptableError } from '../errors/data-errors.ts'
import { describeValue } from '../errors/describe-value.ts'
import { BODY_LENGTH_MAX, headerLengthOf, regionOffset } from './batch-header-descriptor.ts'
import { encodeMetadata } from './batch-metadata.ts'
import { faultInColumn } from './column-fault.ts'
import type { ColumnLayout } from './column-layout.ts'
import { pathSegment } from './column-path.ts'
import { addColumn, type BufferCopy } from './column-plan.ts'
import { type OpenSchema, openSchemaOf } from './open-schema.ts'

/** What a batch takes in shared memory, and what its header says. */
export interface BatchPlan {
  /** Canonical: its dictionaries are numbered from 0, so that all threads have equal bytes for it. */
  readonly schema: Schema
  /** Arrow IPC's message for the schema. Schemas with the same text share one array. */
  readonly schemaBytes: Uint8Array
  /** `fingerprintOf(schemaBytes)`. */
  readonly fingerprint: number
  readonly rowCount: number
  /** Bytes, a multiple of 8. */
  readonly headerLength: number
  /** Bytes. A body of 4096 bytes or more begins at a multiple of 64, a shorter one at one of 8. */
  readonly bodyLength: number
  /**
   * One for each field that is encoded by a dictionary, depth first; fields of a dictionary's own
   * values do not count: they belong to the batch that the dictionary is stored as. Fields may share
   * one, and a dictionary may have several chunks: `recordBatchOf` makes a batch of it.
   */
  readonly dictionaries: readonly Vector[]
  /** Pairs of a length and a count of nulls. */
  readonly nodes: readonly number[]
  /** Pairs of an offset and a length, in bytes. */
  readonly regions: readonly number[]
  readonly variadicCounts: readonly number[]
  /** That of the batch itself, as `encodeMetadata` makes it. */
  readonly metadata: Uint8Array
}

/** A plan that knows where the bytes come from: `writeBody` takes it. */
export interface SourcedPlan extends BatchPlan {
  readonly copies: readonly BufferCopy[]
}

/** Collects nodes, regions and dictionaries, in the order of the header. */
export class PlanBuilder {
  readonly nodes: number[] = []
  readonly regions: number[] = []
  readonly variadicCounts: number[] = []
  readonly dictionaries: Vector[] = []
  readonly copies: BufferCopy[] = []
  #bodyLength = 0

  addNode(length: number, nullCount: number): void {
    this.nodes.push(length, nullCount)
  }

  /** @returns the offset of the region from the start of the body. */
  addRegion(length: number): number {
    const offset = regionOffset(this.#bodyLength, length)
    this.regions.push(offset, length)
    this.#bodyLength = offset + length
    return offset
  }

  /**
   * @param metadata that of the batch.
   * @throws {ValueNotAcceptableError} when the body would be longer than offsets reach, and as
   * `encodeMetadata`.
   */
  finish(
    open: OpenSchema,
    rowCount: number,
    metadata: ReadonlyMap<string, string> | undefined,
  ): SourcedPlan {
    const { nodes, regions, variadicCounts, dictionaries, copies } = this
    const bodyLength = this.#bodyLength
    if (bodyLength > BODY_LENGTH_MAX) {
      const why = `it takes ${bodyLength} bytes where at most ${BODY_LENGTH_MAX} fit; divide it`
      throw new ValueNotAcceptableError({ path: '$', why })
    }
    const bytes = encodeMetadata(metadata)
    return {
      schema: open.schema,
      schemaBytes: open.schemaBytes,
      fingerprint: open.fingerprint,
      rowCount,
      headerLength: headerLengthOf(
        nodes.length >>> 1,
        regions.length >>> 1,
        variadicCounts.length,
        dictionaries.length,
        bytes.length,
      ),
      bodyLength,
      dictionaries,
      nodes,
      regions,
      variadicCounts,
      metadata: bytes,
      copies,
    }
  }
}

/**
 * Checks a batch and says what it takes in shared memory. Nothing is copied but what has to be
 * rewritten: sliced views and sliced dense unions. The batch must not change before `writeBody`.
 *
 * Its dictionaries are not looked into: plan `recordBatchOf` of each before anything is allocated.
 * The metadata of the batch is kept, as that of its schema and of the fields. What is checked is listed at
 * `faultInColumn`.
 *
 * @throws {ValueNotAcceptableError} with the path of the column, when the batch is not sound. A retry
 * does not help.
 */
export function planBatch(batch: RecordBatch): SourcedPlan {
  const open = soundSchemaOf(batch)
  const builder = new PlanBuilder()
  const { children, length } = batch.data
  for (let i = 0; i < open.columns.length; i++) {
    addColumn(builder, open.columns[i] as ColumnLayout, children[i] as Data, 0, length)
  }
  return builder.finish(open, length, batch.metadata)
}

/**
 * The schema of a batch whose columns have been checked.
 * @throws {ValueNotAcceptableError} as `planBatch`.
 */
export function soundSchemaOf(batch: RecordBatch): OpenSchema {
  if (!(batch instanceof RecordBatch)) throw notArrow(batch)
  const open = openSchemaOf(batch.schema)
  const { fields } = batch.schema
  const { children, length } = batch.data
  if (children.length !== open.columns.length) {
    const why = `it has ${children.length} columns, its schema ${open.columns.length}`
    throw new ValueNotAcceptableError({ path: '$', why })
  }
  for (let i = 0; i < open.columns.length; i++) {
    const layout = open.columns[i] as ColumnLayout
    const data: Data | undefined = children[i]
    const { type } = fields[i] as (typeof fields)[number]
    const fault =
      data === undefined || data.length === length
        ? faultInColumn(layout, type, data, 0, length)
        : { path: '', why: `it has ${data.length} values, the batch ${length} rows` }
    if (fault !== undefined) {
      const path = `$${pathSegment(layout.name)}${fault.path}`
      throw new ValueNotAcceptableError({ path, why: fault.why })
    }
  }
  return open
}

/** The refusal of what is no table, batch or vector of this apache-arrow. */
export function notArrow(value: unknown): ValueNotAcceptableError {
  const name = Object(value)?.constructor?.name
  const isForeign = name === 'RecordBatch' || name === 'Table' || name === 'Vector'
  const why = isForeign
    ? `it is a ${name} of another copy of apache-arrow; install one version, 21 or newer, only once`
    : `it is ${describeValue(value)}, and no table, batch or vector of apache-arrow`
  return new ValueNotAcceptableError({ path: '$', why })
}
