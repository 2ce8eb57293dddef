/**
 * Reads bytes one after the other, in pieces of any length, of whatever comes in pieces. Keeps what was not
 * asked for yet of the last pieces, and asks for no others before they are needed.
 */
export class ByteReader {
  readonly #pieces: AsyncIterator<Uint8Array>
  readonly #signal: AbortSignal | undefined
  #kept: Uint8Array[] = []
  #keptLength = 0
  #offset = 0
  #hasEnded = false

  constructor(pieces: AsyncIterable<Uint8Array>, signal?: AbortSignal) {
    this.#pieces = pieces[Symbol.asyncIterator]()
    this.#signal = signal
  }

  /** How many bytes were read. */
  get offset(): number {
    return this.#offset
  }

  /**
   * The next bytes; fewer only at the end. They stay as they are.
   * @throws what the pieces throw; the reason of the signal, also while it waits.
   */
  async read(length: number): Promise<Uint8Array> {
    await this.#fill(length)
    const bytes = this.#take(Math.min(length, this.#keptLength))
    this.#offset += bytes.length
    return bytes
  }

  /** The bytes that `read` will give next. Otherwise as `read`. */
  async peek(length: number): Promise<Uint8Array> {
    await this.#fill(length)
    const bytes = this.#take(Math.min(length, this.#keptLength))
    this.#keep(bytes, true)
    return bytes
  }

  /** All bytes that are left. Otherwise as `read`. */
  async rest(): Promise<Uint8Array> {
    return this.read(Number.POSITIVE_INFINITY)
  }

  /** Tells the source that no more is asked for. Does not wait for it: it may never answer. */
  close(): void {
    this.#hasEnded = true
    this.#pieces.return?.().catch(() => undefined)
  }

  async #fill(length: number): Promise<void> {
    while (this.#keptLength < length && !this.#hasEnded) {
      const { done, value } = await this.#next()
      if (done === true) this.#hasEnded = true
      else this.#keep(bytesOf(value), false)
    }
  }

  #next(): Promise<IteratorResult<Uint8Array>> {
    const signal = this.#signal
    if (signal === undefined) return this.#pieces.next()
    return new Promise((resolve, reject) => {
      const abort = (): void => reject(signal.reason)
      if (signal.aborted) abort()
      signal.addEventListener('abort', abort, { once: true })
      const settle = (): void => signal.removeEventListener('abort', abort)
      this.#pieces.next().then(resolve, reject).finally(settle)
    })
  }

  #keep(bytes: Uint8Array, isFirst: boolean): void {
    if (bytes.length === 0) return
    if (isFirst) this.#kept.unshift(bytes)
    else this.#kept.push(bytes)
    this.#keptLength += bytes.length
  }

  #take(length: number): Uint8Array {
    const taken: Uint8Array[] = []
    let missing = length
    let used = 0
    while (missing > 0) {
      const piece = this.#kept[used] as Uint8Array
      if (piece.length <= missing) used++
      else this.#kept[used] = piece.subarray(missing)
      taken.push(piece.subarray(0, missing))
      missing -= Math.min(piece.length, missing)
    }
    this.#kept.splice(0, used)
    this.#keptLength -= length
    return taken.length === 1 ? (taken[0] as Uint8Array) : joined(taken, length)
  }
}

function joined(pieces: readonly Uint8Array[], length: number): Uint8Array {
  const bytes = new Uint8Array(length)
  let at = 0
  for (const piece of pieces) {
    bytes.set(piece, at)
    at += piece.length
  }
  return bytes
}

/** @throws {TypeError} for what is none, e.g. the texts of a stream with an encoding. */
function bytesOf(piece: unknown): Uint8Array {
  if (piece instanceof Uint8Array) return piece
  throw new TypeError(`a piece of it is no Uint8Array, but of type ${typeof piece}`)
}
