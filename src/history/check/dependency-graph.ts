import { isRead, LEVELS } from './history-table.ts'
import type { ItemAnomalies } from './item-anomalies.ts'
import { FINAL, type VersionOrder } from './version-order.ts'

/** Kinds of edges (Adya, 1999): who wrote over whom, who read from whom, whose read was overwritten. */
export const WW = 0
export const WR = 1
/** Who ended before another began. */
export const REAL_TIME = 2
/**
 * Antidependencies, by what the reader was promised: nothing, a snapshot, a serial order, and one that
 * agrees with real time.
 */
export const RW_PLAIN = 3
export const RW_SNAPSHOT = 4
export const RW_SERIAL = 5
export const RW_STRICT = 6
/** That of an attempt that aborted where the serial order need not be that of real time: a snapshot. */
export const RW_REFUSED = 7

export const WW_MASK: number = 1 << WW
export const WR_MASK: number = 1 << WR
export const REAL_TIME_MASK: number = 1 << REAL_TIME
export const STRICT_MASK: number = 1 << RW_STRICT
export const SERIAL_MASK: number = STRICT_MASK | (1 << RW_SERIAL)
export const SNAPSHOT_MASK: number = SERIAL_MASK | (1 << RW_SNAPSHOT) | (1 << RW_REFUSED)
export const RW_MASK: number = SNAPSHOT_MASK | (1 << RW_PLAIN)
/** All that a serial order has to agree with. */
export const RW_KEPT_MASK: number = RW_MASK & ~(1 << RW_REFUSED)

export function isAntidependency(kind: number): boolean {
  return kind >= RW_PLAIN
}

/**
 * The direct serialization graph. Nodes are the attempts, the aborted ones too, and after them one
 * for each end in the order of time: through these go the edges of real time, so that they are few.
 */
export class DependencyGraph {
  readonly order: VersionOrder
  readonly #items: ItemAnomalies
  readonly nodeCount: number
  /** By node: where its edges begin; one more at the end. */
  readonly starts: Int32Array
  readonly targets: Int32Array
  readonly kinds: Uint8Array
  /** By edge: the operation that it comes from, a read or the later write; -1 for real time. */
  readonly causes: Int32Array
  /** Reads of keys without a value that may have been before or after a deletion. */
  readonly unattributedReads: number

  constructor(order: VersionOrder, items: ItemAnomalies) {
    this.order = order
    this.#items = items
    const { attemptCount } = order.table
    this.nodeCount = attemptCount * 2
    this.starts = new Int32Array(this.nodeCount + 1)
    const counts = this.starts
    this.unattributedReads = this.#visit((from) => {
      counts[from + 1]! += 1
    })
    for (let node = 0; node < this.nodeCount; node++) counts[node + 1]! += counts[node] as number
    const edgeCount = counts[this.nodeCount] as number
    const targets = new Int32Array(edgeCount)
    const kinds = new Uint8Array(edgeCount)
    const causes = new Int32Array(edgeCount)
    const next = counts.slice()
    this.#visit((from, to, kind, cause) => {
      const edge = next[from] as number
      next[from] = edge + 1
      targets[edge] = to
      kinds[edge] = kind
      causes[edge] = cause
    })
    this.targets = targets
    this.kinds = kinds
    this.causes = causes
  }

  /** Whether a node is an attempt, and not an instant. */
  isAttempt(node: number): boolean {
    return node < this.order.table.attemptCount
  }

  #visit(edge: (from: number, to: number, kind: number, cause: number) => void): number {
    this.#visitWrites(edge)
    const unattributed = this.#visitReads(edge)
    this.#visitTimes(edge)
    return unattributed
  }

  #visitWrites(edge: (from: number, to: number, kind: number, cause: number) => void): void {
    const { ordered, attempts } = this.order
    for (let place = 0; place < ordered.length; place++) {
      const write = ordered[place] as number
      const before = this.order.versionBefore(place)
      if (before === -1 || attempts[before] === attempts[write]) continue
      edge(attempts[before] as number, attempts[write] as number, WW, write)
    }
    // Both orders count where they differ: a cycle of these is what a dirty write looks like.
    for (const [before, after] of this.#items.contradictions) {
      edge(attempts[before] as number, attempts[after] as number, WW, after)
    }
  }

  #visitReads(edge: (from: number, to: number, kind: number, cause: number) => void): number {
    const { order } = this
    const { ownReads } = this.#items
    const { table, attempts, fates, ordered } = order
    const kinds = table.kinds.data
    const versions = table.versions.data
    const keys = table.keys.data
    let unattributed = 0
    for (let at = 0; at < table.operationCount; at++) {
      if (!isRead(kinds[at] as number) || ownReads[at] === 1 || order.isForked(at)) continue
      const reader = attempts[at] as number
      const key = keys[at] as number
      const version = versions[at] as number
      let write = order.writeOf(version)
      if (version <= 0) {
        const state = order.stateOf(at)
        if (state === undefined) {
          unattributed++
          continue
        }
        write = state
      } else if (write === -1 || fates[write] !== FINAL || keys[write] !== key) continue
      if (write !== -1) {
        if (attempts[write] === reader) continue
        edge(attempts[write] as number, reader, WR, at)
      }
      let place = write === -1 ? (order.starts[key] as number) : (order.places[write] as number) + 1
      for (const end = order.nextEnd(key, place); place < end; place++) {
        const writer = attempts[ordered[place] as number] as number
        if (writer !== reader) edge(reader, writer, this.#antidependencyOf(reader), at)
      }
    }
    return unattributed
  }

  /** A transaction whose writes win over what came in between gave up its snapshot for them. */
  #antidependencyOf(reader: number): number {
    const { table } = this.order
    const level = table.levelOf(reader)
    if (LEVELS[level] === 'serializable' && !table.isCommitted(reader)) return RW_REFUSED
    return level === 1 && table.replaces(reader) ? RW_PLAIN : RW_PLAIN + level
  }

  #visitTimes(edge: (from: number, to: number, kind: number, cause: number) => void): void {
    const { attemptCount, beganNs, endedNs } = this.order.table
    const byEnd = indexesBy(endedNs.data, attemptCount)
    const byBegin = indexesBy(beganNs.data, attemptCount)
    let ended = -1
    for (let i = 0; i < attemptCount; i++) {
      edge(byEnd[i] as number, attemptCount + i, REAL_TIME, -1)
      if (i > 0) edge(attemptCount + i - 1, attemptCount + i, REAL_TIME, -1)
      const began = byBegin[i] as number
      const beganAt = beganNs.data[began] as number
      while (
        ended + 1 < attemptCount &&
        (endedNs.data[byEnd[ended + 1] as number] as number) < beganAt
      )
        ended++
      if (ended >= 0) edge(attemptCount + ended, began, REAL_TIME, -1)
    }
  }
}

function indexesBy(times: Float64Array, count: number): Int32Array {
  const indexes = Int32Array.from({ length: count }, (_, index) => index)
  return indexes.sort((a, b) => (times[a] as number) - (times[b] as number))
}
