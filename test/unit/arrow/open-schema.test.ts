import {
  Dictionary,
  Field,
  FixedSizeBinary,
  FixedSizeList,
  Int32,
  Int64,
  Interval,
  List,
  Schema,
  SparseUnion,
  Struct,
  Utf8,
} from 'apache-arrow'
import { describe, expect, it } from 'vitest'
import { fingerprintOf, openSchema, openSchemaOf } from '#dist/src/arrow/open-schema.js'
import { typeText } from '#dist/src/arrow/type-text.js'
import { ALL_TYPES } from '../../support/arrow-types.ts'

const everything = () => {
  return new Schema(
    ALL_TYPES.map((type, i) => new Field(`c${i}`, type, i % 2 === 0, new Map([['at', `${i}`]]))),
    new Map([['made by', 'hand']]),
  )
}

describe('the bytes of a schema', () => {
  it('hold every type, name and nullability, and the metadata of schema and fields', () => {
    const given = everything()
    const { schema } = openSchema(openSchemaOf(given).schemaBytes)
    const shown = ({ name, type, nullable, metadata }: Field) => {
      return { name, type: typeText(type), nullable, metadata }
    }
    expect(schema.fields.map(shown)).toEqual(given.fields.map(shown))
    expect(schema.metadata).toEqual(given.metadata)
  })

  it.each<[string, Schema]>([
    ['a name', new Schema([new Field('\ud800', new Int32())])],
    [
      'the name of a child',
      new Schema([new Field('a', new List(new Field('\udc00', new Int32())))]),
    ],
    ['metadata', new Schema([], new Map([['a', 5 as unknown as string]]))],
  ])('are refused when they would change %s', (_, schema) => {
    expect(() => openSchemaOf(schema)).toThrow('well-formed strings')
  })

  it('keep the name of a field that is empty', () => {
    const { schemaBytes } = openSchemaOf(new Schema([new Field('', new Int32())]))
    expect(openSchema(schemaBytes).schema.fields[0]?.name).toBe('')
  })

  it('are equal when only the ids of dictionaries differ', () => {
    const withIds = (...ids: readonly number[]) => {
      const [outer, inner] = ids.map((id) => new Dictionary(new Utf8(), new Int32(), id))
      const nested = new List(new Field('item', inner as Dictionary))
      return openSchemaOf(new Schema([new Field('a', outer as Dictionary), new Field('b', nested)]))
    }
    expect(withIds(3, 9).schemaBytes).toEqual(withIds(88, 5).schemaBytes)
    expect(withIds(3, 9).schema.dictionaries.size).toBe(2)
  })

  it('are the same array for schemas with the same text', () => {
    expect(openSchemaOf(everything()).schemaBytes).toBe(openSchemaOf(everything()).schemaBytes)
    const open = openSchemaOf(everything())
    expect(openSchema(open.schemaBytes)).toBe(open)
  })

  it('stay those of a dictionary within a dictionary', () => {
    const inner = new Dictionary(new Utf8(), new Int32())
    const { schemaBytes } = openSchemaOf(
      new Schema([new Field('d', new Dictionary(inner, new Int32()))]),
    )
    const opened = openSchema(schemaBytes)
    expect(opened.schema.fields[0]?.type.dictionary).toBeInstanceOf(Dictionary)
    expect(opened.dictionaryCount).toBe(1)
  })
})

describe('the fingerprint of a schema', () => {
  const plain = new Schema([new Field('id', new Int64())])

  it.each([
    ['a name', new Schema([new Field('ID', new Int64())])],
    ['a type', new Schema([new Field('id', new Int32())])],
    ['nullability', new Schema([new Field('id', new Int64(), true)])],
    ['metadata', new Schema([new Field('id', new Int64())], new Map([['a', 'b']]))],
    ['a field more', new Schema([...plain.fields, new Field('', new Struct([]))])],
  ])('differs when %s differs', (_, other) => {
    expect(openSchemaOf(other).fingerprint).not.toBe(openSchemaOf(plain).fingerprint)
  })

  it('differs when the type ids of a union differ', () => {
    const [one, other] = [
      [0, 1],
      [0, 2],
    ].map((ids) => {
      const fields = [new Field('a', new Int32()), new Field('b', new Utf8())]
      return openSchemaOf(new Schema([new Field('u', new SparseUnion(ids, fields))])).fingerprint
    })
    expect(one).not.toBe(other)
  })

  it('is that of its bytes, an unsigned word', () => {
    const { schemaBytes, fingerprint } = openSchemaOf(plain)
    expect(fingerprintOf(schemaBytes)).toBe(fingerprint)
    expect(fingerprint).toBe(fingerprint >>> 0)
  })
})

describe('a type that makes no sense', () => {
  it.each([
    ['a negative width', new FixedSizeBinary(-1)],
    ['an unknown unit', new Interval(7 as never)],
    ['a list of a negative length', new FixedSizeList(-2, new Field('item', new Int32()))],
    ['type ids without children', new SparseUnion([0, 1], [new Field('a', new Int32())])],
  ])('is refused: %s', (_, type) => {
    expect(() => openSchemaOf(new Schema([new Field('column', type)]))).toThrow(/makes no sense/)
  })
})
