import type { AnomalyClass } from './anomaly-classes.ts'
import {
  ABSENT,
  APPEND,
  DELETE,
  DROPPED_DELETE,
  type HistoryTable,
  isRead,
  LEVELS,
  LIST_READ,
} from './history-table.ts'
import { findListAnomalies } from './list-anomalies.ts'
import { ABORTED, FINAL, INTERMEDIATE, type VersionOrder } from './version-order.ts'

/** An anomaly that shows in single reads and writes, without a cycle. */
export interface ItemAnomaly {
  readonly class: AnomalyClass
  count: number
  /** The first operation that shows it, and another one that it contradicts; -1: none. */
  readonly operation: number
  readonly other: number
}

const SERIALIZABLE = LEVELS.indexOf('serializable')

/** What single operations show, and which reads were lost in an update. */
export class ItemAnomalies {
  readonly found: Map<AnomalyClass, ItemAnomaly> = new Map()
  /** By operation: 1 for a read of what its own transaction wrote, which depends on nobody. */
  readonly ownReads: Uint8Array
  /** By operation: 1 for the read before a write that replaced something else. */
  readonly lostReads: Uint8Array
  /** Whether an update was lost to a transaction that did not ask to replace what comes between. */
  losesUpdates = false
  /** Pairs of writes of a key that timestamps order otherwise than the second one's read did. */
  readonly contradictions: (readonly [before: number, after: number])[] = []
  readonly #order: VersionOrder
  readonly #table: HistoryTable
  /** By key: the last write and the last read of the attempt that is looked at, if it is that. */
  readonly #lastWrite: Int32Array
  readonly #lastRead: Int32Array

  /** @param partial whether writers may be missing: then unknown versions are passed over. */
  constructor(order: VersionOrder, partial: boolean) {
    this.#order = order
    this.#table = order.table
    const { keyCount, operationCount, attemptCount } = order.table
    this.ownReads = new Uint8Array(operationCount)
    this.lostReads = new Uint8Array(operationCount)
    this.#lastWrite = new Int32Array(keyCount).fill(-1)
    this.#lastRead = new Int32Array(keyCount).fill(-1)
    for (let attempt = 0; attempt < attemptCount; attempt++) this.#look(attempt, partial)
    this.#lookAtTimestamps()
    findListAnomalies(order, partial, (...anomaly) => this.#add(...anomaly))
  }

  #look(attempt: number, partial: boolean): void {
    const { kinds, keys, firstOperations } = this.#table
    const first = firstOperations.data[attempt] as number
    const end = this.#table.operationsEnd(attempt)
    for (let at = first; at < end; at++) {
      const key = keys.data[at] as number
      const write = this.#own(this.#lastWrite, key, attempt)
      if (!isRead(kinds.data[at] as number)) {
        if (write === -1) this.#lookAtUpdate(at, this.#own(this.#lastRead, key, attempt))
        this.#lastWrite[key] = at
      } else if (write !== -1) {
        this.ownReads[at] = 1
        this.#lookAtOwnRead(at, write)
      } else {
        this.#lastRead[key] = at
        if (kinds.data[at] !== LIST_READ) this.#lookAtRead(at, attempt, partial)
      }
    }
  }

  /** What a table of operations by key says about this attempt, or -1. */
  #own(table: Int32Array, key: number, attempt: number): number {
    const at = table[key] as number
    return at !== -1 && this.#order.attempts[at] === attempt ? at : -1
  }

  #lookAtOwnRead(read: number, write: number): void {
    const { versions, kinds, lists } = this.#table
    if (kinds.data[read] === LIST_READ) {
      // Without its own elements it is what others had appended, as every other read.
      if (lists.torn.has(read)) this.#add('internal', read, write)
      else this.ownReads[read] = 0
      return
    }
    const kind = kinds.data[write]
    const isAbsent = kind === DELETE || kind === DROPPED_DELETE
    const expected = isAbsent ? ABSENT : (versions.data[write] as number)
    if (versions.data[read] !== expected) this.#add('internal', read, write)
  }

  #lookAtRead(read: number, attempt: number, partial: boolean): void {
    const { versions, keys, timestamps } = this.#table
    const version = versions.data[read] as number
    if (version <= 0) return
    const write = this.#order.writeOf(version)
    if (write === -1) {
      if (!partial) this.#add('garbage-read', read, -1)
      return
    }
    if (keys.data[write] !== keys.data[read]) this.#add('garbage-read', read, write)
    else if (this.#order.fates[write] === ABORTED) this.#add('G1a', read, write)
    else if (this.#order.fates[write] === INTERMEDIATE) this.#add('G1b', read, write)
    else {
      const own = timestamps.data[attempt] as number
      const its = timestamps.data[this.#order.attempts[write] as number] as number
      if (own > 0 && own < its) this.#add('version-order', read, write)
    }
  }

  /** A write that follows a read of its key has to replace what was read. */
  #lookAtUpdate(write: number, read: number): void {
    const order = this.#order
    if (read === -1 || order.isForked(read)) return
    const attempt = order.attempts[write] as number
    const own = this.#finalWriteOf(attempt, write)
    if (own === -1) return
    const version = this.#table.versions.data[read] as number
    const seen = version > 0 ? order.writeOf(version) : order.stateOf(read)
    if (seen === undefined || (version > 0 && (seen === -1 || order.fates[seen] !== FINAL))) return
    const key = this.#table.keys.data[write] as number
    if (this.#table.keys.data[seen] !== key && seen !== -1) return
    const expected =
      seen === -1 ? (order.starts[key] as number) : (order.places[seen] as number) + 1
    const place = order.places[own] as number
    if (place === expected) return
    if (place < expected) {
      this.#add('version-order', read, own)
      if (seen !== -1) this.contradictions.push([seen, own])
      return
    }
    this.lostReads[read] = 1
    this.#add('lost-update', read, own)
    const isMeant = this.#table.replaces(attempt) && this.#table.levelOf(attempt) < SERIALIZABLE
    if (!isMeant) this.losesUpdates = true
  }

  /** The version to compare with what was read: that of a list is the first one after it. */
  #finalWriteOf(attempt: number, first: number): number {
    const { keys, kinds } = this.#table
    if (kinds.data[first] === APPEND) return this.#order.fates[first] === ABORTED ? -1 : first
    for (let at = first; at < this.#table.operationsEnd(attempt); at++) {
      if (keys.data[at] === keys.data[first] && this.#order.fates[at] === FINAL) return at
    }
    return -1
  }

  /** No key has two versions of one timestamp, and nothing is written at none. */
  #lookAtTimestamps(): void {
    const { ordered, attempts, table } = this.#order
    for (let place = 0; place < ordered.length; place++) {
      const write = ordered[place] as number
      const time = table.timestamps.data[attempts[write] as number] as number
      const before = this.#order.isOrdered(place) ? this.#order.versionBefore(place) : -1
      const previous =
        before === -1 ? 0 : (table.timestamps.data[attempts[before] as number] as number)
      if (time > previous || attempts[before] === attempts[write]) continue
      this.#add('version-order', write, before)
    }
  }

  #add(kind: AnomalyClass, operation: number, other: number): void {
    const known = this.found.get(kind)
    if (known === undefined) this.found.set(kind, { class: kind, count: 1, operation, other })
    else known.count++
  }
}
