import { describeId } from '../history-format.ts'
import type { AnomalyClass } from './anomaly-classes.ts'
import type { Cycle } from './cycle-search.ts'
import { sourceOf } from './cycle-search.ts'
import { type DependencyGraph, REAL_TIME, WR, WW } from './dependency-graph.ts'
import { DELETE, type HistoryTable } from './history-table.ts'
import type { ItemAnomaly } from './item-anomalies.ts'

/** One transaction of an example. */
export interface ExampleTransaction {
  /** `T1`, `T2`, ... in the order of the example. */
  readonly label: string
  /** `3.17`: number 17 of thread 3. */
  readonly id: string
  readonly name?: string
  readonly end: 'committed' | 'aborted'
  readonly timestamp: number
}

/** One edge of an example: why `to` comes after `from`. */
export interface ExampleEdge {
  readonly from: string
  readonly to: string
  readonly kind: 'ww' | 'wr' | 'rw' | 'real time'
  /** As JSON; absent for real time. */
  readonly key?: string
  readonly why: string
}

/** The shortest case of an anomaly that was found. */
export interface Example {
  readonly transactions: readonly ExampleTransaction[]
  /** Empty where no cycle is needed to see it. */
  readonly edges: readonly ExampleEdge[]
  readonly text: readonly string[]
}

function transactionOf(table: HistoryTable, attempt: number, label: string): ExampleTransaction {
  const name = table.nameOf(attempt)
  return {
    label,
    id: describeId(table.ids.data[attempt] as number),
    ...(name !== undefined && { name }),
    end: table.isCommitted(attempt) ? 'committed' : 'aborted',
    timestamp: table.timestamps.data[attempt] as number,
  }
}

function line({ label, id, name, end, timestamp }: ExampleTransaction): string {
  const called = name === undefined ? '' : ` ${JSON.stringify(name)}`
  const how = end === 'aborted' ? ', aborted' : timestamp > 0 ? `, committed at ${timestamp}` : ''
  return `${label} is transaction ${id}${called}${how}`
}

/** Tells a cycle edge by edge. */
export function explainCycle(graph: DependencyGraph, cycle: Cycle): Example {
  const { table } = graph.order
  const steps = cycle.filter((edge) => graph.isAttempt(graph.targets[edge] as number))
  const labels = new Map<number, string>()
  const transactions: ExampleTransaction[] = []
  for (const edge of cycle) {
    const node = sourceOf(graph, edge)
    if (!graph.isAttempt(node) || labels.has(node)) continue
    const label = `T${labels.size + 1}`
    labels.set(node, label)
    transactions.push(transactionOf(table, node, label))
  }
  let from = labels.get(sourceOf(graph, cycle[0] as number)) as string
  const edges = steps.map((edge): ExampleEdge => {
    const to = labels.get(graph.targets[edge] as number) as string
    const explained = explainEdge(graph, edge, from, to)
    from = to
    return explained
  })
  const lines = edges.map(({ from, to, kind, why }) => `${from} -${kind}-> ${to}: ${why}`)
  return { transactions, edges, text: [...transactions.map(line), ...lines] }
}

function explainEdge(graph: DependencyGraph, edge: number, from: string, to: string): ExampleEdge {
  const { table } = graph.order
  const kind = graph.kinds[edge]
  if (kind === REAL_TIME) {
    return { from, to, kind: 'real time', why: `${from} had ended before ${to} began` }
  }
  const cause = graph.causes[edge] as number
  const key = table.keyText(table.keys.data[cause] as number)
  const version = table.versions.data[cause] as number
  if (kind === WW) {
    const how = table.kinds.data[cause] === DELETE ? 'deleted it' : 'wrote it'
    return { from, to, kind: 'ww', key, why: `${from} wrote ${key}, then ${to} ${how}` }
  }
  if (kind === WR) {
    const what = version > 0 ? `version ${describeId(version)} of ${key}` : `the deletion of ${key}`
    return { from, to, kind: 'wr', key, why: `${to} read ${what}, which ${from} wrote` }
  }
  const what =
    version > 0
      ? `version ${describeId(version)} of ${key}`
      : version === 0
        ? `${key} as it was before the recording`
        : `that ${key} had no value`
  return {
    from,
    to,
    kind: 'rw',
    key,
    why: `${from} read ${what}, and ${to} wrote the next version`,
  }
}

const ITEM_TEXTS: Readonly<Partial<Record<AnomalyClass, (key: string) => string>>> = {
  'version-order': (key) =>
    `what T1 and T2 did with ${key} contradicts the order of their commit timestamps`,
  'incompatible-order': (key) => `T1 read a list of ${key} that contradicts the longest one`,
  'duplicate-elements': (key) => `T1 read a list of ${key} that holds an element twice`,
  'garbage-read': (key) => `T1 read a version of ${key} that is in no file`,
  internal: (key) => `T1 wrote ${key}, and then read something else there`,
  G1a: (key) => `T1 read what T2 wrote to ${key}, and T2 never committed that`,
  G1b: (key) => `T1 read what T2 wrote to ${key} before its last write there`,
  'lost-update': (key) => `T1 read ${key} and wrote it, over a version that it had not read`,
}

/** Tells what single reads and writes show. */
export function explainItem(
  table: HistoryTable,
  attempts: Int32Array,
  { class: name, operation, other }: ItemAnomaly,
): Example {
  const first = attempts[operation] as number
  const second = other === -1 ? first : (attempts[other] as number)
  const key = table.keyText(table.keys.data[operation] as number)
  const transactions = [transactionOf(table, first, 'T1')]
  if (second !== first) transactions.push(transactionOf(table, second, 'T2'))
  const versions = [operation, other]
    .filter((at) => at !== -1)
    .map((at) => describeVersion(table.versions.data[at] as number))
  const text = ITEM_TEXTS[name]?.(key) ?? ''
  return {
    transactions,
    edges: [],
    text: [...transactions.map(line), `${text} (${versions.join(', ')})`],
  }
}

function describeVersion(version: number): string {
  if (version < 0) return 'no value'
  return version === 0 ? 'an unrecorded value' : `version ${describeId(version)}`
}
