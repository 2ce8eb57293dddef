import { Data, type Union } from 'apache-arrow'
import { ValueNotAcceptableError } from '../../errors/data-errors.ts'
import type { PlanBuilder } from '../batch-plan.ts'
import { bitmapLength } from '../bitmap.ts'
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
  KIND_NULL,
  KIND_SPARSE_UNION,
  KIND_STRUCT,
  KIND_VIEW,
  VIEW_LENGTH,
} from '../column-layout.ts'
import { pathSegment } from '../column-path.ts'
import { addEmpty } from '../column-plan.ts'
import { LARGE_OFFSET_LENGTH, OFFSET_LENGTH, wordsOf } from '../offsets.ts'
import { outsideLength, packViews, viewsOver } from '../views.ts'
import { uniteDictionaries } from './dictionary-union.ts'
import { type Fill, fillBits, fillBytes, fillOffsets, fillValidity, fillWords } from './fills.ts'
import { fillIndices, indexArray } from './index-fill.ts'
import { Runs, runsThroughOffsets, scaledRuns } from './runs.ts'
import { SLICE_COUNT, SLICE_LENGTH, type Steps } from './steps.ts'

const WORD_LENGTH = 4
/** Bytes of a value from which on a run of values is copied as a run of bytes. */
const WIDE_VALUE_LENGTH = 32
/** Views that a slice goes through: what they point to is copied one by one. */
const VIEWS_SLICE_COUNT = 128
const OFFSET_MAX = 0x7fffffff
const NO_BYTES = new Uint8Array(0)
const NO_OFFSETS = new Uint32Array(2)

/** Fills one region, whose offset from the start of the body is known. */
export interface PlacedFill {
  readonly offset: number
  readonly fill: Fill
}

/** Plans a gather: which regions there are, and what fills each of them later. */
export class Gather {
  readonly plan: PlanBuilder
  readonly fills: PlacedFill[] = []

  constructor(plan: PlanBuilder) {
    this.plan = plan
  }

  /** Adds the values of a column that some runs select from several sources of its type. */
  *addColumn(layout: ColumnLayout, sources: readonly Data[], runs: Runs): Steps {
    const { plan } = this
    const { kind } = layout
    const { total } = runs
    if (total === 0) {
      addEmpty(plan, layout, sources[0])
      return
    }
    if (kind === KIND_NULL) {
      plan.addNode(total, total)
      return
    }
    const node = plan.nodes.length
    plan.addNode(total, 0)
    if (kind === KIND_SPARSE_UNION || kind === KIND_DENSE_UNION) {
      this.#fill(
        total,
        fillBytes(
          sources.map(({ typeIds }) => bytesOf(typeIds)),
          runs,
          1,
        ),
      )
      if (kind === KIND_DENSE_UNION) yield* this.#addDenseChildren(layout, sources, runs)
      else yield* this.#addChildren(layout, sources, runs)
      return
    }
    this.#addValidity(sources, runs, node)
    yield* this.#addValues(layout, sources, runs)
  }

  *#addValues(layout: ColumnLayout, sources: readonly Data[], runs: Runs): Steps {
    const { kind, width } = layout
    const { total } = runs
    switch (kind) {
      case KIND_FIXED:
        yield* this.#addFixed(sources, runs, width)
        return
      case KIND_DICTIONARY:
        yield* this.#addIndices(layout, sources, runs)
        return
      case KIND_BITS: {
        const firsts = sources.map(({ offset }) => offset)
        const bitmaps = sources.map(({ values }) => bytesOf(values))
        this.#fill(bitmapLength(total), fillBits(bitmaps, firsts, runs))
        return
      }
      case KIND_VIEW:
        yield* this.#addViews(layout, sources, runs)
        return
      case KIND_FIXED_LIST:
        yield* this.#addChild(layout, sources, 0, yield* scaledRuns(runs, width))
        return
      case KIND_STRUCT:
        yield* this.#addChildren(layout, sources, runs)
        return
      default:
        yield* this.#addWithOffsets(layout, sources, runs)
    }
  }

  /** Room for nulls is there when a source has any; how many came along is known when all are. */
  #addValidity(sources: readonly Data[], runs: Runs, node: number): void {
    const { plan } = this
    const bitmaps = sources.map((data) => (data.nullCount > 0 ? data.nullBitmap : undefined))
    if (bitmaps.every((bitmap) => bitmap === undefined)) {
      plan.addRegion(0)
      return
    }
    const firsts = sources.map(({ offset }) => offset)
    const fill = fillValidity(bitmaps, firsts, runs, (nullCount) => {
      plan.nodes[node + 1] = nullCount
    })
    this.#fill(bitmapLength(runs.total), fill)
  }

  *#addFixed(sources: readonly Data[], runs: Runs, width: number): Steps {
    const length = runs.total * width
    const arrays = sources.map(({ values }) => bytesOf(values))
    const isWords = arrays.every(({ byteOffset }) => byteOffset % WORD_LENGTH === 0)
    if (width > WIDE_VALUE_LENGTH) {
      const byteRuns = yield* scaledRuns(runs, width, SLICE_LENGTH)
      this.#fill(length, fillBytes(arrays, byteRuns, 1))
    } else if (isWords && width % WORD_LENGTH === 0) {
      this.#fill(length, fillWords(arrays.map(int32Of), runs, width / WORD_LENGTH))
    } else {
      this.#fill(length, fillBytes(arrays, runs, width))
    }
  }

  *#addIndices(layout: ColumnLayout, sources: readonly Data[], runs: Runs): Steps {
    const { width } = layout
    const { dictionary, positions } = yield* uniteDictionaries(layout, sources)
    this.plan.dictionaries.push(dictionary)
    if (positions === undefined) {
      yield* this.#addFixed(sources, runs, width)
      return
    }
    const indices = sources.map(({ values }) => indexArray(values ?? NO_BYTES, width))
    this.#fill(runs.total * width, fillIndices(indices, runs, width, positions))
  }

  *#addWithOffsets(layout: ColumnLayout, sources: readonly Data[], runs: Runs): Steps {
    const { kind } = layout
    const isBytes = kind === KIND_BYTES || kind === KIND_LARGE_BYTES
    const shift = kind === KIND_LARGE_BYTES || kind === KIND_LARGE_LIST ? 1 : 0
    const words = sources.map(({ valueOffsets }) => offsetWords(valueOffsets))
    const lengthMax = isBytes ? SLICE_LENGTH : undefined
    const inner = yield* runsThroughOffsets(runs, words, shift, lengthMax)
    if (shift === 0) requireOffsets(layout, inner.total)
    const offsetLength = shift === 0 ? OFFSET_LENGTH : LARGE_OFFSET_LENGTH
    this.#fill((runs.total + 1) * offsetLength, fillOffsets(words, runs, shift))
    if (isBytes) {
      const arrays = sources.map(({ values }) => bytesOf(values))
      this.#fill(inner.total, fillBytes(arrays, inner, 1))
    } else {
      yield* this.#addChild(layout, sources, 0, inner)
    }
  }

  /** What views point to is packed: buffers of several sources, used in parts, become one. */
  *#addViews(layout: ColumnLayout, sources: readonly Data[], runs: Runs): Steps {
    let used = 0
    let budget = SLICE_COUNT
    for (let run = 0; run < runs.count; run++) {
      const data = sources[runs.source[run] as number] as Data
      const length = runs.length[run] as number
      used += outsideLength(data, runs.start[run] as number, length)
      budget -= length
      if (budget > 0) continue
      budget = SLICE_COUNT
      yield
    }
    requireOffsets(layout, used)
    const { plan } = this
    const viewsLength = runs.total * VIEW_LENGTH
    const viewsOffset = plan.addRegion(viewsLength)
    const packedOffset = used > 0 ? plan.addRegion(used) : viewsOffset + viewsLength
    plan.variadicCounts.push(used > 0 ? 1 : 0)
    const distance = packedOffset - viewsOffset
    this.fills.push({
      offset: viewsOffset,
      fill: function* (bytes, at) {
        const views = viewsOver(bytes.subarray(at, at + viewsLength))
        const packed = bytes.subarray(at + distance, at + distance + used)
        yield* packRuns(sources, runs, views, packed)
      },
    })
  }

  *#addDenseChildren(layout: ColumnLayout, sources: readonly Data[], runs: Runs): Steps {
    const { typeIdToChildIndex } = layout.type as Union
    const childRuns = layout.children.map(() => new Runs())
    const offsets = new Int32Array(runs.total)
    let to = 0
    for (let run = 0; run < runs.count; run++) {
      const source = runs.source[run] as number
      const { typeIds, valueOffsets } = sources[source] as Data
      const start = runs.start[run] as number
      const end = start + (runs.length[run] as number)
      for (let row = start; row < end; row++) {
        const child = childRuns[typeIdToChildIndex[typeIds[row]] as number] as Runs
        offsets[to++] = child.total
        child.add(source, valueOffsets[row], 1)
      }
      yield
    }
    const whole = new Runs()
    whole.add(0, 0, runs.total)
    this.#fill(runs.total * OFFSET_LENGTH, fillWords([offsets], whole, 1))
    for (const [i, child] of childRuns.entries()) yield* this.#addChild(layout, sources, i, child)
  }

  *#addChildren(layout: ColumnLayout, sources: readonly Data[], runs: Runs): Steps {
    for (let i = 0; i < layout.children.length; i++) yield* this.#addChild(layout, sources, i, runs)
  }

  *#addChild(layout: ColumnLayout, sources: readonly Data[], index: number, runs: Runs): Steps {
    const child = layout.children[index] as ColumnLayout
    const children = sources.map((data) => data.children[index] ?? emptyData(child))
    yield* this.addColumn(child, children, runs)
  }

  #fill(length: number, fill: Fill): void {
    this.fills.push({ offset: this.plan.addRegion(length), fill })
  }
}

/** Views and what they point to, some rows at a time. */
function* packRuns(
  sources: readonly Data[],
  runs: Runs,
  views: DataView,
  packed: Uint8Array,
): Steps {
  let to = 0
  let fill = 0
  let budget = VIEWS_SLICE_COUNT
  for (let run = 0; run < runs.count; run++) {
    const data = sources[runs.source[run] as number] as Data
    const start = runs.start[run] as number
    const length = runs.length[run] as number
    for (let done = 0; done < length; ) {
      const count = Math.min(budget, length - done)
      fill = packViews(data, start + done, count, views, to, packed, fill)
      to += count
      done += count
      budget -= count
      if (budget > 0) continue
      budget = VIEWS_SLICE_COUNT
      yield
    }
  }
}

function requireOffsets({ name, type }: ColumnLayout, length: number): void {
  if (length <= OFFSET_MAX) return
  throw new ValueNotAcceptableError({
    path: `$${pathSegment(name)}`,
    why: `together its values take ${length} bytes or elements, more than the offsets of ${type} reach`,
  })
}

function emptyData({ type }: ColumnLayout): Data {
  return new Data(type, 0, 0)
}

/** The bytes of an array, none for what has no values. */
function bytesOf(values: ArrayBufferView | undefined): Uint8Array {
  if (values === undefined) return NO_BYTES
  return new Uint8Array(values.buffer, values.byteOffset, values.byteLength)
}

function int32Of(bytes: Uint8Array): Int32Array {
  const count = Math.floor(bytes.byteLength / WORD_LENGTH)
  return new Int32Array(bytes.buffer, bytes.byteOffset, count)
}

function offsetWords(offsets: ArrayBufferView | undefined): Uint32Array {
  return offsets === undefined ? NO_OFFSETS : wordsOf(offsets)
}
