import { Message, Schema, Struct } from 'apache-arrow'
import { ValueNotAcceptableError } from '../errors/data-errors.ts'
import {
  numberDictionaries,
  rebuildField,
  unwrapNestedDictionary,
  wrapNestedDictionary,
} from './canonical-type.ts'
import {
  type ColumnLayout,
  columnLayoutOf,
  dictionaryCountOf,
  nodeCountOf,
} from './column-layout.ts'
import { schemaText } from './type-text.ts'

/** A schema as batches are written and read with it. */
export interface OpenSchema {
  /** With dictionaries numbered from 0, so that every thread has the same. */
  readonly schema: Schema
  /** Arrow IPC's message for the schema, without the framing of a stream. */
  readonly schemaBytes: Uint8Array
  /** Of the bytes. Equal bytes have equal fingerprints; other bytes hardly ever do. */
  readonly fingerprint: number
  /** The type of the batch as a whole, which all batches of this schema share. */
  readonly rowType: Struct
  readonly columns: readonly ColumnLayout[]
  readonly nodeCount: number
  readonly dictionaryCount: number
}

/** Texts after which the texts are forgotten: a bound for programs that make schemas up. */
const TEXT_COUNT_MAX = 1000

const FNV_PRIME = 0x01000193
const FNV_BASIS = 0x811c9dc5
const MIX_PRIME = 0x85ebca6b

const openOfSchema = new WeakMap<Schema, OpenSchema>()
const openOfText = new Map<string, OpenSchema>()

/**
 * The canonical form of a schema. It is kept with the schema object, and once more by its text,
 * since apache-arrow makes a new schema object for each batch that somebody constructs.
 *
 * @throws {ValueNotAcceptableError} for types that this version of apache-arrow does not define, and for
 * names and metadata that are no well-formed strings.
 */
export function openSchemaOf(schema: Schema): OpenSchema {
  let open = openOfSchema.get(schema)
  if (open !== undefined) return open
  const text = schemaText(schema)
  open = openOfText.get(text)
  if (open === undefined) {
    const canonical = canonicalSchema(schema)
    const bytes = encodeSchema(canonical)
    if (schemaText(decodeSchema(bytes)) !== schemaText(canonical)) throw notText()
    open = remember(text, assemble(canonical, bytes))
  }
  openOfSchema.set(schema, open)
  return open
}

/**
 * Parses the bytes of a schema that `planBatch` made. Costs some 10 us: keep the result, by
 * fingerprint, for as long as the thread lives. It holds a copy of the bytes.
 */
export function openSchema(schemaBytes: Uint8Array): OpenSchema {
  const bytes = Uint8Array.from(schemaBytes)
  const schema = decodeSchema(bytes)
  const text = schemaText(schema)
  return openOfText.get(text) ?? remember(text, assemble(schema, bytes))
}

/** A hash of the bytes of a schema, an unsigned number of 32 bits. */
export function fingerprintOf(schemaBytes: Uint8Array): number {
  let hash = FNV_BASIS
  for (let i = 0; i < schemaBytes.length; i++) {
    hash = Math.imul(hash ^ (schemaBytes[i] as number), FNV_PRIME)
  }
  hash = Math.imul(hash ^ (hash >>> 16), MIX_PRIME)
  return (hash ^ (hash >>> 13)) >>> 0
}

function canonicalSchema(schema: Schema): Schema {
  const rule = numberDictionaries()
  const fields = schema.fields.map((field) => rebuildField(field, rule))
  return new Schema(fields, new Map(schema.metadata))
}

function encodeSchema(canonical: Schema): Uint8Array {
  const fields = canonical.fields.map((field) => rebuildField(field, wrapNestedDictionary))
  return Message.encode(Message.from(new Schema(fields, canonical.metadata)))
}

function decodeSchema(bytes: Uint8Array): Schema {
  const wrapped = Message.decode(bytes).header() as Schema
  const fields = wrapped.fields.map((field) => rebuildField(field, unwrapNestedDictionary))
  return canonicalSchema(new Schema(fields, wrapped.metadata))
}

/** The refusal of what would be changed by being stored. */
function notText(): ValueNotAcceptableError {
  const why = 'names and metadata of its schema have to be well-formed strings, and some are not'
  return new ValueNotAcceptableError({ path: '$', why })
}

function assemble(schema: Schema, schemaBytes: Uint8Array): OpenSchema {
  const columns = schema.fields.map(columnLayoutOf)
  return {
    schema,
    schemaBytes,
    fingerprint: fingerprintOf(schemaBytes),
    rowType: new Struct(schema.fields),
    columns,
    nodeCount: columns.reduce((count, column) => count + nodeCountOf(column), 0),
    dictionaryCount: columns.reduce((count, column) => count + dictionaryCountOf(column), 0),
  }
}

function remember(text: string, open: OpenSchema): OpenSchema {
  if (openOfText.size >= TEXT_COUNT_MAX) openOfText.clear()
  openOfText.set(text, open)
  openOfSchema.set(open.schema, open)
  return open
}
