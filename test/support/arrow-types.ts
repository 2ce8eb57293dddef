import {
  Binary,
  BinaryView,
  Bool,
  type DataType,
  DateDay,
  DateMillisecond,
  Decimal,
  DenseUnion,
  Dictionary,
  DurationNanosecond,
  DurationSecond,
  Field,
  FixedSizeBinary,
  FixedSizeList,
  Float16,
  Float32,
  Float64,
  Int8,
  Int16,
  Int32,
  Int64,
  IntervalDayTime,
  IntervalMonthDayNano,
  IntervalYearMonth,
  LargeBinary,
  LargeList,
  LargeUtf8,
  List,
  Map_,
  Null,
  SparseUnion,
  Struct,
  TimeMicrosecond,
  TimeMillisecond,
  TimeNanosecond,
  TimeSecond,
  TimestampMicrosecond,
  TimestampMillisecond,
  TimestampNanosecond,
  TimestampSecond,
  Uint8,
  Uint16,
  Uint32,
  Uint64,
  Utf8,
  Utf8View,
} from 'apache-arrow'

function item(type: DataType): Field {
  return new Field('item', type, true)
}

function structOf(...types: readonly DataType[]): Struct {
  return new Struct(types.map((type, i) => new Field(`f${i}`, type, true)))
}

function mapOf(key: DataType, value: DataType): Map_ {
  const entries = new Struct([new Field('key', key), new Field('value', value, true)])
  return new Map_(new Field('entries', entries) as never)
}

/** Types of one value of fixed width. */
export const FIXED_TYPES: readonly DataType[] = [
  new Int8(),
  new Int16(),
  new Int32(),
  new Int64(),
  new Uint8(),
  new Uint16(),
  new Uint32(),
  new Uint64(),
  new Float16(),
  new Float32(),
  new Float64(),
  new DateDay(),
  new DateMillisecond(),
  new TimestampSecond(),
  new TimestampMillisecond('Europe/Berlin'),
  new TimestampMicrosecond(),
  new TimestampNanosecond(),
  new TimeSecond(),
  new TimeMillisecond(),
  new TimeMicrosecond(),
  new TimeNanosecond(),
  new DurationSecond(),
  new DurationNanosecond(),
  new Decimal(2, 20, 128),
  new Decimal(0, 40, 256),
  new FixedSizeBinary(5),
]

/** Types that rows can be told apart by. */
export const KEY_TYPES: readonly DataType[] = [
  ...FIXED_TYPES,
  new Bool(),
  new Utf8(),
  new LargeUtf8(),
  new Utf8View(),
  new Binary(),
  new LargeBinary(),
  new BinaryView(),
  new Dictionary(new Utf8(), new Int32()),
  new Dictionary(new Int64(), new Uint8()),
]

/** All other types, and types within types. */
export const NESTED_TYPES: readonly DataType[] = [
  new IntervalDayTime(),
  new IntervalYearMonth(),
  new IntervalMonthDayNano(),
  new Null(),
  new Dictionary(structOf(new Int32(), new Utf8()), new Int16()),
  new Dictionary(new Dictionary(new Utf8(), new Int8()), new Int32()),
  new List(item(new Int32())),
  new List(item(new Dictionary(new Utf8(), new Int8()))),
  new LargeList(item(new Utf8())),
  new FixedSizeList(3, item(new Float64())),
  new FixedSizeList(2, item(new Bool())),
  structOf(new Int64(), new Utf8(), new Bool()),
  structOf(new List(item(structOf(new Utf8View()))), new Dictionary(new Utf8(), new Int32())),
  mapOf(new Utf8(), new Int32()),
  new SparseUnion([0, 5], [new Field('a', new Int32()), new Field('b', new Utf8(), true)]),
  new DenseUnion([3, 1], [new Field('a', new Float64()), new Field('b', new Utf8(), true)]),
  new List(item(new DenseUnion([0, 1], [new Field('a', new Int8()), new Field('b', new Bool())]))),
  new List(item(new List(item(new Null())))),
  structOf(),
]

/** Every type that apache-arrow can build, and some within others. */
export const ALL_TYPES: readonly DataType[] = [...KEY_TYPES, ...NESTED_TYPES]
