import type { AnomalyClass } from './anomaly-classes.ts'
import type { Branch } from './list-reads.ts'
import { ABORTED, INTERMEDIATE, type VersionOrder } from './version-order.ts'

/** Where in a list something is that must not be there: reads that are longer show it. */
interface Fault {
  readonly class: AnomalyClass
  readonly at: number
  /** Another operation that takes part; -1: none. */
  readonly other: number
}

/** Tells of each list that was read what is wrong with it. */
export function findListAnomalies(
  order: VersionOrder,
  partial: boolean,
  add: (kind: AnomalyClass, operation: number, other: number) => void,
): void {
  const { lists } = order.table
  const faults = lists.branches.map((branch, index) => [
    ...faultsOf(branch, order, partial),
    divergence(order, index),
  ])
  for (let read = 0; read < lists.operations.length; read++) {
    const operation = lists.operations.data[read] as number
    const branch = lists.branchOf.data[read] as number
    const length = lists.lengths.data[read] as number
    for (const fault of faults[branch] ?? []) {
      if (fault.at < length) add(fault.class, operation, fault.other)
    }
    const last = order.writeOf(lists.branches[branch]?.elements[length - 1] ?? 0)
    if (last !== -1 && order.fates[last] === INTERMEDIATE) add('G1b', operation, last)
  }
}

/** Where a branch leaves the order of its key. */
function divergence({ table: { lists } }: VersionOrder, branch: number): Fault {
  const { key } = lists.branches[branch] as Branch
  const other = lists.branches[lists.trunkOf(key)]?.longestRead ?? -1
  return { class: 'incompatible-order', at: lists.sharedLength(branch), other }
}

/** The first fault of each class in the elements of a branch. */
function faultsOf({ key, elements }: Branch, order: VersionOrder, partial: boolean): Fault[] {
  const found = new Map<AnomalyClass, Fault>()
  const note = (name: AnomalyClass, at: number, other: number): void => {
    if (!found.has(name)) found.set(name, { class: name, at, other })
  }
  const seen = new Set<number>()
  for (const [at, element] of elements.entries()) {
    if (seen.has(element)) note('duplicate-elements', at, -1)
    seen.add(element)
    const write = order.writeOf(element)
    if (write === -1) {
      if (!partial) note('garbage-read', at, -1)
    } else if (order.table.keys.data[write] !== key) note('garbage-read', at, write)
    else if (order.fates[write] === ABORTED) note('G1a', at, write)
  }
  return [...found.values()]
}
