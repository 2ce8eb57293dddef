import { openSync, readSync } from 'node:fs'

/** Of the thread that opens it: time on a core, time without one, number of turns. */
const PATH = '/proc/thread-self/schedstat'

const NS_PER_MS = 1e6

/**
 * How long this thread has been ready to run while other threads had all cores, as Linux counts it.
 * Elsewhere always 0.
 */
export class CoreWait {
  readonly #bytes = new Uint8Array(64)
  /** It goes with the thread. -1: the system does not tell. */
  #file: number | undefined

  /** Milliseconds since the thread was started. */
  get ms(): number {
    this.#file ??= open()
    if (this.#file === -1) return 0
    const length = readSync(this.#file, this.#bytes, 0, this.#bytes.length, 0)
    const [, waitedNs] = String.fromCharCode(...this.#bytes.subarray(0, length)).split(' ')
    return Number(waitedNs) / NS_PER_MS
  }
}

function open(): number {
  try {
    return openSync(PATH, 'r')
  } catch {
    return -1
  }
}
