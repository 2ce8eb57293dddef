import { FlatbufferFault, type FlatTable } from './flat-table.ts'

/** What is sound, and cannot be read here. Its message is the reason, without a full stop. */
export class UnsupportedIpc extends Error {}

// The fields of the tables of Arrow's Schema.fbs, by their place in the vtable.
const FIELD = {
  name: 4,
  typeKind: 8,
  type: 10,
  dictionary: 12,
  children: 14,
  metadata: 16,
} as const
const DICTIONARY_ENCODING = { indexType: 6 } as const
const KEY_VALUE = { key: 4, value: 6 } as const
const FIRST = 4
const SECOND = 6
const THIRD = 8

/** What has to be true of a type, besides that it is there. */
interface TypeRule {
  readonly childCount?: number
  /** Whether what its table says makes sense. Units and widths of others would be lengths of values. */
  readonly isSound?: (type: FlatTable, childCount: number) => boolean
  /** Whether it is one that apache-arrow knows, if it makes sense. */
  readonly isKnown?: (type: FlatTable) => boolean
}

/** By number of the type, from `Null`, 1. */
const RULES: readonly (TypeRule | undefined)[] = [
  undefined,
  {},
  { isSound: (int) => [8, 16, 32, 64].includes(int.int32(FIRST)) },
  { isSound: (float) => isUpTo(float.int16(FIRST), 2) },
  {},
  {},
  {},
  {
    isSound: (decimal) => [0, 32, 64, 128, 256].includes(decimal.int32(THIRD)),
    isKnown: (decimal) => [0, 128, 256].includes(decimal.int32(THIRD)),
  },
  { isSound: (date) => isUpTo(date.int16(FIRST), 1) },
  { isSound: isSoundTime },
  {
    isSound: (timestamp) => isUpTo(timestamp.int16(FIRST), 3) && timestamp.elements(SECOND, 1) >= 0,
  },
  { isSound: (interval) => isUpTo(interval.int16(FIRST), 2) },
  { childCount: 1 },
  {},
  { isSound: isSoundUnion },
  { isSound: (binary) => binary.int32(FIRST) >= 0 },
  { childCount: 1, isSound: (list) => list.int32(FIRST) >= 0 },
  { childCount: 1 },
  { isSound: (duration) => isUpTo(duration.int16(FIRST), 3) },
  {},
  {},
  { childCount: 1 },
  // Run-end encoding.
  { isKnown: () => false },
  {},
  {},
  // List views.
  { isKnown: () => false },
  { isKnown: () => false },
]

/**
 * Looks through a field and what it consists of.
 * @throws {FlatbufferFault} when it is not sound. {@link UnsupportedIpc}
 */
export function checkField(field: FlatTable): void {
  field.elements(FIELD.name, 1)
  const children = field.tables(FIELD.children)
  const kind = field.uint8(FIELD.typeKind)
  const type = field.table(FIELD.type)
  const rule = RULES[kind]
  if (rule === undefined || type === undefined) throw new FlatbufferFault('a column has no type')
  const { childCount = children.length, isSound, isKnown } = rule
  if (children.length !== childCount || isSound?.(type, childCount) === false) {
    throw new FlatbufferFault('the type of a column makes no sense')
  }
  if (isKnown?.(type) === false) {
    throw new UnsupportedIpc(`it has a column of the type number ${kind}, which apache-arrow lacks`)
  }
  const indexType = field.table(FIELD.dictionary)?.table(DICTIONARY_ENCODING.indexType)
  if (indexType !== undefined && ![8, 16, 32, 64].includes(indexType.int32(FIRST))) {
    throw new FlatbufferFault('the indices of a dictionary have no type')
  }
  for (const child of children) checkField(child)
  checkMetadata(field, FIELD.metadata)
}

/** Looks through the names and texts of metadata. @throws {FlatbufferFault} when they are not sound. */
export function checkMetadata(table: FlatTable, field: number): void {
  for (const entry of table.tables(field)) {
    entry.elements(KEY_VALUE.key, 1)
    entry.elements(KEY_VALUE.value, 1)
  }
}

/** Seconds and milliseconds have 32 bits, which is also what nothing means; all others have 64. */
function isSoundTime(time: FlatTable): boolean {
  const unit = time.int16(FIRST, 1)
  const bits = time.int32(SECOND, 32)
  return isUpTo(unit, 3) && bits === (unit < 2 ? 32 : 64)
}

function isSoundUnion(union: FlatTable, childCount: number): boolean {
  const ids = union.structs(SECOND, 4, (view, at) => view.getInt32(at, true))
  const isNumbered = ids.length === 0 || ids.length === childCount
  const isDistinct = new Set(ids).size === ids.length
  return (
    isUpTo(union.int16(FIRST), 1) && isNumbered && isDistinct && ids.every((id) => isUpTo(id, 127))
  )
}

function isUpTo(value: number, max: number): boolean {
  return value >= 0 && value <= max
}
