import { textFingerprint } from '../../native-layout/fingerprint.ts'
import { ValueNotAcceptableError } from '../errors/data-errors.ts'
import { describeValue } from '../errors/describe-value.ts'
import { InvalidOptionError } from '../errors/store-errors.ts'
import type { RecordArrays, RecordCodec, RecordField, RecordFieldType } from './codec.ts'
import { FLOAT64, fieldPath, loadField, storeField, TYPE_CODE } from './record-field.ts'
import { makeViewer } from './record-view.ts'

/** Greatest number of fields of a record. */
export const RECORD_FIELD_COUNT_MAX = 64

type RecordFields = Readonly<Record<string, RecordFieldType>>

/** The objects that a record codec keeps. */
export type RecordOf<F extends RecordFields> = { readonly [K in keyof F]: number }

const TYPE_LENGTH: Readonly<Record<RecordFieldType, number>> = { float64: 8, int32: 4, uint32: 4 }
const ALIGNMENT = 8
const UNROLLED_COUNT = 8
const ARRAY_INDEX = /^\d+$/

/**
 * Returns a codec for objects with exactly these number fields. Use it for cells that are read and
 * written often: a record is stored as raw numbers, several times quicker than JSON.
 *
 * `float64` takes every number, NaN and -0 too; `int32` and `uint32` take whole numbers in their
 * range and refuse others, -0 too. Every thread that uses a cell must declare the same fields in
 * the same order. Fields beyond the eighth cost more than the first eight.
 *
 * @throws {InvalidOptionError} when there are no fields, too many, or one with an unknown type or a
 * name that looks like an array index or is `__proto__`. Not safe to retry.
 * @example
 * const statistics = record({ count: 'float64', sum: 'float64', worst: 'int32' })
 * const daily = store.ref('daily', statistics)
 */
export function record<const F extends RecordFields>(fields: F): RecordCodec<RecordOf<F>> {
  const layout = layOut(fields)
  const last = layout.reduce((end, { byteOffset, type }) => {
    return Math.max(end, byteOffset + TYPE_LENGTH[type])
  }, 0)
  const signature = layout.map(({ name, type }) => `${name}:${type}`).join()
  return {
    kind: 'record',
    byteLength: Math.ceil(last / ALIGNMENT) * ALIGNMENT,
    fields: layout,
    signature,
    fingerprint: textFingerprint(signature),
    encodeInto: makeWriter(layout),
    decodeFrom: makeReader<RecordOf<F>>(layout),
    viewOf: makeViewer<RecordOf<F>>(layout),
  }
}

/** Float64 fields first: with a base that is a multiple of 8, every field is aligned. */
function layOut(fields: RecordFields): readonly RecordField[] {
  // Names come from Object.keys because only names that V8 has interned are quick property keys.
  const names = Object.keys(fields)
  if (names.length < 1 || names.length > RECORD_FIELD_COUNT_MAX) {
    const accepted = `1 to ${RECORD_FIELD_COUNT_MAX} fields`
    throw new InvalidOptionError({ option: 'fields', given: names.length, accepted })
  }
  for (const name of names) checkField(name, fields[name])
  const offsets = new Map<string, number>()
  let offset = 0
  for (const length of [8, 4]) {
    for (const name of names) {
      if (TYPE_LENGTH[fields[name] as RecordFieldType] !== length) continue
      offsets.set(name, offset)
      offset += length
    }
  }
  return names.map((name) => ({
    name,
    type: fields[name] as RecordFieldType,
    byteOffset: offsets.get(name) as number,
  }))
}

function checkField(name: string, type: unknown): void {
  if (typeof type !== 'string' || !Object.hasOwn(TYPE_LENGTH, type)) {
    const accepted = 'float64, int32, uint32'
    throw new InvalidOptionError({ option: `fields.${name}`, given: type, accepted })
  }
  if (name === '__proto__' || name === '' || ARRAY_INDEX.test(name)) {
    const accepted = 'names that are not empty, not digits only and not __proto__'
    throw new InvalidOptionError({ option: 'fields', given: name, accepted })
  }
}

type Writer = (
  value: Readonly<Record<string, number>>,
  arrays: RecordArrays,
  byteOffset: number,
) => void

/*
 * The reader and the writer name their first eight fields one by one. A loop over the names would
 * show V8 one property access with many names, three to four times slower; here each access has
 * one name, as long as one record type is in use, without generating code from strings.
 */
function makeWriter(layout: readonly RecordField[]): Writer {
  const count = layout.length
  const names = layout.map(({ name }) => name)
  const types = layout.map(({ type }) => TYPE_CODE[type])
  const offsets = layout.map(({ byteOffset }) => byteOffset)
  const [n0, n1, n2, n3, n4, n5, n6, n7] = padded(names, '')
  const [t0, t1, t2, t3, t4, t5, t6, t7] = padded(types, FLOAT64)
  const [o0, o1, o2, o3, o4, o5, o6, o7] = padded(offsets, 0)

  return (value, arrays, base) => {
    let found = 0
    for (const _ in value) found++
    if (found !== count) throw refuseShape(value, layout)
    storeField(value[n0], t0, arrays, base + o0, n0)
    if (count === 1) return
    storeField(value[n1], t1, arrays, base + o1, n1)
    if (count === 2) return
    storeField(value[n2], t2, arrays, base + o2, n2)
    if (count === 3) return
    storeField(value[n3], t3, arrays, base + o3, n3)
    if (count === 4) return
    storeField(value[n4], t4, arrays, base + o4, n4)
    if (count === 5) return
    storeField(value[n5], t5, arrays, base + o5, n5)
    if (count === 6) return
    storeField(value[n6], t6, arrays, base + o6, n6)
    if (count === 7) return
    storeField(value[n7], t7, arrays, base + o7, n7)
    for (let i = UNROLLED_COUNT; i < count; i++) {
      const name = names[i] as string
      storeField(value[name], types[i] as number, arrays, base + (offsets[i] as number), name)
    }
  }
}

function makeReader<T>(layout: readonly RecordField[]): RecordCodec<T>['decodeFrom'] {
  const count = layout.length
  const names = layout.map(({ name }) => name)
  const types = layout.map(({ type }) => TYPE_CODE[type])
  const offsets = layout.map(({ byteOffset }) => byteOffset)
  const [n0, n1, n2, n3, n4, n5, n6, n7] = padded(names, '')
  const [t0, t1, t2, t3, t4, t5, t6, t7] = padded(types, FLOAT64)
  const [o0, o1, o2, o3, o4, o5, o6, o7] = padded(offsets, 0)

  const fill = (value: Record<string, number>, arrays: RecordArrays, base: number): void => {
    value[n0] = loadField(t0, arrays, base + o0)
    if (count === 1) return
    value[n1] = loadField(t1, arrays, base + o1)
    if (count === 2) return
    value[n2] = loadField(t2, arrays, base + o2)
    if (count === 3) return
    value[n3] = loadField(t3, arrays, base + o3)
    if (count === 4) return
    value[n4] = loadField(t4, arrays, base + o4)
    if (count === 5) return
    value[n5] = loadField(t5, arrays, base + o5)
    if (count === 6) return
    value[n6] = loadField(t6, arrays, base + o6)
    if (count === 7) return
    value[n7] = loadField(t7, arrays, base + o7)
    for (let i = UNROLLED_COUNT; i < count; i++) {
      value[names[i] as string] = loadField(
        types[i] as number,
        arrays,
        base + (offsets[i] as number),
      )
    }
  }
  return (arrays, base) => {
    const value: Record<string, number> = {}
    fill(value, arrays, base)
    return value as T
  }
}

/** Names the first field that is missing or unknown in a value with a wrong number of fields. */
function refuseShape(value: unknown, layout: readonly RecordField[]): ValueNotAcceptableError {
  const names = layout.map(({ name }) => name)
  if (typeof value !== 'object' || value === null) {
    const why = `it is ${describeValue(value)}, and the record has the fields ${names.join(', ')}`
    return new ValueNotAcceptableError({ path: '$', why })
  }
  for (const name in value) {
    if (names.includes(name)) continue
    const why = `the record has no such field; its fields are ${names.join(', ')}`
    return new ValueNotAcceptableError({ path: fieldPath(name), why })
  }
  const missing = names.find((name) => !(name in value)) ?? ''
  const why = 'this field of the record is missing; give every field a number'
  return new ValueNotAcceptableError({ path: fieldPath(missing), why })
}

/** The first eight elements of `list`, filled up with `filler`. */
function padded<T>(list: readonly T[], filler: T): [T, T, T, T, T, T, T, T] {
  const at = (index: number): T => list[index] ?? filler
  return [at(0), at(1), at(2), at(3), at(4), at(5), at(6), at(7)]
}
