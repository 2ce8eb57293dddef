import { Data, DataType, type Dictionary, Precision } from 'apache-arrow'
import { ValueNotAcceptableError } from '../../errors/data-errors.ts'
import { bitAt } from '../bitmap.ts'
import {
  type ColumnLayout,
  columnLayoutOf,
  KIND_BITS,
  KIND_BYTES,
  KIND_DICTIONARY,
  KIND_FIXED,
  KIND_LARGE_BYTES,
  KIND_VIEW,
  VIEW_LENGTH,
} from '../column-layout.ts'
import { indexArray } from '../gather/index-fill.ts'
import { SLICE_COUNT, type Steps } from '../gather/steps.ts'
import { wordsOf } from '../offsets.ts'
import { recordBatchOf } from '../record-batch.ts'
import { viewBytes, viewsOver } from '../views.ts'
import { byteColumn, type KeyColumn, nullTest, wordColumn } from './key-column.ts'
import { NULL_ID, valueIds } from './value-ids.ts'

const WORD_LENGTH = 4
const NAN_32 = 0x7fc00000
const NAN_64_HIGH = 0x7ff80000
const NAN_16 = 0x7e00
const INFINITY_32 = 0x7f800000
const INFINITY_64_HIGH = 0x7ff00000
const INFINITY_16 = 0x7c00
const MAGNITUDE_32 = 0x7fffffff
const MAGNITUDE_16 = 0x7fff

/** Whether rows can be told apart by a column of this type. */
export function isKeyType(type: DataType): boolean {
  if (DataType.isDictionary(type)) return isKeyType(type.dictionary)
  const { kind } = columnLayoutOf({ name: '', type })
  return (
    kind === KIND_FIXED ||
    kind === KIND_BITS ||
    kind === KIND_BYTES ||
    kind === KIND_LARGE_BYTES ||
    kind === KIND_VIEW
  )
}

/**
 * The key form of one column in several batches. Forms of one call can be compared with each other:
 * those of dictionaries are numbers that stand for values in this call only, -1 for a null.
 */
export function* keyForms(layout: ColumnLayout, sources: readonly Data[]): Steps<KeyColumn[]> {
  if (layout.kind === KIND_DICTIONARY) return yield* dictionaryForms(layout, sources)
  const forms: KeyColumn[] = []
  for (const data of sources) forms.push(yield* keyForm(layout, data))
  return forms
}

/** The values of a column's dictionary in one chunk: none when it has no dictionary. */
export function dictionaryValues(data: Data): Data {
  const { dictionary } = data
  if (dictionary === undefined) return new Data((data.type as Dictionary).dictionary, 0, 0)
  return recordBatchOf(dictionary).data.children[0] as Data
}

function* dictionaryForms(layout: ColumnLayout, sources: readonly Data[]): Steps<KeyColumn[]> {
  const valueLayout = columnLayoutOf({ name: '', type: (layout.type as Dictionary).dictionary })
  const dictionaries: Data[] = []
  for (const data of sources) {
    dictionaries.push(dictionaryValues(data))
    yield
  }
  const { ids } = yield* valueIds(yield* keyForms(valueLayout, dictionaries), dictionaries)
  const forms: KeyColumn[] = []
  for (const [source, data] of sources.entries()) {
    const words = new Int32Array(data.length)
    const idOf = ids[source] as Int32Array
    const indices = indexArray(data.values, layout.width)
    const step = Math.max(1, layout.width / WORD_LENGTH)
    for (let row = 0; row < data.length; row++) {
      const index = indices[row * step] as number
      words[row] = index < idOf.length ? (idOf[index] as number) : NULL_ID
      if (row % SLICE_COUNT === 0) yield
    }
    forms.push(wordColumn(words, 1))
  }
  return forms
}

function* keyForm(layout: ColumnLayout, data: Data): Steps<KeyColumn> {
  const { kind, width } = layout
  if (data.length === 0) return kind === KIND_FIXED || kind === KIND_BITS ? NO_WORDS : NO_TEXTS
  switch (kind) {
    case KIND_BITS:
      return yield* eachWord(data.length, 1, (words, row) => {
        words[row] = bitAt(data.values, data.offset + row) ? 1 : 0
      })
    case KIND_BYTES:
      return byteColumn(data.valueOffsets, data.values)
    case KIND_LARGE_BYTES: {
      const offsets = wordsOf(data.valueOffsets)
      const { words } = yield* eachWord(data.length + 1, 1, (narrow, row) => {
        narrow[row] = offsets[2 * row] as number
      })
      return byteColumn(words, data.values)
    }
    case KIND_VIEW:
      return yield* textsOfViews(data)
    default:
      if (DataType.isFloat(layout.type)) return yield* floatForm(layout.type.precision, data)
      return yield* fixedForm(data, width)
  }
}

const NO_WORDS = wordColumn(new Int32Array(0), 1)
const NO_TEXTS = byteColumn(new Int32Array(1), new Uint8Array(0))

function* fixedForm(data: Data, width: number): Steps<KeyColumn> {
  const values: ArrayBufferView & ArrayLike<number> = data.values
  if (width % WORD_LENGTH === 0 && values.byteOffset % WORD_LENGTH === 0 && width > 0) {
    const count = Math.floor(values.byteLength / WORD_LENGTH)
    return wordColumn(new Int32Array(values.buffer, values.byteOffset, count), width / WORD_LENGTH)
  }
  if (DataType.isFixedSizeBinary(data.type)) {
    const { words } = yield* eachWord(data.length + 1, 1, (offsets, row) => {
      offsets[row] = row * width
    })
    return byteColumn(words, data.values)
  }
  return yield* eachWord(data.length, 1, (words, row) => {
    words[row] = values[row] as number
  })
}

function* floatForm(precision: Precision, data: Data): Steps<KeyColumn> {
  const { buffer, byteOffset, byteLength } = data.values
  if (precision === Precision.HALF) {
    const bits = new Uint16Array(buffer, byteOffset, byteLength / Uint16Array.BYTES_PER_ELEMENT)
    return yield* eachWord(data.length, 1, (words, row) => {
      const word = bits[row] as number
      const magnitude = word & MAGNITUDE_16
      words[row] = magnitude === 0 ? 0 : magnitude > INFINITY_16 ? NAN_16 : word
    })
  }
  const bits = new Int32Array(buffer, byteOffset, byteLength / WORD_LENGTH)
  if (precision === Precision.SINGLE) {
    return yield* eachWord(data.length, 1, (words, row) => {
      const word = bits[row] as number
      const magnitude = word & MAGNITUDE_32
      words[row] = magnitude === 0 ? 0 : magnitude > INFINITY_32 ? NAN_32 : word
    })
  }
  return yield* eachWord(data.length, 2, (words, row) => {
    const low = bits[2 * row] as number
    const high = bits[2 * row + 1] as number
    const magnitude = high & MAGNITUDE_32
    const isZero = magnitude === 0 && low === 0
    const isNotNumber =
      magnitude > INFINITY_64_HIGH || (magnitude === INFINITY_64_HIGH && low !== 0)
    words[2 * row] = isNotNumber ? 0 : low
    words[2 * row + 1] = isZero ? 0 : isNotNumber ? NAN_64_HIGH : high
  })
}

function* textsOfViews(data: Data): Steps<KeyColumn> {
  const isNull = nullTest(data)
  const views = viewsOver(data.values)
  const offsets = new Int32Array(data.length + 1)
  for (let row = 0; row < data.length; row++) {
    const size = isNull(row) ? 0 : views.getInt32(row * VIEW_LENGTH, true)
    offsets[row + 1] = (offsets[row] as number) + size
    if (row % SLICE_COUNT === 0) yield
  }
  const bytes = new Uint8Array(offsets[data.length] as number)
  for (let row = 0; row < data.length; row++) {
    if (!isNull(row)) bytes.set(viewBytes(data, views, row), offsets[row])
    if (row % (SLICE_COUNT / 8) === 0) yield
  }
  return byteColumn(offsets, bytes)
}

/** A column of words that a function writes row by row. */
function* eachWord(
  rowCount: number,
  wordCount: number,
  write: (words: Int32Array, row: number) => void,
): Steps<KeyColumn> {
  const words = new Int32Array(rowCount * wordCount)
  for (let from = 0; from < rowCount; from += SLICE_COUNT) {
    const to = Math.min(rowCount, from + SLICE_COUNT)
    for (let row = from; row < to; row++) write(words, row)
    yield
  }
  return wordColumn(words, wordCount)
}

/**
 * Refuses keys of which some would not be told apart.
 * @throws {ValueNotAcceptableError} naming the column, when its type is none of a key.
 */
export function requireKeyType({ type, name }: ColumnLayout): void {
  if (isKeyType(type)) return
  const why = `the column ${JSON.stringify(name)} has the type ${type}, by which rows cannot be told apart`
  throw new ValueNotAcceptableError({ path: '$', why })
}
