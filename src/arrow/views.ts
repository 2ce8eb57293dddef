import type { Data } from 'apache-arrow'
import { bitAt, copyBytes } from './bitmap.ts'
import { VIEW_INLINE_LENGTH, VIEW_LENGTH } from './column-layout.ts'
import { type Fault, tooShort } from './column-path.ts'

const BUFFER_INDEX_OFFSET = 8
const BUFFER_OFFSET_OFFSET = 12
const INLINE_OFFSET = 4

/** Views as words that may begin anywhere. */
export function viewsOver(values: Uint8Array): DataView {
  return new DataView(values.buffer, values.byteOffset, values.byteLength)
}

/** The bytes that a view stands for. */
export function viewBytes(data: Data, views: DataView, index: number): Uint8Array {
  const at = index * VIEW_LENGTH
  const size = views.getInt32(at, true)
  if (size <= VIEW_INLINE_LENGTH) {
    return data.values.subarray(at + INLINE_OFFSET, at + INLINE_OFFSET + size)
  }
  const bufferIndex = views.getInt32(at + BUFFER_INDEX_OFFSET, true)
  const buffer = data.variadicBuffers[bufferIndex] as Uint8Array
  const begin = views.getInt32(at + BUFFER_OFFSET_OFFSET, true)
  return buffer.subarray(begin, begin + size)
}

/** Whether `length` views from `start` on, but for those of nulls, point into their buffers. */
export function faultInViews(data: Data, start: number, length: number): Fault | undefined {
  const found = data.values?.byteLength ?? 0
  const needed = (start + length) * VIEW_LENGTH
  if (found < needed) return tooShort('views', found, needed)
  const views = viewsOver(data.values)
  const nulls = data.nullCount > 0 ? data.nullBitmap : undefined
  const { offset, variadicBuffers } = data
  for (let i = start; i < start + length; i++) {
    const at = i * VIEW_LENGTH
    const size = views.getInt32(at, true)
    if (size >= 0 && size <= VIEW_INLINE_LENGTH) continue
    if (nulls !== undefined && !bitAt(nulls, offset + i)) continue
    const index = views.getInt32(at + BUFFER_INDEX_OFFSET, true)
    const buffer = variadicBuffers[index]
    const begin = views.getInt32(at + BUFFER_OFFSET_OFFSET, true)
    if (size < 0 || buffer === undefined || begin < 0 || begin + size > buffer.byteLength) {
      return { path: `[${i}]`, why: 'its view points to bytes that are not there' }
    }
  }
  return undefined
}

/** Bytes of `length` values from `start` on that do not lie within their views. */
export function outsideLength(data: Data, start: number, length: number): number {
  const views = viewsOver(data.values)
  const nulls = data.nullCount > 0 ? data.nullBitmap : undefined
  let total = 0
  for (let i = start; i < start + length; i++) {
    const size = views.getInt32(i * VIEW_LENGTH, true)
    if (size <= VIEW_INLINE_LENGTH) continue
    if (nulls === undefined || bitAt(nulls, data.offset + i)) total += size
  }
  return total
}

/**
 * Writes views from `start` on to `target`, from view `to` on, and what they point to into one
 * buffer, from `fill` on, which is the buffer of index 0. Nulls become empty.
 *
 * @returns where the buffer is filled up to.
 */
export function packViews(
  data: Data,
  start: number,
  length: number,
  target: DataView,
  to: number,
  buffer: Uint8Array,
  fill: number,
): number {
  const views = viewsOver(data.values)
  const nulls = data.nullCount > 0 ? data.nullBitmap : undefined
  let end = fill
  for (let i = 0; i < length; i++) {
    const from = (start + i) * VIEW_LENGTH
    const at = (to + i) * VIEW_LENGTH
    const isNull = nulls !== undefined && !bitAt(nulls, data.offset + start + i)
    const size = isNull ? 0 : views.getInt32(from, true)
    target.setInt32(at, size, true)
    target.setInt32(
      at + INLINE_OFFSET,
      isNull ? 0 : views.getInt32(from + INLINE_OFFSET, true),
      true,
    )
    if (size <= VIEW_INLINE_LENGTH) {
      copyWord(target, at + BUFFER_INDEX_OFFSET, views, from + BUFFER_INDEX_OFFSET, isNull)
      copyWord(target, at + BUFFER_OFFSET_OFFSET, views, from + BUFFER_OFFSET_OFFSET, isNull)
      continue
    }
    const index = views.getInt32(from + BUFFER_INDEX_OFFSET, true)
    const source = data.variadicBuffers[index] as Uint8Array
    copyBytes(buffer, end, source, views.getInt32(from + BUFFER_OFFSET_OFFSET, true), size)
    target.setInt32(at + BUFFER_INDEX_OFFSET, 0, true)
    target.setInt32(at + BUFFER_OFFSET_OFFSET, end, true)
    end += size
  }
  return end
}

function copyWord(
  target: DataView,
  at: number,
  source: DataView,
  from: number,
  isNull: boolean,
): void {
  target.setInt32(at, isNull ? 0 : source.getInt32(from, true), true)
}
