import { DataType, type Field, type Schema, Type } from 'apache-arrow'

const textOfType = new WeakMap<DataType, string>()

/**
 * Writes a type out in full, with all that tells it from others but the ids of its dictionaries,
 * which differ from thread to thread: types of equal texts are the same type.
 */
export function typeText(type: DataType): string {
  let text = textOfType.get(type)
  if (text === undefined) {
    text = writeType(type)
    textOfType.set(type, text)
  }
  return text
}

/** Whether two types are the same but for the ids of dictionaries. */
export function isSameType(a: DataType, b: DataType): boolean {
  return a === b || typeText(a) === typeText(b)
}

/** As `typeText`, for a schema: field names, types, nullability and metadata. */
export function schemaText(schema: Schema): string {
  let text = metadataText(schema.metadata)
  for (const field of schema.fields) text += fieldText(field)
  return text
}

/** Names begin with their length, so that no name looks like the end of another field. */
function fieldText({ name, type, nullable, metadata }: Field): string {
  // What is empty in IPC bytes is read as null.
  const named = name ?? ''
  const text = `${named.length}:${named} ${typeText(type)}${nullable ? '?' : '!'}`
  return metadata.size === 0 ? `${text};` : `${text}${metadataText(metadata)};`
}

function metadataText(metadata: ReadonlyMap<string, string>): string {
  return metadata.size === 0 ? '' : JSON.stringify([...metadata])
}

function writeType(type: DataType): string {
  const name = DataType.isDictionary(type) ? 'Dictionary' : (Type[type.typeId] ?? type.typeId)
  const parameters = parametersOf(type).join()
  const children = DataType.isDictionary(type) ? null : type.children
  const fields = children === null ? '' : `<${children.map(fieldText).join('')}>`
  return `${name}(${parameters})${fields}`
}

function parametersOf(type: DataType): readonly unknown[] {
  if (DataType.isInt(type)) return [type.isSigned, type.bitWidth]
  if (DataType.isFloat(type)) return [type.precision]
  if (DataType.isDecimal(type)) return [type.precision, type.scale, type.bitWidth]
  if (DataType.isDate(type) || DataType.isInterval(type) || DataType.isDuration(type)) {
    return [type.unit]
  }
  if (DataType.isTime(type)) return [type.unit, type.bitWidth]
  if (DataType.isTimestamp(type)) return [type.unit, JSON.stringify(type.timezone ?? '')]
  if (DataType.isFixedSizeBinary(type)) return [type.byteWidth]
  if (DataType.isFixedSizeList(type)) return [type.listSize]
  if (DataType.isMap(type)) return [type.keysSorted]
  if (DataType.isUnion(type)) return [type.mode, ...type.typeIds]
  if (DataType.isDictionary(type)) {
    return [typeText(type.dictionary), typeText(type.indices), type.isOrdered]
  }
  return []
}
