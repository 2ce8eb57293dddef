import {
  Data,
  DataType,
  type Dictionary,
  Field,
  makeData,
  RecordBatch,
  Schema,
  Struct,
  type Union,
  UnionMode,
  Vector,
} from 'apache-arrow'
import type { Random } from './random.ts'

/** How random data looks. */
export interface DataShape {
  /** Of 100 values, so many are null. */
  readonly nullPercent: number
  /** Numbers below this, so that values and keys meet again; 0 for any bits. */
  readonly variety: number
}

const ANY: DataShape = { nullPercent: 20, variety: 0 }
const CHARACTERS = ['a', 'b', 'z', 'é', '€', '😀', ' ', '\0']
const DICTIONARY_LENGTH = 9
const VIEW_LENGTH = 16

/** Data of any type with random buffers, as somebody may have made it by hand. */
export function randomData(type: DataType, length: number, random: Random, shape = ANY): Data {
  const nullBitmap = randomNulls(length, random, shape.nullPercent)
  const common = { type, length, ...(nullBitmap && { nullBitmap }) }
  if (DataType.isNull(type)) return makeData({ type, length })
  if (DataType.isDictionary(type)) return dictionaryData(type, common, random, shape)
  if (DataType.isUnion(type)) return unionData(type, length, random, shape)
  if (DataType.isBool(type)) {
    return makeData({ ...common, type, data: randomBytes((length >>> 3) + 1, random) })
  }
  if (DataType.isUtf8(type) || DataType.isBinary(type)) {
    const { offsets, bytes } = randomTexts(length, random, shape)
    return makeData({ ...common, type, valueOffsets: offsets, data: bytes } as never)
  }
  if (DataType.isLargeUtf8(type) || DataType.isLargeBinary(type)) {
    const { offsets, bytes } = randomTexts(length, random, shape)
    const valueOffsets = BigInt64Array.from(offsets, BigInt)
    return makeData({ ...common, type, valueOffsets, data: bytes } as never)
  }
  if (DataType.isUtf8View(type) || DataType.isBinaryView(type)) {
    const views = randomViews(length, random, shape)
    return makeData({ ...common, type, ...views } as never)
  }
  if (DataType.isList(type) || DataType.isMap(type) || DataType.isLargeList(type)) {
    const offsets = randomOffsets(length, random)
    const childShape = DataType.isMap(type) ? { ...shape, nullPercent: 0 } : shape
    const childType = (type.children[0] as Field).type
    const child = randomData(childType, (offsets.at(-1) ?? 0) + 1, random, childShape)
    const valueOffsets = DataType.isLargeList(type) ? BigInt64Array.from(offsets, BigInt) : offsets
    return makeData({ ...common, type, valueOffsets, child } as never)
  }
  if (DataType.isFixedSizeList(type)) {
    const child = randomData(type.valueType, length * type.listSize, random, shape)
    return makeData({ ...common, type, child })
  }
  if (DataType.isStruct(type)) {
    const children = type.children.map((field) => randomData(field.type, length, random, shape))
    return makeData({ ...common, type, children })
  }
  return makeData({ ...common, type, data: randomValues(type, length, random, shape) } as never)
}

/** A batch with a column for each type, named `c0`, `c1` and so on. */
export function randomBatch(
  types: readonly DataType[],
  length: number,
  random: Random,
  shape = ANY,
): RecordBatch {
  const fields = types.map((type, i) => new Field(`c${i}`, type, true))
  const children = types.map((type) => randomData(type, length, random, shape))
  return batchOf(fields, children, length)
}

/** A batch of fields and data, also of no columns. */
export function batchOf(
  fields: readonly Field[],
  children: readonly Data[],
  length: number,
): RecordBatch {
  const type = new Struct([...fields])
  const data = new Data(type, 0, length, 0, {}, [...children])
  return new RecordBatch(new Schema([...fields]), data)
}

/** A value of arrow's as plain JavaScript, so that equal values are deeply equal. */
export function plain(value: unknown): unknown {
  if (typeof value === 'bigint') return `${value}n`
  if (value === undefined || value === null || typeof value !== 'object') return value ?? null
  if (value instanceof Vector)
    return Array.from({ length: value.length }, (_, i) => plain(value.get(i)))
  if (ArrayBuffer.isView(value)) return Array.from(value as Uint8Array, plain)
  const json = (value as { toJSON(): object }).toJSON()
  return Object.entries(json).map(([name, inner]) => [name, plain(inner)])
}

/** All values of a batch, column by column. */
export function contentsOf(batch: RecordBatch): unknown[] {
  return batch.schema.fields.map((field, i) => [field.name, plain(batch.getChildAt(i))])
}

function randomNulls(length: number, random: Random, percent: number): Uint8Array | undefined {
  if (percent === 0) return undefined
  const bitmap = new Uint8Array((length >>> 3) + 1)
  for (let i = 0; i < length; i++) {
    if (random() % 100 >= percent) bitmap[i >>> 3] = (bitmap[i >>> 3] as number) | (1 << (i & 7))
  }
  return bitmap
}

function randomBytes(length: number, random: Random): Uint8Array {
  return Uint8Array.from({ length }, () => random() & 0xff)
}

function randomOffsets(length: number, random: Random): Int32Array {
  const offsets = new Int32Array(length + 1)
  offsets[0] = random() % 3
  for (let i = 0; i < length; i++) offsets[i + 1] = (offsets[i] as number) + (random() % 4)
  return offsets
}

function randomTexts(length: number, random: Random, shape: DataShape) {
  const texts = Array.from({ length }, () => randomText(random, shape))
  const prefix = 'xyz'.slice(0, random() % 4)
  const offsets = new Int32Array(length + 1)
  offsets[0] = prefix.length
  for (const [i, text] of texts.entries()) {
    offsets[i + 1] = (offsets[i] as number) + Buffer.byteLength(text)
  }
  return { offsets, bytes: new Uint8Array(Buffer.from(`${prefix}${texts.join('')}~`)) }
}

function randomText(random: Random, { variety }: DataShape): string {
  if (variety > 0) return `t${random() % variety}`.repeat(1 + (random() % variety) * 9)
  return Array.from({ length: random() % 20 }, () => CHARACTERS[random() % CHARACTERS.length]).join(
    '',
  )
}

function randomViews(length: number, random: Random, shape: DataShape) {
  const views = Buffer.alloc(length * VIEW_LENGTH)
  const texts = Array.from({ length }, () => Buffer.from(randomText(random, shape)))
  const bufferLength = texts.reduce((sum, text) => sum + text.length, 0)
  const buffers = [Buffer.alloc(bufferLength), Buffer.alloc(bufferLength)]
  const fill = [0, 0]
  for (const [i, text] of texts.entries()) {
    views.writeInt32LE(text.length, i * VIEW_LENGTH)
    if (text.length <= 12) {
      text.copy(views, i * VIEW_LENGTH + 4)
      continue
    }
    const index = random() & 1
    text.copy(views, i * VIEW_LENGTH + 4, 0, 4)
    views.writeInt32LE(index, i * VIEW_LENGTH + 8)
    views.writeInt32LE(fill[index] as number, i * VIEW_LENGTH + 12)
    fill[index] = (fill[index] as number) + text.copy(buffers[index] as Buffer, fill[index])
  }
  const variadicBuffers = buffers.map((buffer, i) => new Uint8Array(buffer.subarray(0, fill[i])))
  return { views: new Uint8Array(views), variadicBuffers }
}

function randomValues(type: DataType, length: number, random: Random, { variety }: DataShape) {
  const stride = new Data(type, 0, 0).stride
  const { ArrayType } = type
  if (variety > 0) {
    const one = ArrayType === BigInt64Array || ArrayType === BigUint64Array ? BigInt : Number
    return ArrayType.from({ length: length * stride }, () => one(random() % variety))
  }
  // Moments beyond 2^53 cannot be read through apache-arrow.
  if (ArrayType === BigInt64Array && (DataType.isTimestamp(type) || DataType.isDate(type))) {
    return BigInt64Array.from({ length }, () => BigInt(random()) - 2n ** 31n)
  }
  const bytes = randomBytes(length * stride * ArrayType.BYTES_PER_ELEMENT, random)
  return new ArrayType(bytes.buffer)
}

function dictionaryData(type: Dictionary, common: object, random: Random, shape: DataShape): Data {
  const { length } = common as { length: number }
  const values = randomData(type.dictionary, DICTIONARY_LENGTH, random, {
    ...shape,
    nullPercent: 0,
  })
  const data = new type.indices.ArrayType(length).map(() => random() % DICTIONARY_LENGTH)
  return makeData({ ...common, type, data, dictionary: new Vector([values]) } as never)
}

function unionData(type: Union, length: number, random: Random, shape: DataShape): Data {
  const typeIds = Int8Array.from({ length }, () => {
    return type.typeIds[random() % type.typeIds.length] as number
  })
  if (type.mode === UnionMode.Sparse) {
    const children = type.children.map((field) => randomData(field.type, length, random, shape))
    return makeData({ type, length, typeIds, children } as never)
  }
  const counts = type.children.map(() => 0)
  const valueOffsets = Int32Array.from(typeIds, (typeId) => {
    const child = type.typeIdToChildIndex[typeId] as number
    const count = counts[child] as number
    counts[child] = count + 1
    return count
  })
  const children = type.children.map((field, i) => {
    return randomData(field.type, counts[i] as number, random, shape)
  })
  return makeData({ type, length, typeIds, valueOffsets, children } as never)
}
