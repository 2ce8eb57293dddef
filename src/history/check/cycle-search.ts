import { Column } from './column.ts'
import type { DependencyGraph } from './dependency-graph.ts'
import { type Components, follow, nodeOf, stateCount, type Walk } from './strong-components.ts'

/** Edges of one cycle, each beginning where the one before ends. */
export type Cycle = readonly number[]

/** Edges that are tried as the first one of a cycle. */
const STARTS_MAX = 400

/** States that are visited in all, so that a large tangle costs seconds at most. */
const VISITS_MAX = 20_000_000

export function sourceOf(graph: DependencyGraph, edge: number): number {
  const { starts } = graph
  let low = 0
  let high = graph.nodeCount - 1
  while (low < high) {
    const middle = (low + high + 1) >>> 1
    if ((starts[middle] as number) <= edge) low = middle
    else high = middle - 1
  }
  return low
}

/**
 * Looks for short cycles in components. The search is breadth first from a number of edges, so that
 * the cycle found is the shortest one through any of these.
 */
export class CycleSearch {
  readonly #walk: Walk
  readonly #components: Components
  /** By state: the edge and the state by which this round came there. */
  readonly #edges: Int32Array
  readonly #states: Int32Array
  readonly #rounds: Int32Array
  #near: Int32Array
  #far: Int32Array
  #round = 0
  #visits = 0

  /** @param walk what the way back may use: at most what the components were made with. */
  constructor(components: Components, walk: Walk = components.walk) {
    this.#components = components
    this.#walk = walk
    const states = stateCount(walk)
    this.#edges = new Int32Array(states)
    this.#states = new Int32Array(states)
    this.#rounds = new Int32Array(states)
    this.#near = new Int32Array(states)
    this.#far = new Int32Array(states)
  }

  /** The shortest acceptable cycle that was found with a first edge for which `isFirst` holds. */
  shortest(
    isFirst: (edge: number) => boolean,
    isAcceptable: (cycle: Cycle) => boolean = () => true,
  ): Cycle | undefined {
    let best: Cycle | undefined
    let bestLength = Number.POSITIVE_INFINITY
    for (const edge of this.#spread(this.#firstEdges(isFirst))) {
      if (this.#visits > VISITS_MAX) break
      const cycle = this.#cycleBy(edge, bestLength)
      if (cycle === undefined || !isAcceptable(cycle)) continue
      const length = this.#lengthOf(cycle)
      if (length >= bestLength) continue
      best = cycle
      bestLength = length
      if (length === 2) break
    }
    return best
  }

  /** Number of edges of a cycle, where the way through instants counts as one. */
  #lengthOf(cycle: Cycle): number {
    const { graph } = this.#walk
    return cycle.filter((edge) => graph.isAttempt(graph.targets[edge] as number)).length
  }

  #firstEdges(isFirst: (edge: number) => boolean): Int32Array {
    const { of, walk } = this.#components
    const { graph } = walk
    const found = new Column((length) => new Int32Array(length))
    for (let state = 0; state < of.length; state++) {
      if (of[state] === 0) continue
      const node = nodeOf(walk, state)
      const end = graph.starts[node + 1] as number
      for (let edge = graph.starts[node] as number; edge < end; edge++) {
        const target = follow(walk, state, edge)
        if (target !== -1 && of[target] === of[state] && isFirst(edge)) found.push(edge)
      }
    }
    return found.data.subarray(0, found.length)
  }

  /** At most STARTS_MAX of the edges, from all over the list. */
  *#spread(edges: Int32Array): Generator<number> {
    const step = Math.max(1, edges.length / STARTS_MAX)
    for (let at = 0; at < edges.length; at += step) yield edges[Math.floor(at)] as number
  }

  /** A cycle that begins with this edge and is shorter than the limit. Instants cost nothing. */
  #cycleBy(first: number, limit: number): Cycle | undefined {
    const walk = this.#walk
    const { graph, snapshot } = walk
    const from = sourceOf(graph, first)
    // Among snapshots the first edge is an antidependency: the way back has to end with another.
    const goal = snapshot ? from * 2 : from
    const target = graph.targets[first] as number
    const start = snapshot ? target * 2 + 1 : target
    this.#round++
    this.#rounds[start] = this.#round
    this.#near[0] = start
    let nearLength = 1
    for (let length = 1; nearLength > 0 && length < limit; length++) {
      let farLength = 0
      for (let at = 0; at < nearLength; at++) {
        const state = this.#near[at] as number
        if (state === goal) return this.#wayTo(goal, start, first)
        const node = nodeOf(walk, state)
        const end = graph.starts[node + 1] as number
        for (let edge = graph.starts[node] as number; edge < end; edge++) {
          const next = follow(walk, state, edge)
          if (next === -1 || this.#rounds[next] === this.#round) continue
          this.#rounds[next] = this.#round
          this.#edges[next] = edge
          this.#states[next] = state
          if (graph.isAttempt(nodeOf(walk, next))) this.#far[farLength++] = next
          else this.#near[nearLength++] = next
        }
      }
      this.#visits += nearLength
      const near = this.#near
      this.#near = this.#far
      this.#far = near
      nearLength = farLength
    }
    return undefined
  }

  #wayTo(goal: number, start: number, first: number): Cycle {
    const way: number[] = []
    for (let state = goal; state !== start; state = this.#states[state] as number) {
      way.push(this.#edges[state] as number)
    }
    way.push(first)
    return way.reverse()
  }
}
