import {
  Binary,
  BinaryView,
  Bool,
  DataType,
  Date_,
  Decimal,
  Dictionary,
  Duration,
  Field,
  FixedSizeBinary,
  FixedSizeList,
  Float,
  Int,
  Interval,
  LargeBinary,
  LargeList,
  LargeUtf8,
  List,
  Map_,
  Null,
  Struct,
  Time,
  Timestamp,
  Type,
  Union,
  Utf8,
  Utf8View,
} from 'apache-arrow'
import { ValueNotAcceptableError } from '../errors/data-errors.ts'

/** What becomes of a dictionary type whose values have the type `values`, already rebuilt. */
export type DictionaryRule = (dictionary: Dictionary, values: DataType) => DataType

/**
 * A copy of a field, in types of this apache-arrow, with dictionaries replaced by a rule. The copy
 * shares nothing that somebody could change but the maps of metadata, which are copied too.
 *
 * @throws {ValueNotAcceptableError} for a type that this version of apache-arrow does not define.
 */
export function rebuildField(field: Field, rule: DictionaryRule): Field {
  // A name that is empty comes back as null from IPC bytes.
  const name = field.name ?? ''
  return new Field(name, rebuildType(field.type, rule), field.nullable, new Map(field.metadata))
}

function rebuildType(type: DataType, rule: DictionaryRule): DataType {
  if (DataType.isDictionary(type)) return rule(type, rebuildType(type.dictionary, rule))
  if (type.children === null) return rebuildFlatType(type)
  const children = type.children.map((child) => rebuildField(child, rule))
  const child = children[0] as Field
  if (DataType.isList(type)) return new List(child)
  if (DataType.isLargeList(type)) return new LargeList(child)
  if (DataType.isFixedSizeList(type)) return new FixedSizeList(type.listSize, child)
  if (DataType.isMap(type)) return new Map_(child, type.keysSorted)
  if (DataType.isStruct(type)) return new Struct(children)
  if (DataType.isUnion(type)) return new Union(type.mode, type.typeIds, children)
  throw unknownType(type)
}

function rebuildFlatType(type: DataType): DataType {
  if (DataType.isInt(type)) return new Int(type.isSigned, type.bitWidth)
  if (DataType.isFloat(type)) return new Float(type.precision)
  if (DataType.isDecimal(type)) return new Decimal(type.scale, type.precision, type.bitWidth)
  if (DataType.isDate(type)) return new Date_(type.unit)
  if (DataType.isTime(type)) return new Time(type.unit, type.bitWidth)
  if (DataType.isTimestamp(type)) return new Timestamp(type.unit, type.timezone)
  if (DataType.isInterval(type)) return new Interval(type.unit)
  if (DataType.isDuration(type)) return new Duration(type.unit)
  if (DataType.isFixedSizeBinary(type)) return new FixedSizeBinary(type.byteWidth)
  switch (type.typeId) {
    case Type.Null:
      return new Null()
    case Type.Bool:
      return new Bool()
    case Type.Binary:
      return new Binary()
    case Type.LargeBinary:
      return new LargeBinary()
    case Type.BinaryView:
      return new BinaryView()
    case Type.Utf8:
      return new Utf8()
    case Type.LargeUtf8:
      return new LargeUtf8()
    case Type.Utf8View:
      return new Utf8View()
    default:
      throw unknownType(type)
  }
}

/** Name of the field in a struct that stands for a dictionary within a dictionary. */
const WRAPPED_DICTIONARY = 'khonsu.dictionary'

/**
 * A rule for what IPC bytes can express: a field has one dictionary there, so that values which are
 * themselves encoded by a dictionary go into a struct of one field.
 */
export function wrapNestedDictionary(
  { indices, id, isOrdered }: Dictionary,
  values: DataType,
): DataType {
  const wrapped = DataType.isDictionary(values)
    ? new Struct([new Field(WRAPPED_DICTIONARY, values, true)])
    : values
  return new Dictionary(wrapped, indices, id, isOrdered)
}

/** The rule that undoes `wrapNestedDictionary`. */
export function unwrapNestedDictionary(
  { indices, id, isOrdered }: Dictionary,
  values: DataType,
): DataType {
  const only = DataType.isStruct(values) && values.children.length === 1 ? values.children[0] : null
  const isWrapped = only?.name === WRAPPED_DICTIONARY && DataType.isDictionary(only.type)
  return new Dictionary(isWrapped ? only.type : values, indices, id, isOrdered)
}

/** A rule that numbers dictionaries from 0, those within others first. */
export function numberDictionaries(): DictionaryRule {
  let count = 0
  return ({ indices, isOrdered }, values) => {
    const width = rebuildFlatType(indices) as Dictionary['indices']
    return new Dictionary(values, width, count++, isOrdered)
  }
}

function unknownType(type: DataType): ValueNotAcceptableError {
  const why = `it has a column of the type ${String(type)}, which this apache-arrow cannot read`
  return new ValueNotAcceptableError({ path: '$', why })
}
