/**
 * Checks what concurrent transactions did on cells whose every write follows a read of the same
 * cell: the versions of a cell are then counted 1, 2, 3, ..., and the dependencies are known (Adya,
 * 1999): ww from the writer of a version to that of the next, wr from a writer to its readers, rw
 * from a reader to the writer of the next version. Real time adds: who ended before another began.
 */
import type { IsolationLevel } from 'khonsu'
import { findCycle, Graph } from './graph.ts'

/** One attempt of a transaction. */
export interface Attempt {
  /** Unique in the history, above 0; 0 made the first versions. */
  readonly id: number
  readonly name: string
  readonly committed: boolean
  /** Of one clock that all threads share. */
  readonly beganAt: number
  readonly endedAt: number
  /** Cell, version, and who wrote that version. */
  readonly reads: readonly (readonly [cell: number, version: number, writer: number])[]
  /** Cell and version, which is one above the version that was read. */
  readonly writes: readonly (readonly [cell: number, version: number])[]
}

/** What the history shows that the level does not allow; empty when it is fine. */
export function findAnomalies(history: readonly Attempt[], level: IsolationLevel): string[] {
  const writers = new Writers(history)
  const faults = [...writers.faults, ...faultsOfReads(history, writers)]
  if (faults.length > 0) return faults
  const cycle = findCycle(graphOf(history, writers, level))
  return cycle === undefined ? [] : [`a cycle: ${describe(cycle, history)}`]
}

/** Who wrote which version of which cell. */
class Writers {
  readonly faults: string[] = []
  readonly #writers = new Map<number, Map<number, number>>()

  constructor(history: readonly Attempt[]) {
    for (const { id, name, committed, writes } of history) {
      if (!committed) continue
      for (const [cell, version] of writes) this.#add(cell, version, id, name)
    }
    for (const [cell, versions] of this.#writers) {
      let highest = 0
      for (const version of versions.keys()) highest = Math.max(highest, version)
      if (highest !== versions.size) {
        this.faults.push(`cell ${cell} has ${versions.size} versions, the last is ${highest}`)
      }
    }
  }

  of(cell: number, version: number): number | undefined {
    return version === 0 ? 0 : this.#writers.get(cell)?.get(version)
  }

  #add(cell: number, version: number, id: number, name: string): void {
    const versions = this.#writers.get(cell) ?? new Map<number, number>()
    this.#writers.set(cell, versions)
    const other = versions.get(version)
    if (other !== undefined) {
      this.faults.push(`lost update: ${other} and ${id} (${name}) both wrote ${cell}@${version}`)
    }
    versions.set(version, id)
  }
}

/** Reads of versions that nobody committed (G1a, G1b), and two versions of one cell in one attempt. */
function faultsOfReads(history: readonly Attempt[], writers: Writers): string[] {
  const faults: string[] = []
  for (const { id, name, reads } of history) {
    for (const [cell, version, writer] of reads) {
      if (writers.of(cell, version) === writer) continue
      faults.push(`${id} (${name}) read ${cell}@${version} of ${writer}, which never committed it`)
    }
  }
  return faults.slice(0, 5)
}

const DEPENDENCY = true
const ANTIDEPENDENCY = false

function graphOf(history: readonly Attempt[], writers: Writers, level: IsolationLevel): Graph {
  const snapshot = level !== 'read-committed'
  // Nodes: 0 the first writer, then the attempts, then the ends in the order of time.
  const nodes = new Map<number, number>([[0, 0]])
  const graph = new Graph(level === 'repeatable-read')
  graph.addNode()
  for (const { id } of history) nodes.set(id, graph.addNode())
  const nodeOf = (id: number | undefined): number | undefined =>
    id === undefined ? undefined : nodes.get(id)
  for (const { id, reads, writes } of history) {
    const node = nodes.get(id) as number
    for (const [cell, version, writer] of reads) {
      graph.addEdge(nodeOf(writer), node, DEPENDENCY)
      if (snapshot) graph.addEdge(node, nodeOf(writers.of(cell, version + 1)), ANTIDEPENDENCY)
    }
    for (const [cell, version] of writes) {
      if (writers.of(cell, version) !== id) continue
      graph.addEdge(nodeOf(writers.of(cell, version - 1)), node, DEPENDENCY)
    }
  }
  addRealTime(graph, history, nodes)
  return graph
}

function addRealTime(
  graph: Graph,
  history: readonly Attempt[],
  nodes: ReadonlyMap<number, number>,
): void {
  const ends = history.toSorted((a, b) => a.endedAt - b.endedAt)
  const times = ends.map(() => graph.addNode())
  for (const [i, { id }] of ends.entries()) {
    graph.addEdge(nodes.get(id), times[i], DEPENDENCY)
    graph.addEdge(times[i], times[i + 1], DEPENDENCY)
  }
  let ended = -1
  for (const { id, beganAt } of history.toSorted((a, b) => a.beganAt - b.beganAt)) {
    while ((ends[ended + 1]?.endedAt ?? Number.POSITIVE_INFINITY) < beganAt) ended++
    if (ended >= 0) graph.addEdge(times[ended], nodes.get(id), DEPENDENCY)
  }
}

function describe(cycle: readonly number[], history: readonly Attempt[]): string {
  const steps = cycle.map((node) => {
    const attempt = history[node - 1]
    if (node === 0) return 'the beginning'
    if (attempt === undefined) return '(in real time)'
    const { id, name, committed, reads, writes } = attempt
    const read = reads.map(([cell, version]) => `r${cell}@${version}`)
    const written = committed ? writes.map(([cell, version]) => `w${cell}@${version}`) : ['aborted']
    return `${id} (${name}: ${[...read, ...written].join(' ')})`
  })
  return steps.filter((step, i) => step !== steps[i - 1]).join(' -> ')
}
