/** A directed graph with two kinds of edges, and the search for a cycle in it. */
export class Graph {
  /** Whether a cycle counts only when no two antidependencies follow one another in it. */
  readonly snapshot: boolean
  #nodeCount = 0
  readonly #from: number[] = []
  readonly #to: number[] = []
  readonly #isDependency: boolean[] = []

  constructor(snapshot: boolean) {
    this.snapshot = snapshot
  }

  addNode(): number {
    return this.#nodeCount++
  }

  /** Loops, and edges to what does not exist, are left out. */
  addEdge(from: number | undefined, to: number | undefined, isDependency: boolean): void {
    if (from === undefined || to === undefined || from === to) return
    this.#from.push(from)
    this.#to.push(to)
    this.#isDependency.push(isDependency)
  }

  /**
   * Successors by state. Where antidependencies must not follow one another, each node has two
   * states: 2n was entered by a dependency, 2n + 1 by an antidependency.
   */
  successors(): number[][] {
    const factor = this.snapshot ? 2 : 1
    const lists: number[][] = Array.from({ length: this.#nodeCount * factor }, () => [])
    for (const [i, from] of this.#from.entries()) {
      const to = this.#to[i] as number
      if (!this.snapshot) lists[from]?.push(to)
      else if (this.#isDependency[i]) {
        lists[2 * from]?.push(2 * to)
        lists[2 * from + 1]?.push(2 * to)
      } else {
        lists[2 * from]?.push(2 * to + 1)
      }
    }
    return lists
  }
}

/** The nodes of a short cycle that counts, or undefined. */
export function findCycle(graph: Graph): number[] | undefined {
  const successors = graph.successors()
  const onCycle = stateOnCycle(successors)
  if (onCycle === undefined) return undefined
  const states = shortestWayBack(successors, onCycle)
  return states.map((state) => (graph.snapshot ? state >>> 1 : state))
}

/** Takes away states without a predecessor until there are none: what is left has a cycle. */
function stateOnCycle(successors: readonly number[][]): number | undefined {
  const predecessorCounts = new Uint32Array(successors.length)
  for (const list of successors) for (const to of list) predecessorCounts[to]! += 1
  const free: number[] = []
  for (const [state, count] of predecessorCounts.entries()) if (count === 0) free.push(state)
  let left = successors.length
  for (let state = free.pop(); state !== undefined; state = free.pop()) {
    left--
    for (const to of successors[state] as number[]) {
      predecessorCounts[to]! -= 1
      if (predecessorCounts[to] === 0) free.push(to)
    }
  }
  if (left === 0) return undefined
  return walkIntoCycle(successors, predecessorCounts)
}

/** From a state that has a predecessor among those left, goes back until a state comes again. */
function walkIntoCycle(successors: readonly number[][], counts: Uint32Array): number {
  const predecessor = new Map<number, number>()
  for (const [from, list] of successors.entries()) {
    if (counts[from] === 0) continue
    for (const to of list) if (!predecessor.has(to)) predecessor.set(to, from)
  }
  const seen = new Set<number>()
  let state = counts.findIndex((count) => count > 0)
  while (!seen.has(state)) {
    seen.add(state)
    state = predecessor.get(state) as number
  }
  return state
}

function shortestWayBack(successors: readonly number[][], start: number): number[] {
  const cameFrom = new Map<number, number>()
  const queue = [start]
  for (let i = 0; i < queue.length; i++) {
    const state = queue[i] as number
    for (const to of successors[state] as number[]) {
      if (to === start) {
        const way = [start]
        for (let at = state; at !== start; at = cameFrom.get(at) as number) way.push(at)
        return [...way, start].reverse()
      }
      if (cameFrom.has(to)) continue
      cameFrom.set(to, state)
      queue.push(to)
    }
  }
  return [start]
}
