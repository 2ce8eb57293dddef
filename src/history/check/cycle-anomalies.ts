import type { AnomalyClass } from './anomaly-classes.ts'
import { type Cycle, CycleSearch } from './cycle-search.ts'
import {
  type DependencyGraph,
  isAntidependency,
  REAL_TIME,
  REAL_TIME_MASK,
  WR,
  WR_MASK,
  WW,
  WW_MASK,
} from './dependency-graph.ts'
import type { ItemAnomalies } from './item-anomalies.ts'
import { type Components, findComponents, nodesIn, type Walk } from './strong-components.ts'

/** Cycles of one class. */
export interface CycleAnomaly {
  readonly class: AnomalyClass
  /** Tangles of transactions, each with at least one cycle, in which the class was looked for. */
  readonly count: number
  /** The shortest one found. */
  readonly cycle: Cycle
}

/** Which antidependencies count, by what is looked for. */
export interface AntidependencyMasks {
  readonly snapshot: number
  readonly serial: number
  /** Of either kind, together with the edges of real time. */
  readonly realTime: number
}

/** Finds the cycles of a graph and names them by class. */
export class CycleAnomalies {
  readonly found: Map<AnomalyClass, CycleAnomaly> = new Map()
  readonly #graph: DependencyGraph
  readonly #items: ItemAnomalies
  #masks: AntidependencyMasks
  readonly #steps: readonly (() => void)[]
  #within: Uint8Array | undefined
  #realTime = 0
  #isCyclic = { ww: false, dependency: false, snapshot: false, serial: false }

  constructor(graph: DependencyGraph, items: ItemAnomalies, masks: AntidependencyMasks) {
    this.#graph = graph
    this.#items = items
    this.#masks = masks
    const families = [
      () => this.#findDirtyWrites(),
      () => this.#findCircularFlow(),
      () => this.#findSkewedSnapshots(),
      () => this.#findWriteSkew(),
    ]
    const withRealTime = () => {
      const { realTime, serial } = this.#masks
      this.#masks = { snapshot: realTime, serial: realTime & serial, realTime }
      this.#realTime = REAL_TIME_MASK
    }
    this.#steps = [...families, withRealTime, ...families]
  }

  /** Does the work in steps, between which the caller may stop or let others run. */
  *steps(): Generator<void> {
    // One walk over everything: mostly there is no cycle, and then there is no more to do.
    const all = this.#components(this.#masks.serial | this.#masks.snapshot | REAL_TIME_MASK)
    yield
    if (all.count === 0) return
    this.#within = nodesIn(all)
    for (const step of this.#steps) {
      step()
      yield
    }
  }

  #components(kinds: number, snapshot = false): Components {
    const dependencies = WW_MASK | WR_MASK
    return findComponents(this.#walk(kinds | dependencies, snapshot))
  }

  #walk(kinds: number, snapshot = false): Walk {
    return { graph: this.#graph, kinds, snapshot, within: this.#within }
  }

  #findDirtyWrites(): void {
    if (this.#isCyclic.ww) return
    const components = findComponents(this.#walk(WW_MASK | this.#realTime))
    if (components.count === 0) return
    this.#isCyclic.ww = true
    this.#note(components, new CycleSearch(components).shortest(this.#isOfKind(WW)))
  }

  #findCircularFlow(): void {
    if (this.#isCyclic.dependency) return
    const components = this.#components(this.#realTime)
    if (components.count === 0) return
    this.#isCyclic.dependency = true
    this.#note(components, new CycleSearch(components).shortest(this.#isOfKind(WR)))
  }

  #findSkewedSnapshots(): void {
    if (this.#isCyclic.snapshot) return
    const components = this.#components(this.#masks.snapshot | this.#realTime, true)
    if (components.count === 0) return
    this.#isCyclic.snapshot = true
    const back = this.#walk(WW_MASK | WR_MASK | this.#realTime)
    const single = new CycleSearch(components, back).shortest(
      (edge) => this.#isAntidependency(edge) && !this.#isLost(edge),
    )
    this.#note(components, single)
    const search = new CycleSearch(components)
    const any = search.shortest((edge) => this.#isAntidependency(edge))
    this.#note(components, any)
    if (any === undefined || this.#antidependenciesIn(any) > 1) return
    const isWide = (cycle: Cycle): boolean => this.#antidependenciesIn(cycle) > 1
    this.#note(
      components,
      search.shortest((edge) => this.#isAntidependency(edge), isWide),
    )
  }

  #findWriteSkew(): void {
    if (this.#isCyclic.serial) return
    const components = this.#components(this.#masks.serial | this.#realTime)
    if (components.count === 0) return
    this.#isCyclic.serial = true
    const search = new CycleSearch(components)
    const any = search.shortest((edge) => this.#isAntidependency(edge))
    this.#note(components, any)
    const isSkew = (cycle: Cycle): boolean => this.classOf(cycle).startsWith('G2-item')
    if (any !== undefined && isSkew(any)) return
    this.#note(
      components,
      search.shortest((edge) => this.#isAntidependency(edge), isSkew),
    )
  }

  #note({ count }: Components, cycle: Cycle | undefined): void {
    if (cycle === undefined) return
    const name = this.classOf(cycle)
    const known = this.found.get(name)
    if (known !== undefined && known.cycle.length <= cycle.length) return
    this.found.set(name, { class: name, count: Math.max(count, known?.count ?? 0), cycle })
  }

  /** The class of a cycle, from its edges alone. */
  classOf(cycle: Cycle): AnomalyClass {
    const kinds = cycle.map((edge) => this.#graph.kinds[edge] as number)
    const realTime = kinds.includes(REAL_TIME) ? '-realtime' : ''
    const count = this.#antidependenciesIn(cycle)
    if (count === 0) return kinds.includes(WR) ? `G1c${realTime}` : `G0${realTime}`
    if (count === 1) {
      const isLost = cycle.some((edge) => this.#isAntidependency(edge) && this.#isLost(edge))
      return isLost && realTime === '' ? 'lost-update' : `G-single${realTime}`
    }
    const isAdjacent = kinds.some(
      (kind, i) =>
        isAntidependency(kind) && isAntidependency(kinds[(i + 1) % kinds.length] as number),
    )
    return isAdjacent ? `G2-item${realTime}` : `G-nonadjacent${realTime}`
  }

  #antidependenciesIn(cycle: Cycle): number {
    return cycle.filter((edge) => this.#isAntidependency(edge)).length
  }

  #isAntidependency(edge: number): boolean {
    return isAntidependency(this.#graph.kinds[edge] as number)
  }

  /** Whether an antidependency is that of an update which replaced what came in between. */
  #isLost(edge: number): boolean {
    return this.#items.lostReads[this.#graph.causes[edge] as number] === 1
  }

  #isOfKind(kind: number): (edge: number) => boolean {
    return (edge) => this.#graph.kinds[edge] === kind
  }
}
