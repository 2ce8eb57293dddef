import { Column } from './column.ts'

/**
 * A longest list of a key. Every list that was read is the beginning of one, so that each read needs
 * a length instead of its elements. The reads of a key that agree with one another have one branch.
 */
export interface Branch {
  readonly key: number
  readonly elements: readonly number[]
  /** The operation that read all of it. */
  readonly longestRead: number
}

/**
 * The lists that a history read. The elements that an attempt has appended itself are taken off the
 * lists that it reads: what is left is what others had appended.
 */
export class ListReads {
  readonly branches: Branch[] = []
  /** By read: its operation, its branch, and how much of that it found. */
  readonly operations: Column<Int32Array> = new Column((length) => new Int32Array(length))
  readonly branchOf: Column<Int32Array> = new Column((length) => new Int32Array(length))
  readonly lengths: Column<Int32Array> = new Column((length) => new Int32Array(length))
  /** Lists, by operation, that lack what their attempt had appended or read before. */
  readonly torn: Map<number, readonly number[]> = new Map()
  readonly #branchesOf = new Map<number, number[]>()
  /** By key: the trunk. */
  readonly #trunks = new Map<number, number>()
  /** By key: what the attempt that is added has appended, and what others had before. */
  readonly #own = new Map<number, number[]>()
  readonly #others = new Map<number, readonly number[]>()

  /** The operations that follow are of another attempt. */
  beginAttempt(): void {
    this.#own.clear()
    this.#others.clear()
  }

  addAppend(key: number, element: number): void {
    const own = this.#own.get(key)
    if (own === undefined) this.#own.set(key, [element])
    else own.push(element)
  }

  /** @returns the last element that others have appended, as far as that can be told. */
  addRead(operation: number, key: number, list: readonly number[]): number | undefined {
    const own = this.#own.get(key)
    const length = list.length - (own?.length ?? 0)
    if (own !== undefined && !this.#isExpected(key, list, length, own)) {
      this.torn.set(operation, list)
      return undefined
    }
    const others = own === undefined ? list : list.slice(0, length)
    this.#others.set(key, others)
    this.operations.push(operation)
    this.branchOf.push(this.#attach(operation, key, others))
    this.lengths.push(length)
    return others.at(-1)
  }

  /** What others had appended, as a read found it; undefined for one that is torn. */
  othersOf(operation: number): readonly number[] | undefined {
    const { data, length } = this.operations
    let low = 0
    let high = length
    while (low < high) {
      const middle = (low + high) >>> 1
      if ((data[middle] as number) < operation) low = middle + 1
      else high = middle
    }
    if (low === length || data[low] !== operation) return undefined
    const { elements } = this.branches[this.branchOf.data[low] as number] as Branch
    return elements.slice(0, this.lengths.data[low])
  }

  /** The keys of lists that were read. */
  keys(): Iterable<number> {
    return this.#branchesOf.keys()
  }

  /** The branch that gives the order of a key, which is its longest. */
  trunkOf(key: number): number {
    const known = this.#trunks.get(key)
    if (known !== undefined) return known
    const lengthOf = (branch: number): number => this.branches[branch]?.elements.length ?? 0
    const trunk = (this.#branchesOf.get(key) ?? []).reduce((longest, branch) =>
      lengthOf(branch) > lengthOf(longest) ? branch : longest,
    )
    this.#trunks.set(key, trunk)
    return trunk
  }

  /** How many elements a branch begins with that its trunk begins with, too. */
  sharedLength(branch: number): number {
    const { key, elements } = this.branches[branch] as Branch
    const trunk = this.branches[this.trunkOf(key)] as Branch
    const first = elements.findIndex((element, at) => element !== trunk.elements[at])
    return first === -1 ? elements.length : first
  }

  #isExpected(
    key: number,
    list: readonly number[],
    length: number,
    own: readonly number[],
  ): boolean {
    if (own.some((element, at) => list[length + at] !== element)) return false
    const others = this.#others.get(key)
    return others === undefined || (others.length === length && isEqual(others, list, length))
  }

  /** The branch that a list is the beginning of; it is made longer, or a new one is made. */
  #attach(operation: number, key: number, list: readonly number[]): number {
    let known = this.#branchesOf.get(key)
    if (known === undefined) {
      known = []
      this.#branchesOf.set(key, known)
    }
    for (const index of known) {
      const { elements } = this.branches[index] as Branch
      if (!isEqual(elements, list, Math.min(elements.length, list.length))) continue
      if (list.length > elements.length) {
        this.branches[index] = { key, elements: list, longestRead: operation }
      }
      return index
    }
    known.push(this.branches.length)
    return this.branches.push({ key, elements: list, longestRead: operation }) - 1
  }
}

/** From the end on, where lists that differ mostly do. */
function isEqual(a: readonly number[], b: readonly number[], length: number): boolean {
  for (let at = length - 1; at >= 0; at--) if (a[at] !== b[at]) return false
  return true
}
