import type { Task } from 'tinybench'
import type { Khonsu, Ref, Transaction } from '../../src/index.ts'
import { accountKey, loadAccounts } from '../accounts.ts'
import type { BenchReport, BenchRun } from '../bench-report.ts'
import type { BenchSettings } from '../bench-settings.ts'
import { describeMachine, findCommit } from '../machine.ts'
import { controlTransfers, createControlCells } from '../two-lock-control.ts'
import type { Batch, MeasurementWorkload } from '../workload.ts'
import { observeSum, transferBatch } from './transfer.ts'

/** Transactions in one sample: a single one is as short as a look at the clock. */
const TRANSACTIONS_PER_SAMPLE = 100

const ARENA_BYTES = 256 * 2 ** 20
const DOCUMENT_COUNT = 100
const NS_PER_MS = 1e6
const MS_PER_SECOND = 1e3

/**
 * Single operations, each in a transaction of its own, one thread, nobody else about. `empty` is
 * what every other line contains: begin and commit. Percentiles are of samples of 100 transactions.
 */
export const micro: MeasurementWorkload = {
  kind: 'measurement',
  name: 'micro',
  description: 'single operations in one thread, with tinybench',
  defaults: { cellCount: 1_000, workerCounts: [1], isSingleThreaded: true },
  measure: measureMicro,
}

async function measureMicro(settings: BenchSettings): Promise<BenchReport> {
  const { Khonsu } = await import('../../src/index.ts')
  const { Bench } = await import('tinybench')
  const { cellCount, isolation, seconds, seed } = settings
  const khonsu = await Khonsu.open({ workers: 0, isolation, memory: ARENA_BYTES })
  try {
    loadAccounts(khonsu, cellCount)
    const operations = operationsOn(khonsu, cellCount, seed)
    const names = Object.keys(operations)
    const bench = new Bench({ time: (seconds * MS_PER_SECOND) / names.length, throws: true })
    for (const [name, batch] of Object.entries(operations)) {
      bench.add(name, () => batch(TRANSACTIONS_PER_SAMPLE))
    }
    await bench.run()
    const { expected, actual } = observeSum(khonsu, cellCount)
    const runs = bench.tasks.map((task) => runOf(task, isolation, expected === actual))
    const figures = Object.fromEntries(
      runs.map((run) => [`${run.name}Ns`, 1e9 / run.throughputPerSecond]),
    )
    return {
      workload: 'micro',
      seed,
      node: process.version,
      commit: await findCommit(),
      machine: describeMachine(),
      runs,
      figures,
      ratios: {},
    }
  } finally {
    await khonsu.close()
  }
}

/** Returns one batch for each line of the report. None changes the sum of the accounts. */
function operationsOn(khonsu: Khonsu, cellCount: number, seed: number): Record<string, Batch> {
  const refs = Array.from({ length: cellCount }, (_, index) => {
    return khonsu.ref<number>(accountKey(index))
  })
  const documents = Array.from({ length: DOCUMENT_COUNT }, (_, id) => `document:${id}`)
  khonsu.transact((tx) => {
    for (const [id, key] of documents.entries()) tx.set(key, documentOf(id))
  })
  const control = createControlCells(cellCount)
  let turn = 0
  const ref = (): Ref<number> => refs[turn++ % cellCount] as Ref<number>
  const repeat = (body: (tx: Transaction) => unknown): Batch => {
    return (count) => {
      for (let done = 0; done < count; done++) khonsu.transact(body)
    }
  }
  return {
    empty: repeat(() => {}),
    refGet: repeat((tx) => tx.get(ref())),
    refGetSet: repeat((tx) => {
      const key = ref()
      tx.set(key, tx.get(key) as number)
    }),
    refUpdate: repeat((tx) => tx.update(ref(), keep)),
    stringGet: repeat((tx) => tx.get(accountKey(turn++ % cellCount))),
    jsonGet: repeat((tx) => tx.get(documents[turn++ % DOCUMENT_COUNT] as string)),
    jsonSet: repeat((tx) => {
      const id = turn++ % DOCUMENT_COUNT
      tx.set(documents[id] as string, documentOf(id))
    }),
    transfer: transferBatch(khonsu, 0, cellCount, seed),
    control: controlTransfers(control, { firstCell: 0, cellCount }, seed),
  }
}

function keep(balance: number | undefined): number {
  return balance as number
}

function documentOf(id: number): { id: number; name: string; tags: string[]; open: boolean } {
  return { id, name: `document ${id}`, tags: ['a', 'b'], open: true }
}

function runOf(task: Task, isolation: string, invariant: boolean): BenchRun {
  const { result } = task
  if (!('latency' in result)) throw new Error(`micro-benchmark ${task.name}: ${result.state}`)
  const { mean, p50, p99, p999 } = result.latency
  const ns = (sampleMs: number): number => (sampleMs * NS_PER_MS) / TRANSACTIONS_PER_SAMPLE
  return {
    name: task.name,
    workers: 1,
    isolation: task.name === 'control' ? 'none' : isolation,
    throughputPerSecond: 1e9 / ns(mean),
    abortsByCause: {},
    latencyNs: { p50: ns(p50), p99: ns(p99), p999: ns(p999) },
    invariant,
  }
}
