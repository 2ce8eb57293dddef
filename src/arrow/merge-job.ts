import type { Data, RecordBatch } from 'apache-arrow'
import { ValueNotAcceptableError } from '../errors/data-errors.ts'
import { type BatchPlan, soundSchemaOf } from './batch-plan.ts'
import { firstClearBit } from './bitmap.ts'
import { type ColumnLayout, KIND_DICTIONARY } from './column-layout.ts'
import { pathSegment } from './column-path.ts'
import { fillBody, openOnHeap, type PlannedGather, planGather } from './gather/gather-batch.ts'
import { RUN_LENGTH_MAX, Runs } from './gather/runs.ts'
import { SLICE_COUNT, SlicedWork, type Steps } from './gather/steps.ts'
import { type KeyColumn, keySliceCount, nullTest } from './keys/key-column.ts'
import { keyForms, requireKeyType } from './keys/key-forms.ts'
import { KeyTable } from './keys/key-table.ts'
import { NULL_ID } from './keys/value-ids.ts'
import { type OpenSchema, openSchemaOf } from './open-schema.ts'
import { mismatch, requireSameFields } from './schema-match.ts'
import { isSameType } from './type-text.ts'

/** The filling of a body, cut into slices. */
export interface WriteJob {
  /** Works until `performance.now()` reaches `deadlineMs`. @returns true when the body is filled. */
  step(deadlineMs: number): boolean
}

/**
 * A batch that is made of others, in two phases that are cut into slices: `step` until the plan is
 * known, then `writeInto` memory of that size and `step` that, then `writeHeader`. The batches must
 * stay as they are until then. A job that is given up leaves nothing behind.
 *
 * A slice goes through some thousand values of one column, with flat columns some tenths of a millisecond
 * at most, however large the batch is.
 */
export interface MergeJob {
  /**
   * Works until `performance.now()` reaches `deadlineMs`, at least for one slice.
   *
   * @returns true when the plan is known.
   * @throws {ValueNotAcceptableError} for keys and dictionaries that cannot be merged. A retry does
   * not help.
   */
  step(deadlineMs: number): boolean
  /** What the result takes. Its null counts are those of the result when the body is filled. */
  readonly plan: BatchPlan
  /** @param at as for `writeBody`. */
  writeInto(bytes: Uint8Array, at: number): WriteJob
}

/**
 * Puts rows into a batch by their keys: a row of `delta` takes the place of the row of `base` that
 * has its key, others come behind, in the order of `delta`. When `delta` has a key twice, its last
 * row counts, in the place of its first one: as if its rows had been merged one after another.
 * Keys are equal when their values are; NaN equals NaN, and -0 equals 0. A key that `base` has twice
 * is replaced twice.
 *
 * @param base a sound batch, such as `openBatch` returns: it is not checked again. It gives the
 * schema of the result. Its rows whose key is null stay: no key is equal to it.
 * @param delta a sound batch, too.
 * @param on names of the columns that make up the key; at least one.
 * @throws {ValueNotAcceptableError} naming the column, when it is missing, its type is none of a key,
 * a key of `delta` is null, or a field of it is not that of `base` (see `alignBatch`). What is wrong with
 * the values of dictionaries is thrown by `step`.
 */
export function planMerge(base: RecordBatch, delta: RecordBatch, on: readonly string[]): MergeJob {
  const open = openSchemaOf(base.schema)
  requireSameFields(base, delta)
  const deltaKeys = keysWithoutNulls(openSchemaOf(delta.schema), delta, on)
  return new GatherJob(mergeSteps(open, base, delta, keysIn(open, base, on), deltaKeys))
}

/**
 * Leaves rows out whose keys come again behind them: the last row of a key takes the place of its first one.
 *
 * @param rows are checked here, at once and in one piece.
 * @throws {ValueNotAcceptableError} as `planMerge`, and for rows that are not sound.
 */
export function planUnique(rows: RecordBatch, on: readonly string[]): MergeJob {
  soundSchemaOf(rows)
  return planMerge(rows.slice(0, 0), rows, on)
}

/**
 * Takes rows out of a batch by their keys.
 *
 * @param keys a sound batch with the keys of the rows that go; columns that are not named in `on` are not looked at.
 * @throws {ValueNotAcceptableError} as `planMerge`.
 */
export function planDeletion(
  base: RecordBatch,
  keys: RecordBatch,
  on: readonly string[],
): MergeJob {
  const open = openSchemaOf(base.schema)
  const there = keysIn(open, base, on)
  const gone = keysWithoutNulls(openSchemaOf(keys.schema), keys, on)
  for (const [i, { layout }] of there.entries()) requireSameKeyType(layout, gone[i] as Key)
  return new GatherJob(deletionSteps(open, base, keys, there, gone))
}

/**
 * Puts batches of one schema one behind the other. Dictionaries are united.
 *
 * @param parts sound batches, at least one: they are not checked. The first gives the schema. When the
 * fields of another one are not those of it, `step` throws.
 */
export function planConcatenation(parts: readonly RecordBatch[]): MergeJob {
  return new GatherJob(concatenationSteps(parts))
}

/** Runs a job to its end, on the heap. */
export function finishJob(job: MergeJob): RecordBatch {
  job.step(Number.POSITIVE_INFINITY)
  const body = new Uint8Array(job.plan.bodyLength)
  job.writeInto(body, 0).step(Number.POSITIVE_INFINITY)
  return openOnHeap(job.plan, body)
}

class GatherJob implements MergeJob {
  readonly #work: SlicedWork<PlannedGather>

  constructor(steps: Steps<PlannedGather>) {
    this.#work = new SlicedWork(steps)
  }

  step(deadlineMs: number): boolean {
    return this.#work.step(deadlineMs)
  }

  get plan(): BatchPlan {
    return this.#planned().plan
  }

  writeInto(bytes: Uint8Array, at: number): WriteJob {
    return new SlicedWork(fillBody(this.#planned(), bytes, at))
  }

  #planned(): PlannedGather {
    if (this.#work.result === undefined) throw new Error('step has not returned true yet')
    return this.#work.result.value
  }
}

/** One column of a key. */
interface Key {
  readonly layout: ColumnLayout
  readonly data: Data
}

/** The key columns of a batch, in which a null is refused. */
function keysWithoutNulls(open: OpenSchema, batch: RecordBatch, on: readonly string[]): Key[] {
  const keys = keysIn(open, batch, on)
  for (const { layout, data } of keys) {
    const { nullCount, nullBitmap, offset, length } = data
    if (nullCount > 0) refuseNull(layout, firstClearBit(nullBitmap, offset, length) - offset)
  }
  return keys
}

/** The key columns of a batch. */
function keysIn(open: OpenSchema, batch: RecordBatch, on: readonly string[]): Key[] {
  if (on.length === 0) {
    throw new ValueNotAcceptableError({ path: '$', why: 'no column is named as its key' })
  }
  return on.map((name) => {
    const at = open.columns.findIndex((column) => column.name === name)
    const layout = open.columns[at]
    if (layout === undefined) {
      const why = `it has no column ${JSON.stringify(name)}, which its key is to be in`
      throw new ValueNotAcceptableError({ path: '$', why })
    }
    requireKeyType(layout)
    return { layout, data: batch.data.children[at] as Data }
  })
}

function requireSameKeyType({ name, type }: ColumnLayout, { layout }: Key): void {
  if (isSameType(type, layout.type)) return
  throw mismatch(
    name,
    `it has the type ${layout.type} where ${type} is expected; give keys of that type`,
  )
}

function refuseNull({ name }: ColumnLayout, row: number): never {
  const path = `$${pathSegment(name)}[${row}]`
  throw new ValueNotAcceptableError({ path, why: 'it is null, but part of a key; give it a value' })
}

function* mergeSteps(
  open: OpenSchema,
  base: RecordBatch,
  delta: RecordBatch,
  baseKeys: readonly Key[],
  deltaKeys: readonly Key[],
): Steps<PlannedGather> {
  // A row of the delta breaks a run in two at most, so that the runs hardly ever grow.
  const runs = new Runs(undefined, runCapacity(base) + 3 * delta.numRows)
  // What is large is made in a slice of its own, here and below.
  yield
  const [baseForms, deltaForms] = yield* formsOf(baseKeys, deltaKeys)
  const table = yield* KeyTable.of(deltaForms, delta.numRows)
  const { lastRows } = table
  const isUsed = new Uint8Array(delta.numRows)
  yield
  yield* keepUnmatched(runs, table, [baseKeys, baseForms], base.numRows, (first) => {
    isUsed[first] = 1
    runs.add(1, lastRows[first] as number, 1)
  })
  for (let row = 0; row < delta.numRows; row++) {
    const last = lastRows[row] as number
    if (last >= 0 && isUsed[row] === 0) runs.add(1, last, 1)
    if (row % SLICE_COUNT === 0) yield
  }
  return yield* planGather(open, [base, delta], runs)
}

function* concatenationSteps(parts: readonly RecordBatch[]): Steps<PlannedGather> {
  const [first] = parts
  if (first === undefined) {
    throw new ValueNotAcceptableError({ path: '$', why: 'there is no batch to put together' })
  }
  const runs = new Runs()
  for (const [source, part] of parts.entries()) {
    if (part !== first) requireSameFields(first, part)
    runs.add(source, 0, part.numRows)
    yield
  }
  return yield* planGather(openSchemaOf(first.schema), parts, runs)
}

function runCapacity({ numRows }: RecordBatch): number {
  return Math.ceil(numRows / RUN_LENGTH_MAX) + 1
}

function* deletionSteps(
  open: OpenSchema,
  base: RecordBatch,
  gone: RecordBatch,
  baseKeys: readonly Key[],
  goneKeys: readonly Key[],
): Steps<PlannedGather> {
  const runs = new Runs(undefined, runCapacity(base) + gone.numRows)
  yield
  const [baseForms, goneForms] = yield* formsOf(baseKeys, goneKeys)
  const table = yield* KeyTable.of(goneForms, gone.numRows)
  yield* keepUnmatched(runs, table, [baseKeys, baseForms], base.numRows, () => {})
  return yield* planGather(open, [base], runs)
}

function* formsOf(
  left: readonly Key[],
  right: readonly Key[],
): Steps<readonly [KeyColumn[], KeyColumn[]]> {
  const leftForms: KeyColumn[] = []
  const rightForms: KeyColumn[] = []
  for (const [i, key] of left.entries()) {
    const other = right[i] as Key
    const [ours, theirs] = yield* keyForms(key.layout, [key.data, other.data])
    refuseNullValues(other, theirs as KeyColumn)
    leftForms.push(ours as KeyColumn)
    rightForms.push(theirs as KeyColumn)
  }
  return [leftForms, rightForms]
}

/** An index that is valid may still lead to a null in the dictionary. */
function refuseNullValues({ layout, data }: Key, { words }: KeyColumn): void {
  if (layout.kind !== KIND_DICTIONARY) return
  const row = words.indexOf(NULL_ID)
  if (row >= 0 && row < data.length) refuseNull(layout, row)
}

/** Selects the rows of a base that a table has no key of, and calls back in the place of others. */
function* keepUnmatched(
  runs: Runs,
  table: KeyTable,
  [keys, forms]: readonly [readonly Key[], readonly KeyColumn[]],
  rowCount: number,
  onMatch: (first: number) => void,
): Steps {
  const slice = keySliceCount(forms, rowCount)
  const rows = new Int32Array(slice)
  const firsts = new Int32Array(slice)
  const nullTests = keys.filter(({ data }) => data.nullCount > 0).map(({ data }) => nullTest(data))
  for (let from = 0; from < rowCount; from += slice) {
    const to = Math.min(rowCount, from + slice)
    const matches = table.find(forms, from, to, rows, firsts)
    let kept = from
    for (let i = 0; i < matches; i++) {
      const row = rows[i] as number
      // A key that is null is equal to none; what stands for it may look like one.
      if (nullTests.some((isNull) => isNull(row))) continue
      if (row > kept) runs.add(0, kept, row - kept)
      kept = row + 1
      onMatch(firsts[i] as number)
    }
    if (to > kept) runs.add(0, kept, to - kept)
    yield
  }
}
