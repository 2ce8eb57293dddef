import { expect, test } from 'vitest'
import { FIELDS } from './support/layouts.ts'
import { codeIn, textOf, withoutComments } from './support/tree.ts'

const INDEXED = /\[[^[\]]*?\b([A-Z][A-Z_]*_OFFSET)\b[^[\]]*\]/g

/**
 * Shared fields that the engine reads plainly, through a view. Each is one aligned 32-bit word, so
 * that it is read whole, and a late value does no harm: numbers for `stats()`, the mark that the
 * store is closed, and the turns. Every begin and every commit looks at one of these, and an atomic load
 * would make that some 7 ns dearer. The fields of a batch are written before anybody else can find them,
 * and never again.
 */
const PLAIN_ON_PURPOSE = [
  'src/api/stats.ts: BUCKET_COUNT_OFFSET',
  'src/api/stats.ts: CELL_COUNT_OFFSET',
  'src/api/stats.ts: THREAD_COUNT_OFFSET',
  'src/transaction/session.ts: CLOSED_OFFSET',
  'src/transaction/turns.ts: TURNS_OFFSET',
  'src/values/batch-blocks.ts: BATCH_BODY_LENGTH_OFFSET',
  'src/values/batch-blocks.ts: BATCH_BODY_OFFSET',
  'src/values/batch-blocks.ts: BATCH_CHUNK_OFFSET',
  'src/values/batch-blocks.ts: BATCH_DEPTH_OFFSET',
  'src/values/batch-blocks.ts: BATCH_DICTIONARIES_OFFSET',
  'src/values/batch-blocks.ts: BATCH_DICTIONARY_COUNT_OFFSET',
  'src/values/batch-blocks.ts: BATCH_KEYS_OFFSET',
  'src/values/batch-blocks.ts: BATCH_PAGE_OFFSET',
  'src/values/batch-blocks.ts: BATCH_ROWS_OFFSET',
  'src/values/batch-blocks.ts: BATCH_ROW_COUNT_OFFSET',
  'src/values/batch-blocks.ts: BATCH_SCHEMA_OFFSET',
]

/** The explorer looks at arenas in which one thread runs at a time: it is no part of the engine. */
const ENGINE = codeIn('src').filter((path) => !path.startsWith('src/testing/'))

/** The fields that a view is indexed with, each once. */
function indexedFields(code: string): string[] {
  const names = [...withoutComments(code).matchAll(INDEXED)].map(([, name = '']) => name)
  return [...new Set(names)]
}

test('the engine reads and writes shared fields through Atomics, but for those listed', () => {
  const plain = ENGINE.flatMap((path) =>
    indexedFields(textOf(path))
      .filter((name) => FIELDS.get(name)?.access === 'shared')
      .map((name) => `${path}: ${name}`),
  )
  expect(plain.sort()).toEqual(PLAIN_ON_PURPOSE)
})

test('every field that the engine indexes a view with is known', () => {
  const names = ENGINE.flatMap((path) => indexedFields(textOf(path)))
  expect(names.length).toBeGreaterThan(10)
  expect(names.filter((name) => !FIELDS.has(name))).toEqual([])
})

test('a plain access is found, an atomic one is not', () => {
  expect(indexedFields('const clock = i64[CLOCK_OFFSET >>> 3]')).toEqual(['CLOCK_OFFSET'])
  expect(indexedFields('Atomics.load(i64, CLOCK_OFFSET >>> 3)')).toEqual([])
})
