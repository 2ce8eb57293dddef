import { threadId } from 'node:worker_threads'
import {
  HEADER_FINGERPRINT_OFFSET,
  HEADER_MAGIC_OFFSET,
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

/**
 * One thread's view of the shared arena: typed arrays over all of it, and this thread's instance of
 * the kernel. Plain accesses through the views are for this thread's own records and for blocks that
 * nobody changes any more.
 */
export class Arena {
  readonly memory: WebAssembly.Memory
  readonly kernel: Kernel
  readonly lengthBytes: number
  readonly bytes: Uint8Array<ArrayBufferLike>
  readonly text: Buffer
  readonly i32: Int32Array
  readonly u32: Uint32Array
  readonly f64: Float64Array
  readonly i64: BigInt64Array
  /** Index of this thread in the thread table. */
  readonly threadIndex: number
  /** Address of the scratch bytes that hand keys to the kernel. */
  readonly scratch: number

  private constructor(memory: WebAssembly.Memory, kernel: Kernel) {
    const { buffer } = memory
    this.memory = memory
    this.kernel = kernel
    this.lengthBytes = buffer.byteLength
    this.bytes = new Uint8Array(buffer)
    this.text = Buffer.from(buffer as ArrayBuffer)
    this.i32 = new Int32Array(buffer)
    this.u32 = new Uint32Array(buffer)
    this.f64 = new Float64Array(buffer)
    this.i64 = new BigInt64Array(buffer)
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
  static create(lengthBytes: number): Arena {
    const pageCount = Math.floor(lengthBytes / PAGE_LENGTH)
    const memory = allocateMemory(pageCount, lengthBytes)
    const kernel = instantiateKernel(memory)
    const wanted = Math.max(GAP_COUNT_MIN, lengthBytes / BYTES_A_GAP)
    const gapCount = 2 ** Math.floor(Math.log2(Math.min(GAP_COUNT_MAX, wanted)))
    kernel.createArena(pageCount, gapCount, layoutFingerprint())
    return new Arena(memory, kernel)
  }

  /**
   * Attaches this thread to an arena that another thread made.
   * @throws {LayoutMismatchError} when that thread runs another build of Khonsu. Nothing is touched.
   * @throws {ThreadLimitError} when no thread record is free.
   */
  static attach(memory: WebAssembly.Memory): Arena {
    const header = new Uint32Array(memory.buffer)
    expectSame('magic number', MAGIC, header[HEADER_MAGIC_OFFSET >>> 2])
    expectSame('layout version', LAYOUT_VERSION, header[HEADER_VERSION_OFFSET >>> 2])
    expectSame('layout fingerprint', layoutFingerprint(), header[HEADER_FINGERPRINT_OFFSET >>> 2])
    return new Arena(memory, instantiateKernel(memory))
  }
}

function allocateMemory(pageCount: number, lengthBytes: number): WebAssembly.Memory {
  try {
    return new WebAssembly.Memory({ initial: pageCount, maximum: pageCount, shared: true })
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
