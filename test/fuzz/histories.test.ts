/** Random histories: a serial one never shows an anomaly, a planted cycle always does. */
import fc from 'fast-check'
import { checkHistory, type HistoryAttempt, type HistoryOperation } from 'khonsu/history'
import { describe, expect, it } from 'vitest'

const RUNS = 500

/** One step of a transaction: on which key, and what. */
type Step = readonly [key: number, kind: 'read' | 'write' | 'delete']

interface Plan {
  readonly steps: readonly Step[]
  readonly aborts: boolean
}

const plans: fc.Arbitrary<Plan[]> = fc.array(
  fc.record({
    steps: fc.array(
      fc.tuple(
        fc.nat(4),
        fc.constantFrom('read' as const, 'read' as const, 'write' as const, 'delete' as const),
      ),
      { maxLength: 6 },
    ),
    aborts: fc.nat(4).map((n) => n === 0),
  }),
  { maxLength: 25 },
)

/** Runs transactions one after the other. Timestamps grow only where the engine's have to. */
class SerialStore {
  readonly attempts: HistoryAttempt[] = []
  readonly #values = new Map<number, { version: number | null; timestamp: number }>()
  #nextId = 1
  #clock = 1

  run({ steps, aborts }: Plan): void {
    const id = this.#nextId++
    const operations: HistoryOperation[] = []
    const own = new Map<number, number | null>()
    let least = this.#clock
    for (const [key, kind] of steps) {
      const known = this.#values.get(key)
      least = Math.max(least, known?.timestamp ?? 0)
      const current = own.has(key) ? (own.get(key) ?? null) : (known?.version ?? null)
      if (kind === 'read' || (kind === 'delete' && current === null)) {
        operations.push(['r', key, current])
        continue
      }
      least = Math.max(least, (known?.timestamp ?? 0) + 1)
      const version = this.#nextId++
      operations.push([kind === 'delete' ? 'd' : 'w', key, version])
      own.set(key, kind === 'delete' ? null : version)
    }
    const timestamp = aborts || own.size === 0 ? 0 : least
    if (timestamp > 0) this.#clock = timestamp
    for (const [key, version] of timestamp > 0 ? own : []) {
      this.#values.set(key, { version, timestamp })
    }
    const beganNs = this.attempts.length * 10
    const end = aborts ? 'aborted' : 'committed'
    this.attempts.push({ id, end, timestamp, beganNs, endedNs: beganNs + 5, operations })
  }
}

function serialHistory(all: readonly Plan[]): HistoryAttempt[] {
  const store = new SerialStore()
  for (const plan of all) store.run(plan)
  return store.attempts
}

type EdgeKind = 'ww' | 'wr' | 'rw'

/** Transactions that depend on one another in a ring, each edge on a key of its own. */
function plantedCycle(kinds: readonly EdgeKind[], timestamp: number): HistoryAttempt[] {
  const operations: HistoryOperation[][] = kinds.map(() => [])
  let version = 1_000_000
  for (const [from, kind] of kinds.entries()) {
    const to = (from + 1) % kinds.length
    const key = `edge ${from}`
    const first = kind === 'rw' ? 0 : ++version
    operations[from]?.push(kind === 'rw' ? ['r', key, 0] : ['w', key, first])
    operations[to]?.push(kind === 'wr' ? ['r', key, first] : ['w', key, ++version])
  }
  return operations.map((list, index) => ({
    id: 900_000 + index,
    end: 'committed',
    // In the order of the ring, so that the last edge is the one that goes back.
    timestamp: timestamp + index,
    beganNs: 0,
    endedNs: 1_000_000,
    operations: list,
  }))
}

function classOf(kinds: readonly EdgeKind[]): string {
  const isRw = kinds.map((kind) => kind === 'rw')
  const count = isRw.filter(Boolean).length
  if (count === 0) return 'G1c'
  if (count === 1) return 'G-single'
  const isAdjacent = isRw.some((is, i) => is && isRw[(i + 1) % kinds.length])
  return isAdjacent ? 'G2-item' : 'G-nonadjacent'
}

/** Rings whose last edge goes back in time, which an overwritten version cannot do. */
const rings: fc.Arbitrary<EdgeKind[]> = fc
  .tuple(
    fc.array(fc.constantFrom<EdgeKind>('ww', 'wr', 'rw'), { minLength: 1, maxLength: 5 }),
    fc.constantFrom<EdgeKind>('wr', 'rw'),
  )
  .map(([kinds, last]) => [...kinds, last])

/** Transactions of which some run at the same time, each with what it reads and then writes. */
const tangles = fc.array(
  fc.record({
    reads: fc.uniqueArray(fc.nat(2), { maxLength: 3 }),
    seen: fc.array(fc.nat(5), { minLength: 3, maxLength: 3 }),
    writes: fc.uniqueArray(fc.nat(2), { maxLength: 2 }),
    began: fc.nat(3),
    length: fc.nat(4),
  }),
  { minLength: 2, maxLength: 6 },
)

type Tangle = typeof tangles extends fc.Arbitrary<infer T> ? T : never

/** Transaction i has timestamp i + 1 and writes version 100 + 10 i + key of a key. */
function tangledHistory(all: Tangle): HistoryAttempt[] {
  const versionOf = (index: number, key: number): number => 100 + 10 * index + key
  return all.map(({ reads, seen, writes, began, length }, index) => {
    const found = reads.map((key): HistoryOperation => {
      const writers = all.flatMap((other, i) => (other.writes.includes(key) ? [i] : []))
      const choice = (seen[key] as number) % (writers.length + 1)
      const writer = writers.filter((i) => i !== index)[choice]
      return ['r', key, writer === undefined ? 0 : versionOf(writer, key)]
    })
    const written = writes.map((key): HistoryOperation => ['w', key, versionOf(index, key)])
    const timestamp = writes.length === 0 ? 0 : index + 1
    const operations = [...found, ...written]
    const time = { beganNs: began, endedNs: began + length }
    return { id: index + 1, end: 'committed', timestamp, ...time, operations }
  })
}

/** The same with lists in place of values: each write appends to what the versions before it made. */
function asLists(history: readonly HistoryAttempt[]): HistoryAttempt[] {
  const committed = new Map<unknown, number[]>()
  return history.map((attempt) => {
    const own = new Map<unknown, number[]>()
    const operations = attempt.operations.flatMap(([kind, key, version]): HistoryOperation[] => {
      const list = own.get(key) ?? committed.get(key) ?? []
      if (kind === 'r') return [['l', key, list]]
      own.set(key, [...list, version as number])
      return [['a', key, version as number]]
    })
    for (const [key, list] of attempt.end === 'committed' ? own : []) committed.set(key, list)
    return { ...attempt, operations }
  })
}

type Relation = boolean[][]

/** The level by the definitions of Cerone and Gotsman (2018), with relations as matrices. */
function levelByDefinition(history: readonly HistoryAttempt[]): string {
  const none = (): Relation => history.map(() => history.map(() => false))
  const dependency = none()
  const antidependency = none()
  for (const key of [0, 1, 2]) {
    const writes = history.flatMap(({ operations }, i) =>
      operations.flatMap(([kind, k, version]) =>
        kind === 'w' && k === key ? [{ i, version }] : [],
      ),
    )
    for (const [at, { i }] of writes.entries()) {
      for (const later of writes.slice(at + 1)) dependency[i]![later.i] = true
    }
    for (const [i, { operations }] of history.entries()) {
      const [, , version] = operations.find(([kind, k]) => kind === 'r' && k === key) ?? []
      if (version === undefined) continue
      const at = writes.findIndex((write) => write.version === version)
      if (at !== -1) dependency[writes[at]!.i]![i] = true
      for (const later of writes.slice(at + 1))
        if (later.i !== i) antidependency[i]![later.i] = true
    }
  }
  const realTime = history.map(({ endedNs }) => history.map(({ beganNs }) => endedNs < beganNs))
  const both = union(dependency, antidependency)
  const snapshot = union(dependency, compose(dependency, antidependency))
  if (isCyclic(dependency)) return 'none'
  if (isCyclic(snapshot)) return 'read-committed'
  if (isCyclic(both)) return 'repeatable-read'
  return isCyclic(union(both, realTime)) ? 'serializable' : 'strict-serializable'
}

function union(a: Relation, b: Relation): Relation {
  return a.map((row, i) => row.map((holds, j) => holds || b[i]![j]!))
}

function compose(a: Relation, b: Relation): Relation {
  return a.map((row) => row.map((_, j) => row.some((holds, k) => holds && b[k]![j]!)))
}

function isCyclic(relation: Relation): boolean {
  let closure = relation
  for (const _ of relation) closure = union(closure, compose(closure, closure))
  return closure.some((row, i) => row[i])
}

describe('checkHistory', () => {
  it('gives a tangle of transactions the level that the definitions give it', () => {
    const levels = new Set<string>()
    fc.assert(
      fc.property(tangles, (all) => {
        const history = tangledHistory(all)
        const { anomalies, satisfies } = checkHistory(history, 'strict-serializable')
        const classes = anomalies.map(({ class: name }) => name)
        const expected = levelByDefinition(history)
        levels.add(expected)
        // Timestamps that contradict reads, and lost updates, break what Khonsu promises at any level.
        const isWorse = classes.includes('version-order') || classes.includes('lost-update')
        expect({ history, classes, satisfies }).toMatchObject({
          satisfies: isWorse ? 'none' : expected,
        })
        if (classes.length === 0) expect(expected).toBe('strict-serializable')
      }),
      { numRuns: RUNS * 5 },
    )
    expect(levels.size).toBe(5)
  })

  it('finds nothing in a serial history, in whatever order its files are read', () => {
    fc.assert(
      fc.property(plans, fc.boolean(), (all, reversed) => {
        const attempts = serialHistory(all)
        const report = checkHistory(reversed ? attempts.toReversed() : attempts, 'serializable')
        expect(report.anomalies).toEqual([])
        expect(report).toMatchObject({
          passed: true,
          satisfies: 'strict-serializable',
          unplacedReads: 0,
        })
      }),
      { numRuns: RUNS },
    )
  })

  it('finds nothing in a serial history of lists, in whatever order its files are read', () => {
    fc.assert(
      fc.property(plans, fc.boolean(), (all, reversed) => {
        const attempts = asLists(serialHistory(all))
        const report = checkHistory(reversed ? attempts.toReversed() : attempts, 'serializable')
        expect(report.anomalies).toEqual([])
      }),
      { numRuns: RUNS },
    )
  })

  it('finds a list that lacks an element', () => {
    fc.assert(
      fc.property(plans, fc.nat(), (all, choice) => {
        const attempts = asLists(serialHistory(all))
        const lists = attempts.flatMap(({ operations }, at) =>
          operations.flatMap((operation, i) =>
            operation[0] === 'l' && operation[2].length > 0 ? [{ at, i, operation }] : [],
          ),
        )
        const chosen = lists[choice % Math.max(1, lists.length)]
        if (chosen === undefined) return
        const { at, i, operation } = chosen
        const elements = operation[2].toSpliced(choice % operation[2].length, 1)
        const attempt = attempts[at] as HistoryAttempt
        const operations = attempt.operations.with(i, ['l', operation[1], elements])
        const changed = attempts.with(at, { ...attempt, operations })
        expect(checkHistory(changed, 'serializable').satisfies).not.toBe('strict-serializable')
      }),
      { numRuns: RUNS },
    )
  })

  it('finds every planted cycle, under its name, with its transactions', () => {
    fc.assert(
      fc.property(plans, rings, fc.nat(100), (all, kinds, timestamp) => {
        const planted = plantedCycle(kinds, timestamp + 1)
        const attempts = [...serialHistory(all), ...planted]
        const { anomalies, passed } = checkHistory(attempts, 'serializable')
        expect(passed).toBe(false)
        const found = anomalies.find(({ class: name }) => name === classOf(kinds))
        const ids = found?.example.transactions.map(({ id }) => id).sort()
        expect(ids).toEqual(planted.map(({ id }) => `0.${id}`).sort())
        // A reader whose timestamp is below that of the writer is an anomaly of its own.
        const others = anomalies.filter((anomaly) => anomaly !== found)
        expect(others.filter(({ class: name }) => name !== 'version-order')).toEqual([])
      }),
      { numRuns: RUNS },
    )
  })

  it('finds a read that is older than it may be', () => {
    fc.assert(
      fc.property(plans, fc.nat(), (all, choice) => {
        const attempts = serialHistory(all)
        const stale = attempts.flatMap((attempt, at) => {
          const operation = attempt.operations.findIndex(([kind]) => kind === 'r')
          const before = attempt.operations.slice(0, operation).map(([, key]) => key)
          const [, key, version] = attempt.operations[operation] ?? []
          const isOwn = key !== undefined && before.includes(key)
          return operation === -1 || isOwn || version === null ? [] : [{ at, operation, key }]
        })
        const chosen = stale[choice % Math.max(1, stale.length)]
        if (chosen === undefined) return
        const { at, operation, key } = chosen
        const attempt = attempts[at] as HistoryAttempt
        const operations = attempt.operations.with(operation, ['r', key as number, 0])
        const changed = attempts.with(at, { ...attempt, operations })
        const { satisfies } = checkHistory(changed, 'serializable')
        expect(satisfies).not.toBe('strict-serializable')
      }),
      { numRuns: RUNS },
    )
  })
})
