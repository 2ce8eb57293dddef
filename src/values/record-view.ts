import type { RecordField, RecordView, ViewOwner } from './codec.ts'
import { FLOAT64, loadField, refuseField, storeField, TYPE_CODE } from './record-field.ts'

// Symbols, so that a field can have any name.
const OWNER = Symbol('owner')
const AT = Symbol('at')

/** A record in shared memory: whose it is, and where it lies, in units of 8 bytes. */
interface View {
  readonly [OWNER]: ViewOwner
  readonly [AT]: number
}

/** Returns what makes views of records with these fields. See `RecordCodec.viewOf`. */
export function makeViewer<T>(
  fields: readonly RecordField[],
): (owner: ViewOwner, byteOffset: number) => RecordView<T> {
  class FieldsView implements View {
    readonly [OWNER]: ViewOwner
    readonly [AT]: number

    constructor(owner: ViewOwner, byteOffset: number) {
      this[OWNER] = owner
      this[AT] = byteOffset >>> 3
    }
  }
  for (const field of fields) {
    const accessors = accessorsOf(field)
    Object.defineProperty(FieldsView.prototype, field.name, { ...accessors, enumerable: true })
  }
  return (owner, byteOffset) => new FieldsView(owner, byteOffset) as unknown as RecordView<T>
}

type Accessors = ThisType<View> & { get(): number; set(value: number): void }

/*
 * One pair of functions for each of the first eight places, and nothing in them but the access: V8
 * puts functions of this size into the caller's code, and knows each of them by its place.
 */
const FLOAT_ACCESSORS: readonly Accessors[] = [
  {
    get() {
      return this[OWNER].arrays.f64[this[AT]] as number
    },
    set(value) {
      this[OWNER].arrays.f64[this[AT]] = typeof value === 'number' ? value : refuse(value)
    },
  },
  {
    get() {
      return this[OWNER].arrays.f64[this[AT] + 1] as number
    },
    set(value) {
      this[OWNER].arrays.f64[this[AT] + 1] = typeof value === 'number' ? value : refuse(value)
    },
  },
  {
    get() {
      return this[OWNER].arrays.f64[this[AT] + 2] as number
    },
    set(value) {
      this[OWNER].arrays.f64[this[AT] + 2] = typeof value === 'number' ? value : refuse(value)
    },
  },
  {
    get() {
      return this[OWNER].arrays.f64[this[AT] + 3] as number
    },
    set(value) {
      this[OWNER].arrays.f64[this[AT] + 3] = typeof value === 'number' ? value : refuse(value)
    },
  },
  {
    get() {
      return this[OWNER].arrays.f64[this[AT] + 4] as number
    },
    set(value) {
      this[OWNER].arrays.f64[this[AT] + 4] = typeof value === 'number' ? value : refuse(value)
    },
  },
  {
    get() {
      return this[OWNER].arrays.f64[this[AT] + 5] as number
    },
    set(value) {
      this[OWNER].arrays.f64[this[AT] + 5] = typeof value === 'number' ? value : refuse(value)
    },
  },
  {
    get() {
      return this[OWNER].arrays.f64[this[AT] + 6] as number
    },
    set(value) {
      this[OWNER].arrays.f64[this[AT] + 6] = typeof value === 'number' ? value : refuse(value)
    },
  },
  {
    get() {
      return this[OWNER].arrays.f64[this[AT] + 7] as number
    },
    set(value) {
      this[OWNER].arrays.f64[this[AT] + 7] = typeof value === 'number' ? value : refuse(value)
    },
  },
]

function refuse(value: unknown): never {
  throw refuseField(value, FLOAT64, undefined)
}

function accessorsOf({ name, type, byteOffset }: RecordField): Accessors {
  const quick = type === 'float64' ? FLOAT_ACCESSORS[byteOffset >>> 3] : undefined
  if (quick !== undefined) return quick
  const code = TYPE_CODE[type]
  return {
    get() {
      return loadField(code, this[OWNER].arrays, this[AT] * 8 + byteOffset)
    },
    set(value) {
      storeField(value, code, this[OWNER].arrays, this[AT] * 8 + byteOffset, name)
    },
  }
}
