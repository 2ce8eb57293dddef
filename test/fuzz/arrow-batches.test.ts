import {
  type DataType,
  DenseUnion,
  Dictionary,
  Field,
  FixedSizeList,
  Int8,
  Int16,
  Int32,
  LargeList,
  List,
  type RecordBatch,
  SparseUnion,
  Struct,
  Table,
  tableFromIPC,
  tableToIPC,
} from 'apache-arrow'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  finishJob,
  type MergeJob,
  planConcatenation,
  planDeletion,
  planMerge,
} from '#dist/src/arrow/merge-job.js'
import { openSchema, openSchemaOf } from '#dist/src/arrow/open-schema.js'
import { type DataShape, randomBatch } from '../support/arrow-data.ts'
import { deleted, merged, rowsOf } from '../support/arrow-model.ts'
import { BatchMemory, roundTrip } from '../support/arrow-store.ts'
import { KEY_TYPES, NESTED_TYPES } from '../support/arrow-types.ts'
import { randomFrom } from '../support/random.ts'

const RUNS = { numRuns: 150 }
const CANARY_RUNS = { numRuns: 300, seed: 1 }
const MEMORY_LENGTH = 1 << 22
const ROW_COUNT_MAX = 30

const field = (name: string) => (type: DataType) => new Field(name, type, true)

/** Types within types, two or three deep. */
const { type } = fc.letrec<{ type: DataType }>((tie) => ({
  type: fc.oneof(
    { maxDepth: 3, withCrossShrink: true },
    { arbitrary: fc.constantFrom(...KEY_TYPES, ...NESTED_TYPES), weight: 4 },
    { arbitrary: tie('type').map((inner) => new List(field('item')(inner))), weight: 1 },
    { arbitrary: tie('type').map((inner) => new LargeList(field('item')(inner))), weight: 1 },
    {
      arbitrary: fc
        .tuple(fc.integer({ min: 0, max: 3 }), tie('type'))
        .map(([size, inner]) => new FixedSizeList(size, field('item')(inner))),
      weight: 1,
    },
    {
      arbitrary: fc
        .array(tie('type'), { maxLength: 3 })
        .map((types) => new Struct(types.map((inner, i) => field(`f${i}`)(inner)))),
      weight: 1,
    },
    {
      arbitrary: fc.tuple(fc.boolean(), tie('type'), tie('type')).map(([isDense, ...types]) => {
        const fields = types.map((inner, i) => field(`u${i}`)(inner))
        return isDense ? new DenseUnion([7, 2], fields) : new SparseUnion([0, 1], fields)
      }),
      weight: 1,
    },
    {
      arbitrary: fc
        .tuple(fc.constantFrom(new Int8(), new Int16(), new Int32()), tie('type'))
        .map(([indices, values]) => new Dictionary(values, indices)),
      weight: 1,
    },
  ),
}))

const seed = fc.integer({ min: 1, max: 2 ** 30 })
const nullPercent = fc.constantFrom(0, 0, 10, 50, 100)
const rowCount = fc.oneof(fc.constantFrom(0, 1, 8, 9), fc.integer({ min: 0, max: ROW_COUNT_MAX }))
const cut = fc.tuple(fc.nat(ROW_COUNT_MAX), fc.nat(ROW_COUNT_MAX))

/** Makes batches of one schema: whole or sliced, with few values or with any. */
interface BatchMaker {
  readonly types: readonly DataType[]
  readonly batches: readonly RecordBatch[]
}

function makerOf(
  types: fc.Arbitrary<DataType[]>,
  batchCount: number,
  shape: Partial<DataShape> = {},
) {
  const one = fc.record({ seed, nullPercent, rowCount, cut, variety: fc.constantFrom(0, 5) })
  return fc
    .tuple(types, fc.array(one, { minLength: batchCount, maxLength: batchCount }))
    .map(([columns, recipes]): BatchMaker => {
      const batches = recipes.map((recipe) => {
        const look = { ...recipe, ...shape }
        const batch = randomBatch(columns, recipe.rowCount, randomFrom(recipe.seed), look)
        return batch.slice(recipe.cut[0] % (recipe.rowCount + 1)).slice(0, recipe.cut[1])
      })
      return { types: columns, batches }
    })
}

const anyTypes = fc.array(type, { maxLength: 4 })
const keyTypes = fc.tuple(fc.constantFrom(...KEY_TYPES), fc.constantFrom(...KEY_TYPES))
const keyedTypes = fc.tuple(keyTypes, anyTypes).map(([keys, others]) => [...keys, ...others])

/** The result of a job that goes on for a slice at a time, straight into shared memory. */
function finishInMemory(job: MergeJob): RecordBatch {
  const memory = new BatchMemory(MEMORY_LENGTH)
  while (!job.step(0));
  const handle = memory.store(job.plan, (bodyAt) => {
    const writing = job.writeInto(memory.bytes, bodyAt)
    while (!writing.step(0));
  })
  return memory.open(handle)
}

describe('batches of random schemas', () => {
  it('come back from shared memory as they went there', () => {
    fc.assert(
      fc.property(makerOf(anyTypes, 1), ({ batches: [batch] }) => {
        expect(rowsOf(roundTrip(batch as RecordBatch))).toEqual(rowsOf(batch as RecordBatch))
      }),
      RUNS,
    )
  })

  it('have equal schema bytes in every thread', () => {
    fc.assert(
      fc.property(anyTypes, (types) => {
        const { schema } = randomBatch(types, 0, randomFrom(1))
        const { schemaBytes } = openSchemaOf(schema)
        const parsed = openSchema(schemaBytes)
        expect(openSchemaOf(parsed.schema).schemaBytes).toEqual(schemaBytes)
      }),
      RUNS,
    )
  })

  it('can be exported as Arrow IPC when they come back, as before', () => {
    const flat = fc.array(fc.constantFrom(...KEY_TYPES), { minLength: 1, maxLength: 4 })
    fc.assert(
      fc.property(makerOf(flat, 1), ({ batches: [batch] }) => {
        const exported = tableFromIPC(tableToIPC(new Table([roundTrip(batch as RecordBatch)])))
        expect(exported.batches.flatMap(rowsOf)).toEqual(rowsOf(batch as RecordBatch))
      }),
      RUNS,
    )
  })

  it('are put together row by row', () => {
    fc.assert(
      fc.property(makerOf(anyTypes, 3), ({ batches }) => {
        const expected = batches.flatMap(rowsOf)
        expect(rowsOf(finishJob(planConcatenation(batches)))).toEqual(expected)
        expect(rowsOf(finishInMemory(planConcatenation(batches)))).toEqual(expected)
      }),
      RUNS,
    )
  })
})

describe('batches with random keys', () => {
  const keyed = makerOf(keyedTypes, 3, { nullPercent: 0, variety: 4 })
  const on = fc.constantFrom(['c0'], ['c1'], ['c1', 'c0'])

  it('are merged as rows are that come one after another', () => {
    fc.assert(
      fc.property(keyed, on, ({ batches }, names) => {
        const [first, second, third] = batches as [RecordBatch, RecordBatch, RecordBatch]
        const base = finishJob(planMerge(first.slice(0, 0), first, names))
        expect(rowsOf(base)).toEqual(merged(first.slice(0, 0), first, names))
        const once = finishInMemory(planMerge(base, second, names))
        expect(rowsOf(once)).toEqual(merged(base, second, names))
        const twice = finishJob(planMerge(once, third, names))
        const both = finishJob(planConcatenation([second, third]))
        expect(rowsOf(finishJob(planMerge(base, both, names)))).toEqual(rowsOf(twice))
      }),
      RUNS,
    )
  })

  it('lose the rows whose keys are named', () => {
    fc.assert(
      fc.property(keyed, on, ({ batches }, names) => {
        const [base, keys] = batches as [RecordBatch, RecordBatch]
        const expected = deleted(base, keys, names)
        expect(rowsOf(finishInMemory(planDeletion(base, keys, names)))).toEqual(expected)
      }),
      RUNS,
    )
  })
})

describe('the canary', () => {
  it('finds a merge that appends what it should replace', () => {
    const keyed = makerOf(keyedTypes, 2, { nullPercent: 0, variety: 4 })
    const faulty = fc.property(keyed, ({ batches }) => {
      const [base, delta] = batches as [RecordBatch, RecordBatch]
      expect(rowsOf(finishJob(planConcatenation([base, delta])))).toEqual(
        merged(base, delta, ['c0']),
      )
    })
    expect(fc.check(faulty, CANARY_RUNS).failed).toBe(true)
  })
})
