import { DataType, type Dictionary, type FixedSizeList, Type, UnionMode } from 'apache-arrow'
import { ValueNotAcceptableError } from '../errors/data-errors.ts'

/** No buffers at all. */
export const KIND_NULL = 0
/** Values of one width. */
export const KIND_FIXED = 1
/** One bit for each value. */
export const KIND_BITS = 2
/** Offsets of 32 bits, and bytes. */
export const KIND_BYTES = 3
/** Offsets of 64 bits, and bytes. */
export const KIND_LARGE_BYTES = 4
/** Views of 16 bytes, and any number of buffers that they point into. */
export const KIND_VIEW = 5
/** Offsets of 32 bits into a child. */
export const KIND_LIST = 6
/** Offsets of 64 bits into a child. */
export const KIND_LARGE_LIST = 7
/** So many elements of a child for each value. */
export const KIND_FIXED_LIST = 8
/** A child for each field. */
export const KIND_STRUCT = 9
/** A type id for each value, and a child of the same length for each field. */
export const KIND_SPARSE_UNION = 10
/** A type id and an offset for each value, and a child for each field. */
export const KIND_DENSE_UNION = 11
/** Indices of one width into a dictionary, which is stored apart. */
export const KIND_DICTIONARY = 12

/** Bytes of a view; up to `VIEW_INLINE_LENGTH` bytes of a value lie in it. */
export const VIEW_LENGTH = 16
export const VIEW_INLINE_LENGTH = 12

type ValuesConstructor = new (
  buffer: ArrayBufferLike,
  byteOffset: number,
  length: number,
) => ArrayBufferView

/**
 * How the values of a type lie in memory: all that writing, reading and gathering have to know.
 * Types of equal layout differ only in what their bytes mean.
 */
export interface ColumnLayout {
  readonly kind: number
  /** Of the canonical schema. */
  readonly type: DataType
  /** Of the field, for messages. */
  readonly name: string
  /** Bytes of a value (fixed, dictionary), elements of a list (fixed list), else 0. */
  readonly width: number
  /** The class of the values' array. */
  readonly Values: ValuesConstructor
  /** Its elements for each value. */
  readonly stride: number
  readonly children: readonly ColumnLayout[]
}

/** A field by name and type, as a schema or a nested type has it. */
interface NamedType {
  readonly name: string
  readonly type: DataType
}

const NO_CHILDREN: readonly ColumnLayout[] = []
const LENGTH_MAX = 2 ** 31 - 1
const INTERVAL_UNIT_MAX = 2
const DECIMAL_BITS: readonly number[] = [128, 256]
const WORD_LENGTH_BITS = 32

/**
 * The layout of a field and of all that is nested in it.
 * @throws {ValueNotAcceptableError} for a type that this version of apache-arrow does not define.
 */
export function columnLayoutOf({ name, type }: NamedType): ColumnLayout {
  const kind = kindOf(type, name)
  if (!isSound(type)) {
    const why = `the type ${type} of its field ${JSON.stringify(name)} makes no sense`
    throw new ValueNotAcceptableError({ path: '$', why })
  }
  const children =
    kind === KIND_DICTIONARY || type.children === null
      ? NO_CHILDREN
      : type.children.map(columnLayoutOf)
  if (kind === KIND_FIXED_LIST) {
    const width = (type as FixedSizeList).listSize
    return { kind, type, name, width, Values: Uint8Array, stride: 1, children }
  }
  if (kind !== KIND_FIXED && kind !== KIND_DICTIONARY) {
    return { kind, type, name, width: 0, Values: Uint8Array, stride: 1, children }
  }
  const valueType = kind === KIND_DICTIONARY ? (type as Dictionary).indices : type
  const Values = valueType.ArrayType
  const stride = strideOf(valueType)
  return { kind, type, name, width: Values.BYTES_PER_ELEMENT * stride, Values, stride, children }
}

/** How many nodes a header has for a column: itself and what is nested in it. */
export function nodeCountOf(layout: ColumnLayout): number {
  return layout.children.reduce((count, child) => count + nodeCountOf(child), 1)
}

/** How many dictionaries a column refers to. */
export function dictionaryCountOf(layout: ColumnLayout): number {
  const own = layout.kind === KIND_DICTIONARY ? 1 : 0
  return layout.children.reduce((count, child) => count + dictionaryCountOf(child), own)
}

/** Whether what a type says of lengths can be: buffers are addressed by it. */
function isSound(type: DataType): boolean {
  if (DataType.isFixedSizeBinary(type)) return isLength(type.byteWidth)
  if (DataType.isFixedSizeList(type)) return isLength(type.listSize) && type.children.length === 1
  if (DataType.isInterval(type)) return type.unit >= 0 && type.unit <= INTERVAL_UNIT_MAX
  if (DataType.isDecimal(type)) return DECIMAL_BITS.includes(type.bitWidth)
  if (DataType.isUnion(type)) return type.typeIds.length === type.children.length
  return true
}

function isLength(length: number): boolean {
  return Number.isInteger(length) && length >= 0 && length <= LENGTH_MAX
}

function strideOf(type: DataType): number {
  if (DataType.isDecimal(type)) return type.bitWidth / WORD_LENGTH_BITS
  if (DataType.isFixedSizeBinary(type)) return type.byteWidth
  // Years and months are one word, days and times two, months, days and nanoseconds four.
  if (DataType.isInterval(type)) return 1 << type.unit
  return 1
}

function kindOf(type: DataType, name: string): number {
  if (DataType.isDictionary(type)) return KIND_DICTIONARY
  if (DataType.isUnion(type)) {
    return type.mode === UnionMode.Sparse ? KIND_SPARSE_UNION : KIND_DENSE_UNION
  }
  const kind = KIND_OF_TYPE.get(type.typeId)
  if (kind !== undefined) return kind
  throw new ValueNotAcceptableError({
    path: '$',
    why: `its field ${JSON.stringify(name)} has a type of the unknown kind ${type.typeId}`,
  })
}

const KIND_OF_TYPE: ReadonlyMap<number, number> = new Map([
  [Type.Null, KIND_NULL],
  [Type.Int, KIND_FIXED],
  [Type.Float, KIND_FIXED],
  [Type.Decimal, KIND_FIXED],
  [Type.Date, KIND_FIXED],
  [Type.Time, KIND_FIXED],
  [Type.Timestamp, KIND_FIXED],
  [Type.Interval, KIND_FIXED],
  [Type.Duration, KIND_FIXED],
  [Type.FixedSizeBinary, KIND_FIXED],
  [Type.Bool, KIND_BITS],
  [Type.Binary, KIND_BYTES],
  [Type.Utf8, KIND_BYTES],
  [Type.LargeBinary, KIND_LARGE_BYTES],
  [Type.LargeUtf8, KIND_LARGE_BYTES],
  [Type.BinaryView, KIND_VIEW],
  [Type.Utf8View, KIND_VIEW],
  [Type.List, KIND_LIST],
  [Type.Map, KIND_LIST],
  [Type.LargeList, KIND_LARGE_LIST],
  [Type.FixedSizeList, KIND_FIXED_LIST],
  [Type.Struct, KIND_STRUCT],
])
