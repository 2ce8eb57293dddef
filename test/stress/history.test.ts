/**
 * What real threads did is what the level allows: no cycle of dependencies; and the order of real time,
 * which the engine keeps at every level as far as that level's snapshots go.
 */
import { mkdtempSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Worker } from 'node:worker_threads'
import type { IsolationLevel, SerializableMode } from 'khonsu'
import {
  type AnomalyClass,
  checkHistoryFiles,
  type HistoryLevel,
  type HistoryReport,
} from 'khonsu/history'
import { describe, expect, it, onTestFinished } from 'vitest'
import { testSeed } from '../support/random.ts'
import { MIB, openStore, until } from '../support/store.ts'
import { rejectionOf } from '../support/thrown.ts'
import { makeHistory, type Plan } from './jobs/history.mjs'

const LENGTH_MS = 100
const START_MS = 20_000

/** Runs that are made until what a level allows has shown. */
const RUNS_MAX = 8

/** Transactions after which a thread stops early, so that the check stays quick. */
const TRANSACTIONS_MAX = 20_000
const WORKERS = 3
const DOOMED = 3
const NOT_THERE = { throwIfNoEntry: false }
const DOOMED_WORKER = new URL('./jobs/recorded-worker.mjs', import.meta.url)
const JOB = new URL('./jobs/history-job.mjs', import.meta.url)

const PLAIN = {
  cellCount: 6,
  lengthMs: LENGTH_MS,
  freshEvery: 0,
  readCountMax: 4,
  pauseEvery: 256,
  pauseMs: 0.1,
  blind: false,
  deletes: false,
  lists: false,
}
const CROWDED = { ...PLAIN, cellCount: 4, pauseEvery: 16 }
const SIZES = {
  '4 cells': CROWDED,
  '40 cells': { ...PLAIN, cellCount: 40 },
  'one cell': { ...PLAIN, cellCount: 1 },
  'cells that are always new': { ...PLAIN, freshEvery: 100 },
  'writes of what was not read': { ...PLAIN, blind: true },
  'cells that come and go': { ...PLAIN, deletes: true },
  lists: { ...CROWDED, cellCount: 8, freshEvery: 400, lists: true },
  'many cells at once': { ...PLAIN, cellCount: 60, readCountMax: 30, blind: true },
  'snapshots that stay open': {
    ...PLAIN,
    cellCount: 24,
    readCountMax: 16,
    pauseEvery: 32,
    pauseMs: 4,
  },
} satisfies Record<string, Size>

type Size = typeof PLAIN

/** What a store promises at a level, beyond the standard's: real time, as far as it keeps it. */
const PROMISED: Readonly<Record<IsolationLevel | 'ssi', Promised>> = {
  'read-committed': { level: 'read-committed', never: ['G0-realtime', 'G1c-realtime'] },
  'repeatable-read': {
    level: 'repeatable-read',
    never: ['G0-realtime', 'G1c-realtime', 'G-single-realtime', 'G-nonadjacent-realtime'],
  },
  serializable: { level: 'strict-serializable', never: [] },
  // Who is judged comes before who had ended when somebody else began: two antidependencies in a row.
  ssi: {
    level: 'serializable',
    never: ['G0-realtime', 'G1c-realtime', 'G-single-realtime', 'G-nonadjacent-realtime'],
  },
}

interface Promised {
  /** The level in the history. */
  readonly level: HistoryLevel
  /** Classes that this level allows, and Khonsu does not. */
  readonly never: readonly AnomalyClass[]
}

/** Runs a store until the time is up, and judges what its threads recorded. */
async function checkedRun(
  level: IsolationLevel,
  size: Size,
  serializable: SerializableMode = 'occ',
): Promise<HistoryReport> {
  const seed = testSeed()
  const folder = makeFolder()
  const clock = new Int32Array(new SharedArrayBuffer(4))
  const khonsu = await openStore({
    workers: WORKERS,
    memory: 256 * MIB,
    isolation: level,
    serializable,
  })
  const plan = (index: number): Plan => ({
    ...size,
    seed: seed + index,
    file: join(folder, `history-${index}.ndjson`),
    isolation: level,
    transactionsMax: TRANSACTIONS_MAX,
    clock,
  })
  const others = khonsu.runAll<typeof import('./jobs/history-job.mjs')>(JOB, plan)
  // The workers need the events of this thread until they have passed the gate.
  await until(() => Atomics.load(clock, 0) > 0, START_MS)
  const own = makeHistory(khonsu, plan(WORKERS))
  expect([...(await others), own].flat()).toEqual([])
  await khonsu.close()

  const files = Array.from({ length: WORKERS + 1 }, (_, index) => plan(index).file)
  const report = await checkHistoryFiles(files)
  const promised = PROMISED[serializable === 'ssi' ? 'ssi' : level]
  const forbidden = report.anomalies.filter(
    ({ allowed, class: name }) => !allowed || promised.never.includes(name),
  )
  expect(forbidden.map(({ class: kind, example }) => [kind, ...example.text])).toEqual([])
  expect(report.passed).toBe(true)
  expect(report.recordedAt[promised.level]).toBe(report.committed)
  return report
}

function makeFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'khonsu-history-'))
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }))
  return folder
}

describe.each(['read-committed', 'repeatable-read', 'serializable'] as const)('at %s', (level) => {
  it.each(Object.entries(SIZES))('a history on %s shows no more than allowed', async (_, size) => {
    const report = await checkedRun(level, size)
    expect(report.committed).toBeGreaterThan(50)
    if (level === 'serializable') expect(report.satisfies).toBe('strict-serializable')
  })
})

describe('at serializable, where stale reads are judged', () => {
  it.each(Object.entries(SIZES))('a history on %s shows no more than allowed', async (_, size) => {
    const report = await checkedRun('serializable', size, 'ssi')
    expect(report.committed).toBeGreaterThan(50)
    expect(['serializable', 'strict-serializable']).toContain(report.satisfies)
  })
})

describe.each([
  ['read-committed', ['G-single', 'G2-item']],
  ['repeatable-read', ['G2-item']],
] as const)('at %s', (level, classes) => {
  it('histories on few cells show what is allowed', async () => {
    const shown = new Set<string>()
    for (let run = 0; run < RUNS_MAX && !classes.every((name) => shown.has(name)); run++) {
      const { anomalies } = await checkedRun(level, CROWDED)
      for (const { class: name } of anomalies) shown.add(name)
    }
    expect([...shown]).toEqual(expect.arrayContaining([...classes]))
  })
})

it('what threads recorded that were ended in the middle is checked as far as it goes', async () => {
  const seed = testSeed()
  const folder = makeFolder()
  const clock = new Int32Array(new SharedArrayBuffer(4))
  const khonsu = await openStore({ memory: 256 * MIB, serializable: 'occ' })
  const files = Array.from({ length: DOOMED }, (_, index) => join(folder, `${index}.ndjson`))
  const workers = files.map((file, index) => {
    const plan: Plan = {
      ...PLAIN,
      seed: seed + index,
      file,
      isolation: 'serializable',
      lengthMs: 60_000,
      clock,
      transactionsMax: Number.POSITIVE_INFINITY,
    }
    const worker = new Worker(DOOMED_WORKER, { workerData: { handle: khonsu.share(), plan } })
    khonsu.adopt(worker)
    return worker
  })
  // Some are ended while the others go on, which then meet what those left behind.
  for (const [index, worker] of workers.entries()) {
    await until(() => (statSync(files[index] as string, NOT_THERE)?.size ?? 0) > 2 ** 19, START_MS)
    await worker.terminate()
  }
  expect(await rejectionOf(checkHistoryFiles(files))).toMatchObject({
    code: 'KHONSU_HISTORY_TRUNCATED',
  })
  const report = await checkHistoryFiles(files, { partial: true })
  expect(report.anomalies).toEqual([])
  expect(report.committed).toBeGreaterThan(1_000)
})
