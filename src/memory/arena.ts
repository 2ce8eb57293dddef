import { threadId } from 'node:worker_threads'
import {
  HEADER_FINGERPRINT_OFFSET,
  HEADER_MAGIC_OFFSET,
  HEADER_SEGMENT_PAGES_OFFSET,
  HEADER_STORE_ID_OFFSET,
  HEADER_VERSION_OFFSET,
  LAYOUT_VERSION,
  MAGIC,
  THREAD_COUNT_MAX,
} from '../../native-layout/arena-header-descriptor.ts'
import { layoutFingerprint } from '../../native-layout/fingerprint.ts'
import { PAGE_LENGTH } from '../../native-layout/page-descriptor.ts'
import { ArenaFullError, LayoutMismatchError, ThreadLimitError } from '../errors/arena-errors.ts'
import { instantiateKernel, type Kernel } from './kernel.ts'

/** Gap cells of a large arena; a small one has fewer. A power of two. */
const GAP_COUNT_MAX = 4096
const GAP_COUNT_MIN = 256

/** One gap cell for so many bytes of the arena. */
const BYTES_A_GAP = 16384

/** Numbers of stores that there can be. */
const STORE_ID_COUNT = 2 ** 32

/** Length of a payload segment at most; a batch cannot be larger than one. */
export const SEGMENT_LENGTH_MAX: number = 2 ** 31

/** What another thread needs to attach to an arena. */
export interface ArenaMemory {
  readonly memory: WebAssembly.Memory
  /** Room for the bodies of large batches beside the arena. */
  readonly segments: readonly SharedArrayBuffer[]
}

/** How an arena is made. */
export interface ArenaOptions {
  readonly lengthBytes: number
  /** Of all payload segments together. Default: 0, there are none. */
  readonly payloadBytes?: number
  /** Whether bodies of batches are overwritten when they are given back. Default: false. */
  readonly poison?: boolean
}

/** Where something lies: in which shared buffer, and at which byte of it. */
export interface Place {
  readonly bytes: Uint8Array<ArrayBufferLike>
  readonly at: number
}

/**
 * One thread's view of the shared arena: typed arrays over all of it, and this thread's instance of
 * the kernel. Plain accesses through the views are for this thread's own records and for blocks that
 * nobody changes any more.
 */
export class Arena implements ArenaMemory {
  readonly memory: WebAssembly.Memory
  readonly segments: readonly SharedArrayBuffer[]
  readonly kernel: Kernel
  readonly lengthBytes: number
  readonly bytes: Uint8Array<ArrayBufferLike>
  readonly text: Buffer
  readonly i32: Int32Array
  readonly u32: Uint32Array
  readonly f64: Float64Array
  readonly i64: BigInt64Array
  /** Tells the store from others, in all its threads. */
  readonly storeId: number
  /** Index of this thread in the thread table. */
  readonly threadIndex: number
  /** Address of the scratch bytes that hand keys to the kernel. */
  readonly scratch: number

  readonly #segmentBytes: readonly Uint8Array<ArrayBufferLike>[]

  private constructor({ memory, segments }: ArenaMemory, kernel: Kernel) {
    const { buffer } = memory
    this.memory = memory
    this.segments = segments
    this.#segmentBytes = segments.map((segment) => new Uint8Array(segment))
    this.kernel = kernel
    this.lengthBytes = buffer.byteLength
    this.bytes = new Uint8Array(buffer)
    this.text = Buffer.from(buffer as ArrayBuffer)
    this.i32 = new Int32Array(buffer)
    this.u32 = new Uint32Array(buffer)
    this.f64 = new Float64Array(buffer)
    this.i64 = new BigInt64Array(buffer)
    this.storeId = this.u32[HEADER_STORE_ID_OFFSET >>> 2] as number
    this.threadIndex = kernel.attachThread(threadId)
    if (this.threadIndex === -1) throw new ThreadLimitError({ limit: THREAD_COUNT_MAX })
    if (this.threadIndex < 0) {
      const { lengthBytes: arenaLengthBytes } = this
      throw new ArenaFullError({ requestedLengthBytes: PAGE_LENGTH, arenaLengthBytes })
    }
    this.scratch = kernel.scratch() >>> 0
  }

  /**
   * Makes a new arena. Its pages take real memory only when they are first touched.
   * @throws {ArenaFullError} when the system does not give that much address space.
   */
  static create({ lengthBytes, payloadBytes = 0, poison = false }: ArenaOptions): Arena {
    const pageCount = Math.floor(lengthBytes / PAGE_LENGTH)
    const segmentCount = Math.ceil(payloadBytes / SEGMENT_LENGTH_MAX)
    const segmentPages = Math.ceil(payloadBytes / Math.max(1, segmentCount) / PAGE_LENGTH)
    const memory = allocating(
      lengthBytes,
      () => new WebAssembly.Memory({ initial: pageCount, maximum: pageCount, shared: true }),
    )
    const segments = Array.from({ length: segmentCount }, () =>
      allocating(payloadBytes, () => new SharedArrayBuffer(segmentPages * PAGE_LENGTH)),
    )
    const kernel = instantiateKernel(memory)
    const wanted = Math.max(GAP_COUNT_MIN, lengthBytes / BYTES_A_GAP)
    const gapCount = 2 ** Math.floor(Math.log2(Math.min(GAP_COUNT_MAX, wanted)))
    kernel.createArena(
      pageCount,
      gapCount,
      layoutFingerprint(),
      segmentPages,
      segmentCount,
      poison ? 1 : 0,
      Math.floor(Math.random() * STORE_ID_COUNT),
    )
    return new Arena({ memory, segments }, kernel)
  }

  /**
   * Attaches this thread to an arena that another thread made.
   * @throws {LayoutMismatchError} when that thread runs another build of Khonsu. Nothing is touched.
   * @throws {ThreadLimitError} when no thread record is free.
   */
  static attach(shared: ArenaMemory): Arena {
    const header = new Uint32Array(shared.memory.buffer)
    expectSame('magic number', MAGIC, header[HEADER_MAGIC_OFFSET >>> 2])
    expectSame('layout version', LAYOUT_VERSION, header[HEADER_VERSION_OFFSET >>> 2])
    expectSame('layout fingerprint', layoutFingerprint(), header[HEADER_FINGERPRINT_OFFSET >>> 2])
    return new Arena(shared, instantiateKernel(shared.memory))
  }

  /** Where a page of a payload segment lies. */
  segmentPlace(page: number): Place {
    const segmentPages = this.u32[HEADER_SEGMENT_PAGES_OFFSET >>> 2] as number
    const behindArena = page - this.lengthBytes / PAGE_LENGTH
    const bytes = this.#segmentBytes[Math.floor(behindArena / segmentPages)] as Uint8Array
    return { bytes, at: (behindArena % segmentPages) * PAGE_LENGTH }
  }
}

function allocating<T>(lengthBytes: number, allocate: () => T): T {
  try {
    return allocate()
  } catch (cause) {
    throw new ArenaFullError({ requestedLengthBytes: lengthBytes, arenaLengthBytes: 0 }, { cause })
  }
}

function expectSame(part: string, expected: number, found: number | undefined): void {
  if (found === expected) return
  throw new LayoutMismatchError({ part, expected: hex(expected), found: hex(found ?? 0) })
}

function hex(value: number): string {
  return `0x${value.toString(16).padStart(8, '0')}`
}
