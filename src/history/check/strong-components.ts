import { type DependencyGraph, isAntidependency } from './dependency-graph.ts'

/**
 * Which edges of a graph may be followed. `kinds` is a mask of edge kinds. With `snapshot`, no two
 * antidependencies follow one another, which is what a snapshot allows: each node then has two
 * states, 2n after a dependency and 2n + 1 after an antidependency; without, the states are the nodes.
 */
export interface Walk {
  readonly graph: DependencyGraph
  readonly kinds: number
  readonly snapshot: boolean
  /** By state of a wider walk's components: which nodes count. Undefined: all. */
  readonly within?: Uint8Array | undefined
}

export function stateCount({ graph, snapshot }: Walk): number {
  return snapshot ? graph.nodeCount * 2 : graph.nodeCount
}

export function nodeOf({ snapshot }: Walk, state: number): number {
  return snapshot ? state >>> 1 : state
}

/** The state that an edge leads to from a state, or -1 when the walk does not take it. */
export function follow(walk: Walk, state: number, edge: number): number {
  const { graph, kinds, snapshot, within } = walk
  const kind = graph.kinds[edge] as number
  if (((kinds >>> kind) & 1) === 0) return -1
  const target = graph.targets[edge] as number
  if (within !== undefined && within[target] === 0) return -1
  if (!snapshot) return target
  if (!isAntidependency(kind)) return target * 2
  return (state & 1) === 1 ? -1 : target * 2 + 1
}

/** The strongly connected components of more than one state. */
export interface Components {
  readonly walk: Walk
  /** By state: number of its component from 1 on, or 0 when it is in no cycle. */
  readonly of: Int32Array
  readonly count: number
}

/** By node: 1 when it is in a component. A narrower walk needs to look at these only. */
export function nodesIn({ walk, of }: Components): Uint8Array {
  const nodes = new Uint8Array(walk.graph.nodeCount)
  for (let state = 0; state < of.length; state++) {
    if (of[state] !== 0) nodes[nodeOf(walk, state)] = 1
  }
  return nodes
}

/** Tarjan's algorithm (1972), with a stack of its own instead of recursion. */
export function findComponents(walk: Walk): Components {
  const { graph, within } = walk
  const states = stateCount(walk)
  const of = new Int32Array(states)
  /** 0: not seen; above: when it was seen. */
  const seen = new Int32Array(states)
  const low = new Int32Array(states)
  const onStack = new Uint8Array(states)
  const stack = new Int32Array(states)
  const path = new Int32Array(states)
  const edges = new Int32Array(states)
  let stackLength = 0
  let clock = 0
  let count = 0
  for (let root = 0; root < states; root++) {
    if (seen[root] !== 0) continue
    if (within !== undefined && within[nodeOf(walk, root)] === 0) continue
    let depth = 0
    path[0] = root
    for (;;) {
      const state = path[depth] as number
      const node = nodeOf(walk, state)
      if (seen[state] === 0) {
        seen[state] = low[state] = ++clock
        stack[stackLength++] = state
        onStack[state] = 1
        edges[state] = graph.starts[node] as number
      }
      const end = graph.starts[node + 1] as number
      let edge = edges[state] as number
      let deeper = -1
      for (; edge < end && deeper === -1; edge++) {
        const target = follow(walk, state, edge)
        if (target === -1) continue
        if (seen[target] === 0) deeper = target
        else if (onStack[target] === 1 && (seen[target] as number) < (low[state] as number))
          low[state] = seen[target] as number
      }
      edges[state] = edge
      if (deeper !== -1) {
        path[++depth] = deeper
        continue
      }
      if (low[state] === seen[state]) {
        const isCycle = stack[stackLength - 1] !== state
        if (isCycle) count++
        let member: number
        do {
          member = stack[--stackLength] as number
          onStack[member] = 0
          if (isCycle) of[member] = count
        } while (member !== state)
      }
      if (depth === 0) break
      const parent = path[--depth] as number
      if ((low[state] as number) < (low[parent] as number)) low[parent] = low[state] as number
    }
  }
  return { walk, of, count }
}
