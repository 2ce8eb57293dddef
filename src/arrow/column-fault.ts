import type { Data, DataType, Dictionary, Union } from 'apache-arrow'
import { bitmapLength, countBits } from './bitmap.ts'
import {
  type ColumnLayout,
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
} from './column-layout.ts'
import { type Fault, inside, tooShort } from './column-path.ts'
import { usedRange } from './dense-union.ts'
import { faultInDictionary } from './dictionary-fault.ts'
import { faultInOffsets, largeOffsetAt } from './offsets.ts'
import { isSameType } from './type-text.ts'
import { faultInViews } from './views.ts'

/**
 * What is wrong with `length` values of a column from `start` on, or undefined: whether its type is
 * that of its field, its buffers are there and long enough, offsets run forward and end within the
 * data, type ids name children, indices lie within their dictionary, views within their buffers;
 * and so on for what is nested. Values that are outside of the range are not looked at.
 *
 * Not checked: that text is UTF-8, that values are in the domain of their type (the days of a date,
 * the digits of a decimal), that null counts are right as long as they are possible, and what
 * dictionaries hold, which are stored as batches of their own.
 */
export function faultInColumn(
  layout: ColumnLayout,
  type: DataType,
  data: Data | undefined,
  start: number,
  length: number,
): Fault | undefined {
  if (data === undefined) return { path: '', why: 'it has no data' }
  if (data.type !== type && !isSameType(data.type, layout.type)) {
    return {
      path: '',
      why: `its data has the type ${data.type}, its field the type ${layout.type}`,
    }
  }
  if (start + length > data.length) {
    return { path: '', why: `it has ${data.length} values where ${start + length} are needed` }
  }
  if (length === 0) return undefined
  return faultInValidity(layout, data) ?? faultInBuffers(layout, data, start, length)
}

/** How many of `length` values from `start` on are null. The column has been checked. */
export function nullCountIn(data: Data, start: number, length: number): number {
  const { nullCount } = data
  if (nullCount === 0 || (start === 0 && length === data.length)) return nullCount
  return length - countBits(data.nullBitmap, data.offset + start, length)
}

function faultInValidity({ kind }: ColumnLayout, data: Data): Fault | undefined {
  if (kind === KIND_NULL || kind === KIND_SPARSE_UNION || kind === KIND_DENSE_UNION)
    return undefined
  const found = data.nullBitmap?.byteLength ?? 0
  const needed = bitmapLength(data.offset + data.length)
  // It must be long enough before the null count is asked for: that may count its bits.
  if (found !== 0 && found < needed) return tooShort('null bits', found, needed)
  const { nullCount } = data
  if (nullCount > 0 && found === 0) {
    return { path: '', why: `${nullCount} of its values are null, but it has no null bitmap` }
  }
  if (nullCount > data.length) {
    return { path: '', why: `${nullCount} of its ${data.length} values are said to be null` }
  }
  return undefined
}

function faultInBuffers(
  layout: ColumnLayout,
  data: Data,
  start: number,
  length: number,
): Fault | undefined {
  const end = start + length
  switch (layout.kind) {
    case KIND_NULL:
      return undefined
    case KIND_FIXED:
      return faultInValues(layout, data, end * layout.width)
    case KIND_BITS:
      return faultInValues(layout, data, bitmapLength(data.offset + end))
    case KIND_DICTIONARY:
      return (
        faultInValues(layout, data, end * layout.width) ??
        faultInDictionary(layout.type as Dictionary, data, start, length)
      )
    case KIND_BYTES:
    case KIND_LARGE_BYTES: {
      const isLarge = layout.kind === KIND_LARGE_BYTES
      const found = data.values?.byteLength ?? 0
      return faultInOffsets(data.valueOffsets, start, length, found, isLarge)
    }
    case KIND_VIEW:
      return faultInViews(data, start, length)
    case KIND_LIST:
    case KIND_LARGE_LIST:
      return faultInList(layout, data, start, length)
    case KIND_FIXED_LIST:
      return faultInChild(layout, data, 0, start * layout.width, length * layout.width)
    case KIND_STRUCT:
      return faultInChildren(layout, data, start, length)
    case KIND_SPARSE_UNION:
      return faultInTypeIds(data, start, length) ?? faultInChildren(layout, data, start, length)
    default:
      return faultInTypeIds(data, start, length) ?? faultInDenseUnion(layout, data, start, length)
  }
}

function faultInValues(layout: ColumnLayout, { values }: Data, needed: number): Fault | undefined {
  const { BYTES_PER_ELEMENT } = layout.Values as unknown as Uint8ArrayConstructor
  if (needed === 0) return undefined
  if (!ArrayBuffer.isView(values) || !('BYTES_PER_ELEMENT' in values)) {
    return { path: '', why: 'its values are no typed array' }
  }
  if (values.BYTES_PER_ELEMENT !== BYTES_PER_ELEMENT) {
    return { path: '', why: `its values are no ${layout.Values.name}` }
  }
  if (values.byteLength < needed) return tooShort('values', values.byteLength, needed)
  return undefined
}

function faultInList(
  layout: ColumnLayout,
  data: Data,
  start: number,
  length: number,
): Fault | undefined {
  const isLarge = layout.kind === KIND_LARGE_LIST
  const { valueOffsets } = data
  const childLength = data.children[0]?.length ?? 0
  const fault = faultInOffsets(valueOffsets, start, length, childLength, isLarge)
  if (fault !== undefined) return fault
  const begin = isLarge ? largeOffsetAt(valueOffsets, start) : valueOffsets[start]
  const end = isLarge ? largeOffsetAt(valueOffsets, start + length) : valueOffsets[start + length]
  return faultInChild(layout, data, 0, begin, end - begin)
}

function faultInChildren(
  layout: ColumnLayout,
  data: Data,
  start: number,
  length: number,
): Fault | undefined {
  for (let i = 0; i < layout.children.length; i++) {
    const fault = faultInChild(layout, data, i, start, length)
    if (fault !== undefined) return fault
  }
  return undefined
}

function faultInChild(
  layout: ColumnLayout,
  data: Data,
  index: number,
  start: number,
  length: number,
): Fault | undefined {
  const child = layout.children[index] as ColumnLayout
  const type = data.type.children[index]?.type
  const fault = faultInColumn(child, type, data.children[index], start, length)
  return fault === undefined ? undefined : inside(child.name, fault)
}

function faultInTypeIds(data: Data, start: number, length: number): Fault | undefined {
  const typeIds: Int8Array | undefined = data.typeIds
  const found = typeIds?.length ?? 0
  if (typeIds === undefined || found < start + length) {
    return tooShort('type ids', found, start + length)
  }
  const childOf = (data.type as Union).typeIdToChildIndex
  for (let i = start; i < start + length; i++) {
    const typeId = typeIds[i] as number
    if (childOf[typeId] === undefined) {
      return { path: `[${i}]`, why: `its type id ${typeId} is none of the union` }
    }
  }
  return undefined
}

function faultInDenseUnion(
  layout: ColumnLayout,
  data: Data,
  start: number,
  length: number,
): Fault | undefined {
  const typeIds: Int8Array = data.typeIds
  const offsets: Int32Array | undefined = data.valueOffsets
  const found = offsets?.length ?? 0
  if (offsets === undefined || found < start + length) {
    return tooShort('offsets', found, start + length)
  }
  const childOf = (data.type as Union).typeIdToChildIndex
  for (let i = start; i < start + length; i++) {
    const child = data.children[childOf[typeIds[i] as number] as number]
    const offset = offsets[i] as number
    if (child === undefined || offset < 0 || offset >= child.length) {
      const why = `its offset ${offset} is outside of a child with ${child?.length ?? 0} values`
      return { path: `[${i}]`, why }
    }
  }
  for (let i = 0; i < layout.children.length; i++) {
    const [first, count] = usedRange(data, start, length, i)
    const fault = faultInChild(layout, data, i, first, count)
    if (fault !== undefined) return fault
  }
  return undefined
}
