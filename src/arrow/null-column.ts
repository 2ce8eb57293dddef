import { Data, type DataType, type Dictionary, makeData, type Union, Vector } from 'apache-arrow'
import { bitmapLength } from './bitmap.ts'
import {
  type ColumnLayout,
  columnLayoutOf,
  KIND_BITS,
  KIND_BYTES,
  KIND_DENSE_UNION,
  KIND_DICTIONARY,
  KIND_FIXED,
  KIND_FIXED_LIST,
  KIND_LARGE_BYTES,
  KIND_LARGE_LIST,
  KIND_LIST,
  KIND_NULL,
  KIND_SPARSE_UNION,
  KIND_STRUCT,
  KIND_VIEW,
  VIEW_LENGTH,
} from './column-layout.ts'

/** A column of any type in which every value is null. */
export function nullColumn(type: DataType, length: number): Data {
  return nullsOf(columnLayoutOf({ name: '', type }), length)
}

function nullsOf(layout: ColumnLayout, length: number): Data {
  const { kind, type, width, Values, stride, children } = layout
  if (kind === KIND_NULL) return new Data(type, 0, length, length)
  if (kind === KIND_SPARSE_UNION || kind === KIND_DENSE_UNION) return unionOfNulls(layout, length)
  const nulls = new Uint8Array(bitmapLength(length))
  switch (kind) {
    case KIND_FIXED:
    case KIND_DICTIONARY: {
      const values = new Values(new ArrayBuffer(length * width), 0, length * stride)
      const dictionary = kind === KIND_DICTIONARY ? emptyDictionary(type as Dictionary) : undefined
      return new Data(type, 0, length, length, { 1: values, 2: nulls }, [], dictionary)
    }
    case KIND_BITS:
      return new Data(type, 0, length, length, { 1: new Uint8Array(nulls.length), 2: nulls })
    case KIND_BYTES:
    case KIND_LARGE_BYTES: {
      const offsets = new type.OffsetArrayType(length + 1)
      return new Data(type, 0, length, length, { 0: offsets, 1: new Uint8Array(0), 2: nulls })
    }
    case KIND_VIEW: {
      const views = new Uint8Array(length * VIEW_LENGTH)
      return new Data(type, 0, length, length, { 1: views, 2: nulls })
    }
    case KIND_LIST:
    case KIND_LARGE_LIST: {
      const offsets = new type.OffsetArrayType(length + 1)
      const none = nullsOf(children[0] as ColumnLayout, 0)
      return new Data(type, 0, length, length, { 0: offsets, 2: nulls }, [none])
    }
    case KIND_FIXED_LIST:
    case KIND_STRUCT: {
      const count = kind === KIND_FIXED_LIST ? length * width : length
      const inner = children.map((child) => nullsOf(child, count))
      return new Data(type, 0, length, length, { 2: nulls }, inner)
    }
    default:
      throw new TypeError(`unknown kind of layout ${kind}`)
  }
}

/** Unions have no nulls of their own: their values are nulls of the first child. */
function unionOfNulls({ kind, type, children }: ColumnLayout, length: number): Data {
  const typeIds = new Int8Array(length).fill((type as Union).typeIds[0] ?? 0)
  if (kind === KIND_SPARSE_UNION) {
    const inner = children.map((child) => nullsOf(child, length))
    return new Data(type, 0, length, 0, { 3: typeIds }, inner)
  }
  const inner = children.map((child, i) => nullsOf(child, i === 0 ? Math.min(length, 1) : 0))
  return new Data(type, 0, length, 0, { 0: new Int32Array(length), 3: typeIds }, inner)
}

function emptyDictionary({ dictionary }: Dictionary): Vector {
  return new Vector([makeData({ type: dictionary })])
}
