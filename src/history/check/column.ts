/** A typed array that grows. */
export class Column<A extends Int32Array | Float64Array | Uint8Array> {
  length = 0
  #data: A
  readonly #make: (length: number) => A

  constructor(make: (length: number) => A) {
    this.#make = make
    this.#data = make(1024)
  }

  push(value: number): void {
    if (this.length === this.#data.length) {
      const wider = this.#make(this.length * 2)
      wider.set(this.#data)
      this.#data = wider
    }
    this.#data[this.length++] = value
  }

  /** The elements so far: longer than `length`, and replaced when the column grows. */
  get data(): A {
    return this.#data
  }
}

/** From ids, whole numbers above 0, to indexes from 0 on; of fixed size, by open addressing. */
export class IdMap {
  readonly #ids: Float64Array
  readonly #indexes: Int32Array
  readonly #mask: number

  /** @param count how many ids will be entered at most. */
  constructor(count: number) {
    const length = 2 ** Math.ceil(Math.log2(Math.max(16, count * 2)))
    this.#ids = new Float64Array(length)
    this.#indexes = new Int32Array(length)
    this.#mask = length - 1
  }

  /** Enters an id; false when it was there already. */
  add(id: number, index: number): boolean {
    const at = this.#find(id)
    if (this.#ids[at] === id) return false
    this.#ids[at] = id
    this.#indexes[at] = index
    return true
  }

  /** The index of an id, or -1. */
  get(id: number): number {
    const at = this.#find(id)
    return this.#ids[at] === id ? (this.#indexes[at] as number) : -1
  }

  #find(id: number): number {
    const high = Math.floor(id / 2 ** 32)
    let at = Math.imul((id >>> 0) ^ Math.imul(high, 0x85ebca6b), 0x9e3779b1)
    at = (at ^ (at >>> 15)) & this.#mask
    while (this.#ids[at] !== 0 && this.#ids[at] !== id) at = (at + 1) & this.#mask
    return at
  }
}
