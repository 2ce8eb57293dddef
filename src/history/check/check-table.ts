import type { HistoryLevel } from '../history-format.ts'
import { ANOMALY_CLASSES, type AnomalyClass, CLASS_NAMES } from './anomaly-classes.ts'
import { type AntidependencyMasks, CycleAnomalies } from './cycle-anomalies.ts'
import {
  DependencyGraph,
  RW_KEPT_MASK,
  RW_MASK,
  SERIAL_MASK,
  SNAPSHOT_MASK,
  STRICT_MASK,
} from './dependency-graph.ts'
import { type Example, explainCycle, explainItem } from './explanation.ts'
import { type HistoryTable, isRead, LEVELS } from './history-table.ts'
import { ItemAnomalies } from './item-anomalies.ts'
import { VersionOrder } from './version-order.ts'

/** One class of anomalies that a history shows. */
export interface Anomaly {
  readonly class: AnomalyClass
  readonly meaning: string
  /** Operations that show it, or tangles of transactions with such a cycle. */
  readonly count: number
  /** Whether the levels that the history is held against allow it. */
  readonly allowed: boolean
  readonly example: Example
}

/** What a history is, and what is wrong with it. */
export interface HistoryReport {
  /** No anomaly that is not allowed. */
  readonly passed: boolean
  readonly attempts: number
  readonly committed: number
  readonly keys: number
  readonly reads: number
  readonly writes: number
  /** Committed transactions by the level that they ran at. */
  readonly recordedAt: Readonly<Record<HistoryLevel, number>>
  /** The level that was asked for, or `recorded`: each transaction at its own. */
  readonly checkedAt: HistoryLevel | 'recorded'
  /** The strongest level that allows all of it. */
  readonly satisfies: HistoryLevel | 'none'
  /** Reads of keys without a value that could not be placed before or after a deletion. */
  readonly unplacedReads: number
  readonly anomalies: readonly Anomaly[]
}

/** How to judge a history. */
export interface CheckOptions {
  /** Holds every transaction against this level; default: each against its own. */
  readonly level?: HistoryLevel | undefined
  /** Whether parts may be missing: reads of unknown versions are then passed over. */
  readonly partial?: boolean | undefined
}

const ALL_ANTIDEPENDENCIES: AntidependencyMasks = {
  snapshot: RW_MASK,
  serial: RW_KEPT_MASK,
  realTime: RW_MASK,
}
const PROMISED_ANTIDEPENDENCIES: AntidependencyMasks = {
  snapshot: SNAPSHOT_MASK,
  serial: SERIAL_MASK,
  realTime: STRICT_MASK,
}

/** Judges a history in steps, between which the caller may stop or let others run. */
export function* checkTable(
  table: HistoryTable,
  { level, partial = false }: CheckOptions,
): Generator<string, HistoryReport> {
  yield 'version order'
  const order = new VersionOrder(table)
  const items = new ItemAnomalies(order, partial)
  yield 'dependencies'
  const graph = new DependencyGraph(order, items)
  yield 'cycles'
  const cycles = new CycleAnomalies(graph, items, ALL_ANTIDEPENDENCIES)
  for (const _ of cycles.steps()) yield 'cycles'
  const levels = levelsIn(table)
  const isForbidden = yield* forbiddenClasses(graph, items, cycles, levels, level)

  const anomalies = CLASS_NAMES.flatMap((name): Anomaly[] => {
    const item = items.found.get(name)
    const cycle = cycles.found.get(name)
    if (item === undefined && cycle === undefined) return []
    const count = item?.count ?? cycle?.count ?? 0
    const example =
      cycle !== undefined
        ? explainCycle(graph, cycle.cycle)
        : explainItem(table, order.attempts, item as NonNullable<typeof item>)
    const { meaning } = ANOMALY_CLASSES[name]
    return [{ class: name, meaning, count, allowed: !isForbidden(name), example }]
  })
  return {
    passed: anomalies.every(({ allowed }) => allowed),
    ...sizesOf(table),
    checkedAt: level ?? 'recorded',
    satisfies: strongestLevel(anomalies),
    unplacedReads: graph.unattributedReads,
    anomalies,
  }
}

/**
 * Which classes count. Where all transactions ran at one level, those that this level forbids. Where
 * levels are mixed, a transaction's reads are held against its own level only: the cycles are looked
 * for again without the antidependencies of those that were promised less.
 */
function* forbiddenClasses(
  graph: DependencyGraph,
  items: ItemAnomalies,
  cycles: CycleAnomalies,
  levels: readonly HistoryLevel[],
  level: HistoryLevel | undefined,
): Generator<string, (name: AnomalyClass) => boolean> {
  const strictest = level ?? levels.at(-1) ?? 'strict-serializable'
  const byLevel = (name: AnomalyClass): boolean =>
    LEVELS.indexOf(ANOMALY_CLASSES[name].forbiddenFrom) <= LEVELS.indexOf(strictest)
  if (level !== undefined) return byLevel
  const isLost = (name: AnomalyClass): boolean => name !== 'lost-update' || items.losesUpdates
  if (isUniform(graph, levels)) return (name) => byLevel(name) && isLost(name)
  const held = new CycleAnomalies(graph, items, PROMISED_ANTIDEPENDENCIES)
  for (const _ of held.steps()) yield 'cycles'
  // What counts is told by an example that counts.
  for (const [name, anomaly] of held.found) cycles.found.set(name, anomaly)
  const counts = (name: AnomalyClass): boolean =>
    name === 'lost-update' || held.found.has(name) || !cycles.found.has(name)
  return (name) => byLevel(name) && isLost(name) && counts(name)
}

function isUniform(graph: DependencyGraph, levels: readonly HistoryLevel[]): boolean {
  if (levels.length > 1) return false
  const { table } = graph.order
  for (let attempt = 0; attempt < table.attemptCount; attempt++) {
    if (table.replaces(attempt)) return false
  }
  return true
}

function strongestLevel(anomalies: readonly Anomaly[]): HistoryLevel | 'none' {
  const allows = (level: HistoryLevel): boolean =>
    anomalies.every(
      ({ class: name }) =>
        LEVELS.indexOf(ANOMALY_CLASSES[name].forbiddenFrom) > LEVELS.indexOf(level),
    )
  return LEVELS.findLast(allows) ?? 'none'
}

/** The levels of all attempts, the weakest first. */
function levelsIn(table: HistoryTable): HistoryLevel[] {
  const found = new Set<number>()
  for (let attempt = 0; attempt < table.attemptCount; attempt++) found.add(table.levelOf(attempt))
  return LEVELS.filter((_, index) => found.has(index))
}

function countAt(table: HistoryTable, level: number): number {
  let count = 0
  for (let attempt = 0; attempt < table.attemptCount; attempt++) {
    if (table.isCommitted(attempt) && table.levelOf(attempt) === level) count++
  }
  return count
}

function sizesOf(table: HistoryTable) {
  const { attemptCount, operationCount, keyCount, kinds } = table
  let reads = 0
  for (let at = 0; at < operationCount; at++) if (isRead(kinds.data[at] as number)) reads++
  const counts = LEVELS.map((_, index) => countAt(table, index))
  const recordedAt = Object.fromEntries(LEVELS.map((level, i) => [level, counts[i]]))
  return {
    attempts: attemptCount,
    committed: counts.reduce((sum, count) => sum + count, 0),
    keys: keyCount,
    reads,
    writes: operationCount - reads,
    recordedAt: recordedAt as Record<HistoryLevel, number>,
  }
}
