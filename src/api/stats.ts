import {
  BUCKET_COUNT_OFFSET,
  CELL_COUNT_OFFSET,
  HEADER_FIRST_PAGE_OFFSET,
  LAPSED_TURN_COUNT_OFFSET,
  THREAD_COUNT_OFFSET,
  TURN_COUNT_OFFSET,
} from '../../native-layout/arena-header-descriptor.ts'
import { CELL_LENGTH } from '../../native-layout/cell-descriptor.ts'
import { CHUNK_LENGTH } from '../../native-layout/chunk-descriptor.ts'
import { META_LENGTH } from '../../native-layout/meta-descriptor.ts'
import { NODE_LENGTH } from '../../native-layout/node-descriptor.ts'
import { ORDERED_LENGTH } from '../../native-layout/ordered-node-descriptor.ts'
import {
  CELL_CLASS,
  CHUNK_CLASS,
  CLASS_COUNT,
  DATA_CLASS_FIRST,
  DATA_LENGTH_MIN,
  ORDERED_CLASS,
  PAGE_CLASS_SHIFT,
  PAGE_FREE,
  PAGE_LENGTH,
  PAGE_SLAB,
  PAGE_SLOTS,
  PAGE_SPAN,
  PAGE_SPAN_BODY,
  PAGE_THREAD,
  VERSION_CLASS,
} from '../../native-layout/page-descriptor.ts'
import { MODE_CLOSED, MODE_JUDGEABLE } from '../../native-layout/slot-descriptor.ts'
import {
  ABORT_CAUSE_COUNT,
  THREAD_ABORTS_OFFSET,
  THREAD_CLOCK_MOVES_OFFSET,
  THREAD_COMMITS_OFFSET,
  THREAD_EXTENSIONS_OFFSET,
  THREAD_GIVEN_OFFSET,
  THREAD_JUDGED_COMMITS_OFFSET,
  THREAD_LARGEST_SET_OFFSET,
  THREAD_PUSHES_OFFSET,
  THREAD_READ_COMMITS_OFFSET,
  THREAD_TAKEN_OFFSET,
} from '../../native-layout/thread-descriptor.ts'
import { VERSION_LENGTH } from '../../native-layout/version-descriptor.ts'
import type { Arena } from '../memory/arena.ts'
import { snapshotIn } from '../memory/phase.ts'
import { type AbortCause, CAUSE_NAMES } from '../transaction/failure.ts'
import type { Session } from '../transaction/session.ts'

/** Memory of one size class. */
export interface MemoryClass {
  readonly name: string
  readonly blockLengthBytes: number
  /** Blocks in use: cells, versions, keys and values, those of open transactions included. */
  readonly blocksUsed: number
  /** Pages of the arena that the class has claimed, in bytes. */
  readonly claimedBytes: number
}

/** Who keeps old versions alive. */
export interface HorizonHolder {
  readonly slot: number
  readonly snapshot: number
  readonly name: string | undefined
}

/** What a store reports of itself. */
export interface Stats {
  readonly commits: number
  readonly readOnlyCommits: number
  /** Commits of serializable transactions whose reads were judged, because one was not current. */
  readonly judgedCommits: number
  /** Commits and aborts together. */
  readonly attempts: number
  readonly aborts: {
    readonly total: number
    readonly byCause: Readonly<Partial<Record<AbortCause, number>>>
  }
  /** Times that a transaction moved its snapshot forward, and that a commit moved the clock. */
  readonly snapshotExtensions: number
  readonly clockMoves: number
  /** Transactions that are open now and keep a snapshot, and those of them that may be judged. */
  readonly open: { readonly snapshots: number; readonly judgeable: number }
  /**
   * Room, in keys read and written, of the largest access set of a transaction so far: 0 when none had
   * more than 48 keys, at most 1,048,576 (`KHONSU_TRANSACTION_TOO_LARGE`).
   */
  readonly largestAccessSet: number
  /** Turns that transactions got after many attempts, and those of them that outlived their lease. */
  readonly turns: { readonly count: number; readonly lapsed: number }
  readonly memory: {
    readonly arenaBytes: number
    /** Everything that was claimed from the arena: header, tables, index, pages of all classes. */
    readonly usedBytes: number
    readonly byClass: readonly MemoryClass[]
    /** Of all payload segments, and how much of them holds bodies of batches. */
    readonly payloadBytes: number
    readonly payloadUsedBytes: number
  }
  /** Batches that are pinned. */
  readonly pins: number
  readonly cells: { readonly count: number; readonly buckets: number }
  /** Chains of superseded versions, over at most {@link CHAIN_PAGES_MAX} pages of cells. */
  readonly chains: {
    readonly cellsSeen: number
    readonly longest: number
    readonly average: number
    readonly pushed: number
  }
  readonly horizon: {
    readonly clock: number
    /** Commit timestamps that the oldest snapshot lies behind the clock. */
    readonly lag: number
    readonly holder: HorizonHolder | undefined
  }
}

/** Pages of cells that are looked at for chain lengths: 65536 cells. */
export const CHAIN_PAGES_MAX = 64

/** Collects the statistics of all threads. */
export function collectStats(session: Session): Stats {
  const { arena } = session
  const commits = sum(arena, THREAD_COMMITS_OFFSET)
  const aborts = collectAborts(arena)
  return {
    commits,
    readOnlyCommits: sum(arena, THREAD_READ_COMMITS_OFFSET),
    judgedCommits: sum(arena, THREAD_JUDGED_COMMITS_OFFSET),
    attempts: commits + aborts.total,
    aborts,
    snapshotExtensions: sum(arena, THREAD_EXTENSIONS_OFFSET),
    clockMoves: sum(arena, THREAD_CLOCK_MOVES_OFFSET),
    open: {
      snapshots: arena.kernel.countOpen(MODE_CLOSED),
      judgeable: arena.kernel.countOpen(MODE_JUDGEABLE),
    },
    largestAccessSet: largest(arena, THREAD_LARGEST_SET_OFFSET),
    turns: {
      count: Atomics.load(arena.u32, TURN_COUNT_OFFSET >>> 2),
      lapsed: Atomics.load(arena.u32, LAPSED_TURN_COUNT_OFFSET >>> 2),
    },
    memory: { ...collectMemory(arena), ...collectPayload(arena) },
    pins: countPins(arena),
    cells: {
      count: arena.i32[CELL_COUNT_OFFSET >>> 2] as number,
      buckets: arena.i32[BUCKET_COUNT_OFFSET >>> 2] as number,
    },
    chains: collectChains(arena),
    horizon: collectHorizon(session),
  }
}

function sum(arena: Arena, offset: number): number {
  const threadCount = arena.i32[THREAD_COUNT_OFFSET >>> 2] as number
  let total = 0
  for (let index = 0; index < threadCount; index++) {
    total += arena.kernel.threadStatistic(index, offset)
  }
  return total
}

function largest(arena: Arena, offset: number): number {
  const threadCount = arena.i32[THREAD_COUNT_OFFSET >>> 2] as number
  const all = Array.from({ length: threadCount }, (_, index) =>
    arena.kernel.threadStatistic(index, offset),
  )
  return Math.max(0, ...all)
}

function collectAborts(arena: Arena): Stats['aborts'] {
  const byCause: Partial<Record<AbortCause, number>> = {}
  let total = 0
  for (let cause = 0; cause < ABORT_CAUSE_COUNT; cause++) {
    const count = sum(arena, THREAD_ABORTS_OFFSET + cause * 8)
    const name = CAUSE_NAMES.get(cause)
    if (count === 0 || name === undefined) continue
    byCause[name] = count
    total += count
  }
  return { total, byCause }
}

function collectPayload(arena: Arena): Pick<Stats['memory'], 'payloadBytes' | 'payloadUsedBytes'> {
  const payloadBytes = arena.segments.reduce((sum, { byteLength }) => sum + byteLength, 0)
  const firstPage = arena.lengthBytes / PAGE_LENGTH
  const endPage = firstPage + payloadBytes / PAGE_LENGTH
  let usedPages = 0
  for (let page = firstPage; page < endPage; page++) {
    if (arena.kernel.pageEntry(page) !== PAGE_FREE) usedPages++
  }
  return { payloadBytes, payloadUsedBytes: usedPages * PAGE_LENGTH }
}

function countPins({ kernel }: Arena): number {
  let count = 0
  for (let pin = kernel.nextPin(0); pin >= 0; pin = kernel.nextPin(pin + 1)) count++
  return count
}

function collectMemory(arena: Arena): Omit<Stats['memory'], 'payloadBytes' | 'payloadUsedBytes'> {
  const pageCount = arena.lengthBytes / PAGE_LENGTH
  const firstPage = arena.u32[HEADER_FIRST_PAGE_OFFSET >>> 2] as number
  const slabPages = new Array<number>(CLASS_COUNT).fill(0)
  let spanPages = 0
  let spans = 0
  let threadPages = 0
  for (let page = firstPage; page < pageCount; page++) {
    const entry = arena.kernel.pageEntry(page) >>> 0
    const kind = entry & 0xff
    if (kind === PAGE_FREE) continue
    if (kind === PAGE_SLAB) slabPages[(entry >>> PAGE_CLASS_SHIFT) & 0xff]! += 1
    if (kind === PAGE_SPAN) spans++
    if (kind === PAGE_SPAN || kind === PAGE_SPAN_BODY) spanPages++
    if (kind === PAGE_THREAD || kind === PAGE_SLOTS) threadPages++
  }
  const byClass: MemoryClass[] = []
  const add = (name: string, blockLengthBytes: number, blocksUsed: number, pages: number): void => {
    if (pages > 0) {
      byClass.push({ name, blockLengthBytes, blocksUsed, claimedBytes: pages * PAGE_LENGTH })
    }
  }
  add('header, tables and gaps', PAGE_LENGTH, firstPage, firstPage)
  add('threads and slots', PAGE_LENGTH, threadPages, threadPages)
  add('spans', PAGE_LENGTH, spans, spanPages)
  for (let sizeClass = 0; sizeClass < CLASS_COUNT; sizeClass++) {
    const taken = sum(arena, THREAD_TAKEN_OFFSET + sizeClass * 8)
    const used = taken - sum(arena, THREAD_GIVEN_OFFSET + sizeClass * 8)
    add(className(sizeClass), classLength(sizeClass), used, slabPages[sizeClass] as number)
  }
  const usedBytes = byClass.reduce((total, { claimedBytes }) => total + claimedBytes, 0)
  return { arenaBytes: arena.lengthBytes, usedBytes, byClass }
}

function className(sizeClass: number): string {
  if (sizeClass === CELL_CLASS) return 'cells'
  if (sizeClass === VERSION_CLASS) return 'versions'
  if (sizeClass === ORDERED_CLASS) return 'ordered index'
  if (sizeClass === CHUNK_CLASS) return 'chunks'
  return `blocks of ${classLength(sizeClass)}`
}

function classLength(sizeClass: number): number {
  if (sizeClass === CELL_CLASS) return CELL_LENGTH + META_LENGTH + NODE_LENGTH
  if (sizeClass === VERSION_CLASS) return VERSION_LENGTH
  if (sizeClass === ORDERED_CLASS) return ORDERED_LENGTH
  if (sizeClass === CHUNK_CLASS) return CHUNK_LENGTH
  const step = sizeClass - DATA_CLASS_FIRST
  return DATA_LENGTH_MIN * 2 ** (step >> 1) * (step % 2 === 1 ? 1.5 : 1)
}

function collectChains(arena: Arena): Stats['chains'] {
  const pageCount = arena.lengthBytes / PAGE_LENGTH
  let cellsSeen = 0
  let versions = 0
  let longest = 0
  let pagesSeen = 0
  for (let page = 0; page < pageCount && pagesSeen < CHAIN_PAGES_MAX; page++) {
    const packed = BigInt.asUintN(64, arena.kernel.pageChains(page))
    if (packed === 0n) continue
    pagesSeen++
    cellsSeen += Number(packed & 0xffffn)
    versions += Number((packed >> 16n) & 0xffffffffn)
    longest = Math.max(longest, Number(packed >> 48n))
  }
  const average = cellsSeen === 0 ? 0 : versions / cellsSeen
  return { cellsSeen, longest, average, pushed: sum(arena, THREAD_PUSHES_OFFSET) }
}

function collectHorizon(session: Session): Stats['horizon'] {
  const { kernel } = session.arena
  const clock = Number(kernel.clock())
  let holder: HorizonHolder | undefined
  for (let slot = 1; slot <= kernel.slotCount(); slot++) {
    const snapshot = snapshotIn(kernel.slotPhase(slot))
    if (snapshot === undefined || (holder !== undefined && holder.snapshot <= snapshot)) continue
    holder = { slot, snapshot, name: session.names.nameOfSlot(slot) }
  }
  return { clock, lag: holder === undefined ? 0 : clock - holder.snapshot, holder }
}
