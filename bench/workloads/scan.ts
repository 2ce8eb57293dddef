import type { Khonsu } from '../../src/index.ts'
import type { BenchReport, BenchRun } from '../bench-report.ts'
import type { BenchSettings } from '../bench-settings.ts'
import { describeMachine, findCommit } from '../machine.ts'
import type { MeasurementWorkload } from '../workload.ts'
import { Xorshift32 } from '../xorshift32.ts'

/** Keys that one transaction inserts. */
const KEYS_PER_TRANSACTION = 1_000

/** Keys that are inserted in each round. */
const INSERTED_COUNT = 200_000

const ROUND_COUNT = 5
const ARENA_BYTES_MIN = 256 * 2 ** 20
const ARENA_BYTES_PER_CELL = 1_024
const MS_PER_SECOND = 1e3

/**
 * Scans of consecutive keys, and inserts of new keys: one thread, nobody else about. A scan is one
 * transaction over all keys. Each line is the median of its rounds, in keys a second.
 */
export const scan: MeasurementWorkload = {
  kind: 'measurement',
  name: 'scan',
  description: 'scans of consecutive keys, and inserts of new keys, in one thread',
  defaults: { cellCount: 100_000, workerCounts: [1], isSingleThreaded: true },
  measure: measureScan,
}

/** What one line does, and how many keys it is about. */
interface Task {
  readonly name: string
  readonly keyCount: number
  /** Whether it did what it should. */
  readonly run: (round: number) => boolean
}

async function measureScan(settings: BenchSettings): Promise<BenchReport> {
  const { Khonsu } = await import('../../src/index.ts')
  const { cellCount, isolation, seed } = settings
  const inserted = 3 * ROUND_COUNT * INSERTED_COUNT
  const memory = Math.max(ARENA_BYTES_MIN, (cellCount + inserted) * ARENA_BYTES_PER_CELL)
  const khonsu = await Khonsu.open({ workers: 0, isolation, memory })
  try {
    insert(khonsu, cellCount, (i) => ['scanned', i])
    const runs = [...scansOf(khonsu, cellCount), ...insertsInto(khonsu, seed)].map((task) =>
      runOf(task, isolation),
    )
    return {
      workload: 'scan',
      seed,
      node: process.version,
      commit: await findCommit(),
      machine: describeMachine(),
      runs,
      figures: Object.fromEntries(
        runs.map(({ name, throughputPerSecond }) => [`${name}PerSecond`, throughputPerSecond]),
      ),
      ratios: {},
    }
  } finally {
    await khonsu.close()
  }
}

function scansOf(khonsu: Khonsu, keyCount: number): Task[] {
  const range = { prefix: ['scanned'] }
  const values = new Float64Array(keyCount)
  const expected = (keyCount * (keyCount - 1)) / 2
  const into = (readOnly: boolean) => (): boolean => {
    values.fill(0)
    const count = khonsu.transact((tx) => tx.scanInto(range, values), { readOnly })
    return count === keyCount && sumOf(values) === expected
  }
  const iterate = (reverse: boolean) => (): boolean => {
    const sum = khonsu.transact(
      (tx) => {
        let all = 0
        for (const [, value] of tx.scan({ ...range, reverse })) all += value as number
        return all
      },
      { readOnly: true },
    )
    return sum === expected
  }
  return [
    { name: 'scanInto', keyCount, run: into(true) },
    { name: 'scanIntoRemembered', keyCount, run: into(false) },
    { name: 'iterator', keyCount, run: iterate(false) },
    { name: 'reverseIterator', keyCount, run: iterate(true) },
    {
      name: 'count',
      keyCount,
      run: () => khonsu.transact((tx) => tx.count(range), { readOnly: true }) === keyCount,
    },
  ]
}

function insertsInto(khonsu: Khonsu, seed: number): Task[] {
  const random = new Xorshift32(seed)
  const task = (
    name: string,
    keyOf: (i: number, round: number) => readonly (string | number)[],
  ) => ({
    name,
    keyCount: INSERTED_COUNT,
    run: (round: number): boolean => {
      insert(khonsu, INSERTED_COUNT, (i) => keyOf(i, round))
      return true
    },
  })
  return [
    task('insertInOrder', (i, round) => ['ordered', round, i]),
    task('insertAtRandom', (_, round) => ['random', round, random.next()]),
  ]
}

function insert(
  khonsu: Khonsu,
  count: number,
  keyOf: (i: number) => readonly (string | number)[],
): void {
  for (let first = 0; first < count; first += KEYS_PER_TRANSACTION) {
    const end = Math.min(first + KEYS_PER_TRANSACTION, count)
    khonsu.transact((tx) => {
      for (let i = first; i < end; i++) tx.set(keyOf(i), i)
    })
  }
}

function sumOf(values: Float64Array): number {
  let sum = 0
  for (const value of values) sum += value
  return sum
}

function runOf({ name, keyCount, run }: Task, isolation: string): BenchRun {
  const perSecond: number[] = []
  let invariant = true
  for (let round = 0; round < ROUND_COUNT; round++) {
    const startedMs = performance.now()
    if (!run(round)) invariant = false
    perSecond.push((keyCount * MS_PER_SECOND) / (performance.now() - startedMs))
  }
  perSecond.sort((one, other) => one - other)
  const throughputPerSecond = perSecond[ROUND_COUNT >> 1] as number
  return {
    name,
    workers: 1,
    isolation,
    throughputPerSecond,
    abortsByCause: {},
    latencyNs: null,
    invariant,
  }
}
