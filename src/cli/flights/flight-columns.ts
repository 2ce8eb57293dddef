/** One direction between two airports; both numbers index `FlightColumns.airportCodes`. */
export interface Route {
  readonly originIndex: number
  readonly destinationIndex: number
}

/**
 * The flights by column, one element per flight, in the order of the file.
 * Invariants:
 *   F1. Every column has `rowCount` elements and lies in shared memory: a structured clone shares it.
 *   F2. Columns are written by the loader only and never after it returned them.
 *   F3. `routes[routeIndex[row]]` has the origin and the destination of that row.
 *   F4. Airports and routes are numbered by first appearance, and each has at least one flight.
 */
export interface FlightColumns {
  readonly rowCount: number
  readonly airportCodes: readonly string[]
  readonly routes: readonly Route[]
  readonly originIndex: Uint16Array
  readonly destinationIndex: Uint16Array
  readonly routeIndex: Uint16Array
  /** Minutes; negative when the flight was early. */
  readonly delay: Int32Array
  /** Miles. */
  readonly distance: Int32Array
}

const INDEX_LIMIT = 2 ** 16

/** Numbers airports and routes while rows are appended in order. */
export class FlightColumnsBuilder {
  readonly #rowCount: number
  readonly #airportIndexes = new Map<string, number>()
  readonly #routeIndexes = new Map<number, number>()
  readonly #routes: Route[] = []
  readonly #originIndex: Uint16Array
  readonly #destinationIndex: Uint16Array
  readonly #routeIndex: Uint16Array
  readonly #delay: Int32Array
  readonly #distance: Int32Array
  #appended = 0

  constructor(rowCount: number) {
    this.#rowCount = rowCount
    this.#originIndex = new Uint16Array(new SharedArrayBuffer(rowCount * 2))
    this.#destinationIndex = new Uint16Array(new SharedArrayBuffer(rowCount * 2))
    this.#routeIndex = new Uint16Array(new SharedArrayBuffer(rowCount * 2))
    this.#delay = new Int32Array(new SharedArrayBuffer(rowCount * 4))
    this.#distance = new Int32Array(new SharedArrayBuffer(rowCount * 4))
  }

  /** Adds one flight. @throws RangeError when a number does not fit its column. */
  append(origin: string, destination: string, delay: number, distance: number): void {
    const row = this.#appended++
    const originIndex = this.#airport(origin)
    const destinationIndex = this.#airport(destination)
    this.#originIndex[row] = originIndex
    this.#destinationIndex[row] = destinationIndex
    this.#routeIndex[row] = this.#route(originIndex, destinationIndex)
    this.#delay[row] = delay
    this.#distance[row] = distance
    if (this.#delay[row] !== delay || this.#distance[row] !== distance) {
      throw new RangeError(`delay ${delay} or distance ${distance} is not a 32-bit integer`)
    }
  }

  /** The finished columns. @throws RangeError when rows are missing. */
  build(): FlightColumns {
    if (this.#appended !== this.#rowCount) {
      throw new RangeError(`${this.#appended} rows were decoded instead of ${this.#rowCount}`)
    }
    return {
      rowCount: this.#rowCount,
      airportCodes: [...this.#airportIndexes.keys()],
      routes: this.#routes,
      originIndex: this.#originIndex,
      destinationIndex: this.#destinationIndex,
      routeIndex: this.#routeIndex,
      delay: this.#delay,
      distance: this.#distance,
    }
  }

  #airport(code: string): number {
    const known = this.#airportIndexes.get(code)
    if (known !== undefined) return known
    const index = this.#airportIndexes.size
    if (index === INDEX_LIMIT) throw new RangeError(`more than ${INDEX_LIMIT} airports`)
    this.#airportIndexes.set(code, index)
    return index
  }

  #route(originIndex: number, destinationIndex: number): number {
    const pair = originIndex * INDEX_LIMIT + destinationIndex
    const known = this.#routeIndexes.get(pair)
    if (known !== undefined) return known
    const index = this.#routes.length
    if (index === INDEX_LIMIT) throw new RangeError(`more than ${INDEX_LIMIT} routes`)
    this.#routeIndexes.set(pair, index)
    this.#routes.push({ originIndex, destinationIndex })
    return index
  }
}
