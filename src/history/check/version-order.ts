import { HistoryFileError } from '../../errors/history-errors.ts'
import { describeId } from '../history-format.ts'
import { IdMap } from './column.ts'
import {
  ABSENT,
  APPEND,
  DELETE,
  DROPPED_WRITE,
  type HistoryTable,
  isRead,
} from './history-table.ts'
import type { Branch } from './list-reads.ts'

/** What became of a write. */
export const FINAL = 1
export const INTERMEDIATE = 2
export const ABORTED = 3

const NONE = -1

/** Versions that may be the one of a read, of which it is looked for. */
const CANDIDATES_MAX = 64

/**
 * Who wrote what, and in which order: every version is named by the operation that wrote it. The
 * versions of a key are in the order of the commit timestamps, those of a list in the order of the
 * longest list that was read. Appends that are in no list come after it, in an unknown order.
 */
export class VersionOrder {
  readonly table: HistoryTable
  /** By operation: its attempt. */
  readonly attempts: Int32Array
  /** By operation: FINAL, INTERMEDIATE or ABORTED for writes, 0 for reads. */
  readonly fates: Uint8Array
  /** Final versions, and of lists those between, too; key by key, oldest first. */
  readonly ordered: Int32Array
  /** By key: where its versions begin in `ordered`; one more at the end. */
  readonly starts: Int32Array
  /** By key: where versions begin whose order is not known; they end where the next key begins. */
  readonly #unordered: Int32Array
  /** By operation: where its version is in `ordered`, else -1. */
  readonly places: Int32Array
  readonly #writers: IdMap
  /** By key: number of final deletions, and whether a value without a version was read. */
  readonly #deletions: Int32Array
  readonly #wasThere: Uint8Array
  /** Reads of lists that contradict the order. */
  readonly #forked = new Set<number>()
  #times: VersionTimes | undefined

  constructor(table: HistoryTable) {
    this.table = table
    const { attemptCount, operationCount, keyCount } = table
    this.attempts = new Int32Array(operationCount)
    this.fates = new Uint8Array(operationCount)
    this.places = new Int32Array(operationCount).fill(NONE)
    this.starts = new Int32Array(keyCount + 1)
    this.#deletions = new Int32Array(keyCount)
    this.#wasThere = new Uint8Array(keyCount)
    const lastSeen = new Int32Array(keyCount).fill(NONE)
    let writeCount = 0
    for (let attempt = 0; attempt < attemptCount; attempt++) {
      writeCount += this.#judgeWrites(attempt, lastSeen)
    }
    this.#writers = new IdMap(writeCount)
    this.#enterWriters()
    for (let key = 0; key < keyCount; key++) this.starts[key + 1]! += this.starts[key] as number
    this.#unordered = this.starts.slice(1)
    this.ordered = new Int32Array(this.starts[keyCount] as number)
    this.#order()
    this.#findForked()
  }

  /** The operation that wrote a version, or -1 when it is not in the history. */
  writeOf(version: number): number {
    return version > 0 ? this.#writers.get(version) : NONE
  }

  /** Where those versions of a key end that may be the next one, if they begin at a place. */
  nextEnd(key: number, place: number): number {
    return place < (this.#unordered[key] as number) ? place + 1 : (this.starts[key + 1] as number)
  }

  /** Whether the version at a place is known to come after the one before it. */
  isOrdered(place: number): boolean {
    const key = this.table.keys.data[this.ordered[place] as number] as number
    return place < (this.#unordered[key] as number)
  }

  /** The last version that is known to be before the one at a place, or -1. */
  versionBefore(place: number): number {
    const key = this.table.keys.data[this.ordered[place] as number] as number
    const before = Math.min(place, this.#unordered[key] as number) - 1
    return before < (this.starts[key] as number) ? NONE : (this.ordered[before] as number)
  }

  /** Whether a read found a list that contradicts the order of its key. */
  isForked(read: number): boolean {
    return this.#forked.has(read)
  }

  /**
   * Which state of its key a read found that found nothing recorded: -1 for the one before all
   * versions, else the deletion; undefined when it may have been several. Of several, those are left
   * out that real time excludes: made after the read, or replaced before the reader began.
   */
  stateOf(read: number): number | undefined {
    const { keys, versions, kinds, beganNs, endedNs } = this.table
    const key = keys.data[read] as number
    if (versions.data[read] !== ABSENT || this.#deletions[key] === 0) return NONE
    const start = this.starts[key] as number
    const end = this.starts[key + 1] as number
    const reader = this.attempts[read] as number
    this.#times ??= new VersionTimes(this)
    const first = this.#times.firstReplacedAfter(start, end, beganNs.data[reader] as number)
    const last = this.#times.lastMadeBefore(start, end, endedNs.data[reader] as number)
    if (last - first > CANDIDATES_MAX) return undefined
    let found: number | undefined
    for (let place = first; place <= last; place++) {
      const write = place < start ? NONE : (this.ordered[place] as number)
      if (write === NONE ? this.#wasThere[key] === 1 : kinds.data[write] !== DELETE) continue
      const next = place + 1 < end ? (this.ordered[place + 1] as number) : NONE
      if (!this.#isPossible(reader, write, next)) continue
      if (found !== undefined) return undefined
      found = write
    }
    return found
  }

  #isPossible(reader: number, write: number, next: number): boolean {
    const { beganNs, endedNs } = this.table
    const writer = this.attempts[write] ?? NONE
    const after = this.attempts[next] ?? NONE
    const made = beganNs.data[writer] ?? Number.NEGATIVE_INFINITY
    const replaced = endedNs.data[after] ?? Number.POSITIVE_INFINITY
    // What it has deleted itself is no read of others, and is not asked for here.
    if (writer === reader) return false
    return made <= (endedNs.data[reader] as number) && replaced >= (beganNs.data[reader] as number)
  }

  /** Says what became of the writes of an attempt, last ones first; how many there are. */
  #judgeWrites(attempt: number, lastSeen: Int32Array): number {
    const { table } = this
    const first = table.firstOperations.data[attempt] as number
    const committed = table.isCommitted(attempt)
    let writes = 0
    for (let at = table.operationsEnd(attempt) - 1; at >= first; at--) {
      const key = table.keys.data[at] as number
      const kind = table.kinds.data[at] as number
      this.attempts[at] = attempt
      if (isRead(kind)) {
        if (table.versions.data[at] === 0) this.#wasThere[key] = 1
        continue
      }
      writes++
      if (!committed || kind >= DROPPED_WRITE) this.fates[at] = ABORTED
      else if (lastSeen[key] === attempt) {
        this.fates[at] = INTERMEDIATE
        if (kind === APPEND) this.starts[key + 1]! += 1
      } else {
        this.fates[at] = FINAL
        this.starts[key + 1]! += 1
        if (kind === DELETE) this.#deletions[key]! += 1
        lastSeen[key] = attempt
      }
    }
    return writes
  }

  #order(): void {
    const { table, places } = this
    const next = this.starts.slice(0, table.keyCount)
    this.#orderLists(next)
    for (const attempt of this.#attemptsInOrder()) {
      const end = table.operationsEnd(attempt)
      for (let at = table.firstOperations.data[attempt] as number; at < end; at++) {
        if (places[at] === NONE && this.#isVersion(at)) this.#place(at, next)
      }
    }
  }

  #orderLists(next: Int32Array): void {
    const { keys, lists } = this.table
    for (const key of lists.keys()) {
      for (const element of (lists.branches[lists.trunkOf(key)] as Branch).elements) {
        const write = this.writeOf(element)
        if (write === NONE || keys.data[write] !== key || !this.#isVersion(write)) continue
        if (this.places[write] === NONE) this.#place(write, next)
      }
    }
    for (let key = 0; key < next.length; key++) {
      if (this.table.isList(key)) this.#unordered[key] = next[key] as number
    }
  }

  #isVersion(at: number): boolean {
    const fate = this.fates[at]
    return fate === FINAL || (fate === INTERMEDIATE && this.table.kinds.data[at] === APPEND)
  }

  #place(write: number, next: Int32Array): void {
    const key = this.table.keys.data[write] as number
    const place = next[key] as number
    next[key] = place + 1
    this.ordered[place] = write
    this.places[write] = place
  }

  #findForked(): void {
    const { lists } = this.table
    const shared = lists.branches.map((_, branch) => lists.sharedLength(branch))
    for (let read = 0; read < lists.operations.length; read++) {
      const branch = lists.branchOf.data[read] as number
      const isShared = (lists.lengths.data[read] as number) <= (shared[branch] as number)
      if (!isShared) this.#forked.add(lists.operations.data[read] as number)
    }
  }

  #attemptsInOrder(): Int32Array {
    const { attemptCount, timestamps } = this.table
    const order = Int32Array.from({ length: attemptCount }, (_, attempt) => attempt)
    const times = timestamps.data
    return order.sort((a, b) => (times[a] as number) - (times[b] as number))
  }

  #enterWriters(): void {
    const { kinds, versions, ids, operationCount } = this.table
    for (let at = 0; at < operationCount; at++) {
      if (isRead(kinds.data[at] as number)) continue
      const version = versions.data[at] as number
      if (this.#writers.add(version, at)) continue
      const id = describeId(ids.data[this.attempts[at] as number] as number)
      const why = `version ${describeId(version)} of attempt ${id} is there twice`
      throw new HistoryFileError({ fault: 'mismatch', file: 'the history', why })
    }
  }
}

/** When the versions of each key were made and replaced, so that a time finds its versions quickly. */
class VersionTimes {
  /** By place: the latest end of the writers up to the next version: never falls along a key. */
  readonly #replacedNs: Float64Array
  /** By place: the earliest beginning of the writers from this version on: never falls, either. */
  readonly #madeNs: Float64Array

  constructor({ table, attempts, ordered, starts }: VersionOrder) {
    this.#replacedNs = new Float64Array(ordered.length).fill(Number.POSITIVE_INFINITY)
    this.#madeNs = new Float64Array(ordered.length)
    const writerAt = (place: number): number => attempts[ordered[place] as number] as number
    for (let key = 0; key < table.keyCount; key++) {
      const start = starts[key] as number
      const end = starts[key + 1] as number
      let latest = 0
      for (let place = start; place < end - 1; place++) {
        latest = Math.max(latest, table.endedNs.data[writerAt(place + 1)] as number)
        this.#replacedNs[place] = latest
      }
      let earliest = Number.POSITIVE_INFINITY
      for (let place = end - 1; place >= start; place--) {
        earliest = Math.min(earliest, table.beganNs.data[writerAt(place)] as number)
        this.#madeNs[place] = earliest
      }
    }
  }

  /** The first version that may have been current at a time or later; the one before `start` too. */
  firstReplacedAfter(start: number, end: number, timeNs: number): number {
    const place = lowerBound(this.#replacedNs, start, end, timeNs)
    return place === start ? start - 1 : place
  }

  /** The last version that may have been made at a time or earlier. */
  lastMadeBefore(start: number, end: number, timeNs: number): number {
    return lowerBound(this.#madeNs, start, end, timeNs + 1) - 1
  }
}

/** The first place whose time is at least this one, among places whose times never fall. */
function lowerBound(times: Float64Array, start: number, end: number, timeNs: number): number {
  let low = start
  let high = end
  while (low < high) {
    const middle = (low + high) >>> 1
    if ((times[middle] as number) >= timeNs) high = middle
    else low = middle + 1
  }
  return low
}
