import { type Data, type Dictionary, makeData, Vector } from 'apache-arrow'
import type { PlanBuilder } from './batch-plan.ts'
import { bitmapLength } from './bitmap.ts'
import { nullCountIn } from './column-fault.ts'
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
  VIEW_LENGTH,
} from './column-layout.ts'
import { rebasedOffsets, usedRange } from './dense-union.ts'
import { LARGE_OFFSET_LENGTH, largeOffsetAt, OFFSET_LENGTH } from './offsets.ts'
import { outsideLength, packViews, viewsOver } from './views.ts'

/** `first` and `count` are bytes. */
export const COPY_BYTES = 0
/** `first` and `count` are bits. */
export const COPY_BITS = 1
/** `first` and `count` are offsets of 32 bits; `base` is taken from each. */
export const COPY_OFFSETS = 2
/** The same for offsets of 64 bits. */
export const COPY_LARGE_OFFSETS = 3

/** One region of a body and what fills it. */
export interface BufferCopy {
  readonly operation: number
  readonly source: ArrayBufferView
  readonly first: number
  readonly count: number
  readonly base: number
  /** From the start of the body. */
  readonly offset: number
}

const EMPTY = new Uint8Array(0)
const ONE_OFFSET = new Int32Array(1)
const ONE_LARGE_OFFSET = new BigInt64Array(1)

/** Parts of the bytes behind views that have to be in use, or the views are packed. */
const USED_PARTS = 2

/** Adds `length` values from `start` on of a column that has been checked, and what is nested. */
export function addColumn(
  plan: PlanBuilder,
  layout: ColumnLayout,
  data: Data,
  start: number,
  length: number,
): void {
  if (length === 0) {
    addEmpty(plan, layout, data)
    return
  }
  const { kind } = layout
  if (kind === KIND_NULL) {
    plan.addNode(length, length)
    return
  }
  if (kind === KIND_SPARSE_UNION || kind === KIND_DENSE_UNION) {
    plan.addNode(length, 0)
    addBytes(plan, data.typeIds, start, length)
    if (kind === KIND_DENSE_UNION) addDenseChildren(plan, layout, data, start, length)
    else addChildren(plan, layout, data, start, length)
    return
  }
  const nullCount = nullCountIn(data, start, length)
  plan.addNode(length, nullCount)
  if (nullCount === 0) plan.addRegion(0)
  else addBits(plan, data.nullBitmap, data.offset + start, length)
  addValues(plan, layout, data, start, length)
}

function addValues(
  plan: PlanBuilder,
  layout: ColumnLayout,
  data: Data,
  start: number,
  length: number,
): void {
  const { kind, width } = layout
  switch (kind) {
    case KIND_DICTIONARY:
      plan.dictionaries.push(data.dictionary as Vector)
      addBytes(plan, data.values, start * width, length * width)
      return
    case KIND_FIXED:
      addBytes(plan, data.values, start * width, length * width)
      return
    case KIND_BITS:
      addBits(plan, data.values, data.offset + start, length)
      return
    case KIND_VIEW:
      addViews(plan, data, start, length)
      return
    case KIND_FIXED_LIST:
      addChild(plan, layout, data, 0, start * width, length * width)
      return
    case KIND_STRUCT:
      addChildren(plan, layout, data, start, length)
      return
    default:
      addWithOffsets(plan, layout, data, start, length)
  }
}

function addWithOffsets(
  plan: PlanBuilder,
  layout: ColumnLayout,
  data: Data,
  start: number,
  length: number,
): void {
  const { kind } = layout
  const offsets = data.valueOffsets
  const isLarge = kind === KIND_LARGE_BYTES || kind === KIND_LARGE_LIST
  const begin: number = isLarge ? largeOffsetAt(offsets, start) : offsets[start]
  const end: number = isLarge ? largeOffsetAt(offsets, start + length) : offsets[start + length]
  const count = length + 1
  if (isLarge) {
    const offset = plan.addRegion(count * LARGE_OFFSET_LENGTH)
    addCopy(plan, COPY_LARGE_OFFSETS, offsets, start, count, begin, offset)
  } else {
    const offset = plan.addRegion(count * OFFSET_LENGTH)
    addCopy(plan, COPY_OFFSETS, offsets, start, count, begin, offset)
  }
  if (kind === KIND_BYTES || kind === KIND_LARGE_BYTES) {
    addBytes(plan, data.values, begin, end - begin)
  } else {
    addChild(plan, layout, data, 0, begin, end - begin)
  }
}

/** Views of a slice may point into much more than they use: then it is packed. */
function addViews(plan: PlanBuilder, data: Data, start: number, length: number): void {
  const { variadicBuffers } = data
  const used = outsideLength(data, start, length)
  const held = variadicBuffers.reduce((total, buffer) => total + (buffer?.byteLength ?? 0), 0)
  if (used * USED_PARTS >= held) {
    addBytes(plan, data.values, start * VIEW_LENGTH, length * VIEW_LENGTH)
    for (const buffer of variadicBuffers)
      addBytes(plan, buffer ?? EMPTY, 0, buffer?.byteLength ?? 0)
    plan.variadicCounts.push(variadicBuffers.length)
    return
  }
  const views = new Uint8Array(length * VIEW_LENGTH)
  const packed = new Uint8Array(used)
  packViews(data, start, length, viewsOver(views), 0, packed, 0)
  addBytes(plan, views, 0, views.length)
  if (used > 0) addBytes(plan, packed, 0, used)
  plan.variadicCounts.push(used > 0 ? 1 : 0)
}

function addDenseChildren(
  plan: PlanBuilder,
  layout: ColumnLayout,
  data: Data,
  start: number,
  length: number,
): void {
  const ranges = layout.children.map((_, i) => usedRange(data, start, length, i))
  const firsts = ranges.map(([first]) => first)
  const isBased = firsts.every((first) => first === 0)
  const offset = plan.addRegion(length * OFFSET_LENGTH)
  if (isBased) addCopy(plan, COPY_OFFSETS, data.valueOffsets, start, length, 0, offset)
  else {
    const offsets = rebasedOffsets(data, start, length, firsts)
    addCopy(plan, COPY_OFFSETS, offsets, 0, length, 0, offset)
  }
  for (const [i, [first, count]] of ranges.entries()) addChild(plan, layout, data, i, first, count)
}

function addChildren(
  plan: PlanBuilder,
  layout: ColumnLayout,
  data: Data,
  start: number,
  length: number,
): void {
  for (let i = 0; i < layout.children.length; i++) addChild(plan, layout, data, i, start, length)
}

function addChild(
  plan: PlanBuilder,
  layout: ColumnLayout,
  data: Data,
  index: number,
  start: number,
  length: number,
): void {
  const child = layout.children[index] as ColumnLayout
  addColumn(plan, child, data.children[index] as Data, start, length)
}

/** A column of no values: its buffers and children may be missing. */
export function addEmpty(plan: PlanBuilder, layout: ColumnLayout, data: Data | undefined): void {
  const { kind, children } = layout
  plan.addNode(0, 0)
  if (kind === KIND_NULL) return
  plan.addRegion(0)
  switch (kind) {
    case KIND_DICTIONARY:
      plan.dictionaries.push(data?.dictionary ?? emptyDictionary(layout.type as Dictionary))
      plan.addRegion(0)
      break
    case KIND_BYTES:
    case KIND_LIST:
      addCopy(plan, COPY_OFFSETS, ONE_OFFSET, 0, 1, 0, plan.addRegion(OFFSET_LENGTH))
      if (kind === KIND_BYTES) plan.addRegion(0)
      break
    case KIND_LARGE_BYTES:
    case KIND_LARGE_LIST: {
      const offset = plan.addRegion(LARGE_OFFSET_LENGTH)
      addCopy(plan, COPY_LARGE_OFFSETS, ONE_LARGE_OFFSET, 0, 1, 0, offset)
      if (kind === KIND_LARGE_BYTES) plan.addRegion(0)
      break
    }
    case KIND_VIEW:
      plan.addRegion(0)
      plan.variadicCounts.push(0)
      break
    case KIND_FIXED:
    case KIND_BITS:
    case KIND_DENSE_UNION:
      plan.addRegion(0)
      break
  }
  for (let i = 0; i < children.length; i++) {
    addEmpty(plan, children[i] as ColumnLayout, data?.children[i])
  }
}

function emptyDictionary({ dictionary }: Dictionary): Vector {
  return new Vector([makeData({ type: dictionary })])
}

function addBytes(plan: PlanBuilder, source: ArrayBufferView, first: number, count: number): void {
  const offset = plan.addRegion(count)
  if (count > 0) addCopy(plan, COPY_BYTES, source, first, count, 0, offset)
}

function addBits(plan: PlanBuilder, source: Uint8Array, first: number, count: number): void {
  addCopy(plan, COPY_BITS, source, first, count, 0, plan.addRegion(bitmapLength(count)))
}

function addCopy(
  plan: PlanBuilder,
  operation: number,
  source: ArrayBufferView,
  first: number,
  count: number,
  base: number,
  offset: number,
): void {
  plan.copies.push({ operation, source, first, count, base, offset })
}
