import {
  Bool,
  type Data,
  Dictionary,
  Field,
  Float64,
  Int32,
  Int64,
  makeData,
  type RecordBatch,
  Schema,
  Utf8,
  Vector,
} from 'apache-arrow'
import { bitmapLength } from './bitmap.ts'
import { openOnHeap } from './gather/gather-batch.ts'
import { SlicedWork, type Steps, stepsOf } from './gather/steps.ts'
import {
  type MergeJob,
  planConcatenation,
  planDeletion,
  planMerge,
  type WriteJob,
} from './merge-job.ts'
import { openSchema, openSchemaOf } from './open-schema.ts'
import { batchWith } from './record-batch.ts'

/** Times that each kind of merge is done: enough for what it runs through to be compiled. */
const ROUND_COUNT = 60
const ROW_COUNT = 300
/** Rows of a batch whose keys another one has too. */
const SHARED_COUNT = 150
const TEXT_LENGTH = 8
/** Every eighth value is null. */
const VALIDITY = 0b0111_1111
const KEYS = [['id'], ['name'], ['id', 'name']]

/**
 * Merges made-up rows of flat columns, for nothing. What merges run through takes many times as long
 * until it is compiled, longer than a slice is to be: who merges in slices does this first.
 */
export function planPractice(): WriteJob {
  return new SlicedWork(practise())
}

function* practise(): Steps {
  const base = madeUpRows(0)
  yield
  const delta = madeUpRows(ROW_COUNT - SHARED_COUNT)
  yield
  openSchema(openSchemaOf(base.schema).schemaBytes)
  yield
  for (let round = 0; round < ROUND_COUNT; round++) {
    const on = KEYS[round % KEYS.length] as string[]
    yield* finish(planConcatenation([base, delta]))
    yield* finish(planMerge(base, delta, on))
    yield* finish(planDeletion(base, delta, on))
  }
}

function* finish(job: MergeJob): Steps {
  yield* stepsOf(job)
  const body = new Uint8Array(job.plan.bodyLength)
  yield* stepsOf(job.writeInto(body, 0))
  openOnHeap(job.plan, body)
  yield
}

/** Rows whose ids begin with `first`. */
function madeUpRows(first: number): RecordBatch {
  const length = ROW_COUNT
  const nullBitmap = new Uint8Array(bitmapLength(length)).fill(VALIDITY)
  const names = Array.from({ length }, (_, row) => String(first + row).padStart(TEXT_LENGTH))
  const columns: Record<string, Data> = {
    id: makeData({
      type: new Int64(),
      length,
      data: BigInt64Array.from({ length }, (_, row) => BigInt(first + row)),
    }),
    name: textsOf(names),
    count: makeData({ type: new Int32(), length, data: new Int32Array(length) }),
    value: makeData({ type: new Float64(), length, nullBitmap, data: new Float64Array(length) }),
    isNew: makeData({ type: new Bool(), length, nullBitmap, data: nullBitmap }),
    word: wordsOf(names),
  }
  const fields = Object.entries(columns).map(([name, { type }]) => new Field(name, type, true))
  return batchWith(new Schema(fields), length, Object.values(columns))
}

function wordsOf(words: readonly string[]): Data {
  const { length } = words
  return makeData({
    type: new Dictionary(new Utf8(), new Int32(), 0),
    length,
    data: Int32Array.from({ length }, (_, row) => row),
    dictionary: new Vector([textsOf(words)]),
  })
}

/** A column of texts of TEXT_LENGTH letters. */
function textsOf(texts: readonly string[]): Data<Utf8> {
  const { length } = texts
  const valueOffsets = Int32Array.from({ length: length + 1 }, (_, i) => i * TEXT_LENGTH)
  return makeData({ type: new Utf8(), length, valueOffsets, data: Buffer.from(texts.join('')) })
}
