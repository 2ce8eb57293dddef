/**
 * The words through which the threads of an exploration hand over to one another. They lie beside
 * the arena, not in it. Only the thread whose turn it is writes to them.
 */

/** Threads at most: the bits of one byte say who touched a word and who wrote it. */
export const THREAD_COUNT_LIMIT = 4

/** Whose turn it is: a thread, or HOST. */
export const TURN = 0
/** Threads that sleep until it is their turn. */
export const SLEEPER_COUNT = 1
/** Steps done. */
export const STEP = 2
/** The next switch in the schedule. */
export const SWITCH_INDEX = 3
/** Shared accesses done, whether or not they are steps. */
export const ACCESS = 4
/** Segments in the log. */
export const LOG_LENGTH = 5
/** Not 0: every access is a step, and a thread that waits for a lock goes on waiting. */
export const EVERY_ACCESS = 6
/** Not 0: the threads end. */
export const STOPPED = 9
/** Ticks at the beginnings and ends of transactions. */
export const TICK = 10
/** Different states met so far. */
export const STATE_COUNT = 11
/** Words of the arena that make up a state. */
export const WATCHED_COUNT = 12
/** Entries of the trace. */
export const TRACE_LENGTH = 13
/** Per thread: what it does now. */
export const STATUS = 16
/** Per thread: the thread whose end it waits for, plus one. */
export const AWAITED: number = STATUS + THREAD_COUNT_LIMIT
/** Per thread: the accesses it did. */
export const OWN_ACCESS: number = AWAITED + THREAD_COUNT_LIMIT
/** Per thread: its index in the arena. */
export const THREAD_INDEX: number = OWN_ACCESS + THREAD_COUNT_LIMIT
/** Per thread: the access of its own before which it ends, or 0. */
export const DYING_ACCESS: number = THREAD_INDEX + THREAD_COUNT_LIMIT
/** Per key: cell and generation. */
export const CELLS = 64
/** Per transaction: slot. */
export const SLOTS: number = CELLS + 64
/** Per handle of a batch: chunk and id. */
export const HANDLES: number = SLOTS + 64
/** Handles at most. */
export const HANDLE_COUNT_MAX = 8
/** Pairs: step, thread. A step of -1 comes never. */
export const SWITCHES: number = HANDLES + 2 * HANDLE_COUNT_MAX
/** Segments: see {@link Segment}. */
export const LOG: number = SWITCHES + 2 * 512
const SEGMENT_WORDS = 6
const SEGMENT_COUNT_MAX = 4096
/** Addresses of the watched words, in units of eight bytes. */
export const WATCHED: number = LOG + SEGMENT_WORDS * SEGMENT_COUNT_MAX
const WATCHED_COUNT_MAX = 256
/** Entries: see {@link TraceEntry}. */
const TRACE: number = WATCHED + WATCHED_COUNT_MAX
const TRACE_WORDS = 4
const TRACE_LENGTH_MAX = 8192
const WORD_COUNT = TRACE + TRACE_WORDS * TRACE_LENGTH_MAX

/** Turn of the explorer itself. */
export const HOST = 100

/** Status of a thread. */
export const RUNNING = 0
export const FINISHED = 1
export const DEAD = 2
export const CRASHED = 3

/** Why a segment began. */
export const BY_START = 0
export const BY_SWITCH = 1
export const BY_SPIN = 2
export const BY_END = 3
export const BY_WAIT = 4
export const BY_DEATH = 5

/** A stretch of steps of one thread. */
export interface Segment {
  readonly step: number
  readonly thread: number
  /** Bit by thread: could have gone on here. */
  readonly runnable: number
  readonly reason: number
  /** Accesses of all threads before it. */
  readonly access: number
  /** Accesses of the thread that may die, before it. */
  readonly mortalAccess: number
}

/** In a trace, a load. Every other access may write. */
export const LOAD = 0
/** In a trace, the beginning or the end of a transaction, which is no access. */
export const TICKING = -1

/** What a thread did: an access that was a step, or a tick. */
export interface TraceEntry {
  readonly thread: number
  readonly kind: number
  /** Address in units of eight bytes. */
  readonly at: number
  /** Steps done before it. */
  readonly step: number
}

const STATE_BITS = 23
const MESSAGE_LENGTH = 2048
const RESULT_COUNT_MAX = 128

/** The buffers of a control block: what travels to a thread. */
export interface ControlBuffers {
  readonly words: SharedArrayBuffer
  readonly results: SharedArrayBuffer
  /** Byte by word of the arena: bit t, thread t touched it; bit 4 + t, it wrote it. */
  readonly touched: SharedArrayBuffer
  /** Byte by word of the arena: not 0 when an access to it is a step. */
  readonly steps: SharedArrayBuffer
  readonly states: SharedArrayBuffer
  readonly message: SharedArrayBuffer
}

/** Makes the buffers for an arena of this length. */
export function makeControlBuffers(arenaLengthBytes: number): ControlBuffers {
  return {
    words: new SharedArrayBuffer(4 * WORD_COUNT),
    results: new SharedArrayBuffer(8 * RESULT_COUNT_MAX),
    touched: new SharedArrayBuffer(arenaLengthBytes >>> 3),
    steps: new SharedArrayBuffer(arenaLengthBytes >>> 3),
    states: new SharedArrayBuffer(1 << (STATE_BITS - 3)),
    message: new SharedArrayBuffer(MESSAGE_LENGTH),
  }
}

/** One thread's view of the control block. */
export class ControlBlock {
  readonly words: Int32Array
  readonly results: Float64Array
  readonly touched: Uint8Array
  readonly steps: Uint8Array
  readonly #states: Uint8Array
  readonly #message: Uint8Array
  readonly #arena: Int32Array
  readonly threadCount: number
  /** The thread that may die, or 0. */
  readonly mortal: number

  constructor(
    buffers: ControlBuffers,
    arena: ArrayBufferLike,
    threadCount: number,
    mortal: number,
  ) {
    this.words = new Int32Array(buffers.words)
    this.results = new Float64Array(buffers.results)
    this.touched = new Uint8Array(buffers.touched)
    this.steps = new Uint8Array(buffers.steps)
    this.#states = new Uint8Array(buffers.states)
    this.#message = new Uint8Array(buffers.message)
    this.#arena = new Int32Array(arena)
    this.threadCount = threadCount
    this.mortal = mortal
  }

  /** Whether a thread could do a step now. */
  isRunnable(thread: number): boolean {
    const { words } = this
    if (words[STATUS + thread] !== RUNNING) return false
    const awaited = words[AWAITED + thread] as number
    return awaited === 0 || words[STATUS + awaited - 1] !== RUNNING
  }

  /** The threads that could do a step now, a bit for each. */
  runnable(): number {
    let bits = 0
    for (let thread = 0; thread < this.threadCount; thread++) {
      if (this.isRunnable(thread)) bits |= 1 << thread
    }
    return bits
  }

  /** The next thread that can go on, or HOST. */
  next(thread: number): number {
    for (let distance = 1; distance < this.threadCount; distance++) {
      const other = (thread + distance) % this.threadCount
      if (this.isRunnable(other)) return other
    }
    return HOST
  }

  /** Notes that a thread goes on from here. */
  log(thread: number, reason: number): void {
    const { words } = this
    const length = words[LOG_LENGTH] as number
    if (length === SEGMENT_COUNT_MAX) return
    const at = LOG + SEGMENT_WORDS * length
    words[at] = words[STEP] as number
    words[at + 1] = thread
    words[at + 2] = this.runnable()
    words[at + 3] = reason
    words[at + 4] = words[ACCESS] as number
    words[at + 5] = words[OWN_ACCESS + this.mortal] as number
    words[LOG_LENGTH] = length + 1
  }

  /** The segments of the last run. */
  segments(): Segment[] {
    const { words } = this
    return Array.from({ length: words[LOG_LENGTH] as number }, (_, index) => {
      const at = LOG + SEGMENT_WORDS * index
      const [step = 0, thread = 0, runnable = 0, reason = 0, access = 0, mortalAccess = 0] =
        words.subarray(at, at + SEGMENT_WORDS)
      return { step, thread, runnable, reason, access, mortalAccess }
    })
  }

  /** Notes a step that a thread does, or a tick. */
  trace(thread: number, kind: number, at: number, step: number): void {
    const { words } = this
    const length = words[TRACE_LENGTH] as number
    words[TRACE_LENGTH] = length + 1
    if (length >= TRACE_LENGTH_MAX) return
    const index = TRACE + TRACE_WORDS * length
    words[index] = thread
    words[index + 1] = kind
    words[index + 2] = at
    words[index + 3] = step
  }

  /** Entries of the trace of the last run; 0 when it was too long to be kept. */
  get traceLength(): number {
    const length = this.words[TRACE_LENGTH] as number
    return length > TRACE_LENGTH_MAX ? 0 : length
  }

  /** One entry of the trace of the last run. */
  traceEntry(number: number): TraceEntry {
    const index = TRACE + TRACE_WORDS * number
    const [thread = 0, kind = 0, at = 0, step = 0] = this.words.subarray(index, index + TRACE_WORDS)
    return { thread, kind, at, step }
  }

  /** Counts the state of the watched words, if it was not met before. */
  countState(): void {
    const { words } = this
    const arena = this.#arena
    const count = words[WATCHED_COUNT] as number
    let hash = 0x811c9dc5
    for (let i = 0; i < count; i++) {
      const at = (words[WATCHED + i] as number) * 2
      hash = Math.imul(hash ^ (arena[at] as number), 0x9e3779b1)
      hash = Math.imul((hash ^ (hash >>> 15)) + (arena[at + 1] as number), 0x85ebca6b)
    }
    const bit = (hash ^ (hash >>> 13)) >>> (32 - STATE_BITS)
    const mask = 1 << (bit & 7)
    const byte = this.#states[bit >>> 3] as number
    if ((byte & mask) !== 0) return
    this.#states[bit >>> 3] = byte | mask
    words[STATE_COUNT] = (words[STATE_COUNT] as number) + 1
  }

  /** What a thread that crashed said. */
  get message(): string {
    const end = this.#message.indexOf(0)
    return Buffer.from(this.#message.slice(0, end)).toString()
  }

  set message(text: string) {
    this.#message.fill(0)
    this.#message.set(new TextEncoder().encode(text).subarray(0, MESSAGE_LENGTH - 1))
  }
}
