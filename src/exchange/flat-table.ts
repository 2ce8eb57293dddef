/** What a flatbuffer says that no writer has said. Its message is the reason, without a full stop. */
export class FlatbufferFault extends Error {}

const DEPTH_MAX = 128

/** The bytes of a flatbuffer, and how much of them was looked at: each table is, once. */
class FlatBytes {
  readonly view: DataView
  #tablesLeft: number

  constructor(bytes: Uint8Array) {
    this.view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
    this.#tablesLeft = bytes.byteLength >>> 2
  }

  /** @throws {FlatbufferFault} when there are more tables than these bytes can hold. */
  countTable(): void {
    if (this.#tablesLeft-- === 0) throw new FlatbufferFault('it refers to itself')
  }

  /** @throws {FlatbufferFault} when some bytes lie outside. */
  check(position: number, length: number): void {
    const isInside = position >= 0 && length >= 0 && position + length <= this.view.byteLength
    if (!isInside) throw new FlatbufferFault('it refers to bytes that it does not have')
  }
}

/**
 * A table of a flatbuffer, which is read with all care: the code that flatbuffers come with believes every
 * length and every reference. Fields are named by their offset in the vtable.
 */
export class FlatTable {
  readonly #bytes: FlatBytes
  readonly #position: number
  readonly #depth: number
  readonly #vtable: number
  readonly #vtableLength: number
  readonly #length: number

  private constructor(bytes: FlatBytes, position: number, depth: number) {
    bytes.countTable()
    if (depth > DEPTH_MAX) throw new FlatbufferFault(`it is nested more than ${DEPTH_MAX} deep`)
    bytes.check(position, 4)
    this.#bytes = bytes
    this.#position = position
    this.#depth = depth
    this.#vtable = position - bytes.view.getInt32(position, true)
    bytes.check(this.#vtable, 4)
    this.#vtableLength = bytes.view.getUint16(this.#vtable, true)
    this.#length = bytes.view.getUint16(this.#vtable + 2, true)
    bytes.check(this.#vtable, this.#vtableLength)
    bytes.check(position, this.#length)
  }

  /** The table that a flatbuffer begins with. @throws {FlatbufferFault} as every other call. */
  static root(bytes: Uint8Array): FlatTable {
    const flat = new FlatBytes(bytes)
    flat.check(0, 4)
    return new FlatTable(flat, flat.view.getUint32(0, true), 0)
  }

  /** A number of 8 bits; 0 when it is not there. */
  uint8(field: number): number {
    const at = this.#place(field, 1)
    return at === 0 ? 0 : this.#bytes.view.getUint8(at)
  }

  /** A number of 16 bits; `missing` when it is not there. */
  int16(field: number, missing = 0): number {
    const at = this.#place(field, 2)
    return at === 0 ? missing : this.#bytes.view.getInt16(at, true)
  }

  /** A number of 32 bits; `missing` when it is not there. */
  int32(field: number, missing = 0): number {
    const at = this.#place(field, 4)
    return at === 0 ? missing : this.#bytes.view.getInt32(at, true)
  }

  /** A number of 64 bits, which has to be a length; 0 when it is not there. */
  length(field: number): number {
    const at = this.#place(field, 8)
    return at === 0 ? 0 : lengthAt(this.#bytes.view, at)
  }

  /** A table that this one refers to. */
  table(field: number): FlatTable | undefined {
    const at = this.#place(field, 4)
    return at === 0 ? undefined : this.#follow(at)
  }

  /** The tables that a vector refers to. */
  tables(field: number): FlatTable[] {
    const { start, count } = this.#vector(field, 4)
    return Array.from({ length: count }, (_, i) => this.#follow(start + 4 * i))
  }

  /** How many texts, or elements of so many bytes, a vector has: they are all there. */
  elements(field: number, elementLength: number): number {
    return this.#vector(field, elementLength).count
  }

  /** What `read` makes of each struct of a vector. */
  structs<T>(field: number, structLength: number, read: (view: DataView, at: number) => T): T[] {
    const { start, count } = this.#vector(field, structLength)
    const { view } = this.#bytes
    return Array.from({ length: count }, (_, i) => read(view, start + structLength * i))
  }

  /** Where the value of a field lies; 0 when it is not there. */
  #place(field: number, length: number): number {
    if (field + 2 > this.#vtableLength) return 0
    const offset = this.#bytes.view.getUint16(this.#vtable + field, true)
    if (offset === 0) return 0
    if (offset + length > this.#length)
      throw new FlatbufferFault('a field lies outside of its table')
    return this.#position + offset
  }

  #follow(at: number): FlatTable {
    const position = at + this.#bytes.view.getUint32(at, true)
    return new FlatTable(this.#bytes, position, this.#depth + 1)
  }

  #vector(field: number, elementLength: number): { start: number; count: number } {
    const at = this.#place(field, 4)
    if (at === 0) return { start: 0, count: 0 }
    const { view } = this.#bytes
    const position = at + view.getUint32(at, true)
    this.#bytes.check(position, 4)
    const count = view.getUint32(position, true)
    this.#bytes.check(position + 4, count * elementLength)
    return { start: position + 4, count }
  }
}

/** A number of 64 bits that has to be a length. @throws {FlatbufferFault} when it is none. */
export function lengthAt(view: DataView, at: number): number {
  const value = Number(view.getBigInt64(at, true))
  if (value < 0 || !Number.isSafeInteger(value)) {
    throw new FlatbufferFault(`a length in it is ${value}`)
  }
  return value
}
