/** What real threads did is what the level allows: no cycle of dependencies, in real time. */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { checkHistoryFiles } from 'khonsu/history'
import { describe, expect, it, onTestFinished } from 'vitest'
import { testSeed } from '../support/random.ts'
import { MIB, openStore, until } from '../support/store.ts'
import { makeHistory, type Plan } from './jobs/history.mjs'

const LENGTH_MS = 400
const WORKERS = 3
const JOB = new URL('./jobs/history-job.mjs', import.meta.url)

const PLAIN = {
  cellCount: 6,
  freshEvery: 0,
  readCountMax: 4,
  pauseEvery: 256,
  blind: false,
  deletes: false,
}
const SIZES = {
  '4 cells': { ...PLAIN, cellCount: 4, pauseEvery: 16 },
  '40 cells': { ...PLAIN, cellCount: 40 },
  'one cell': { ...PLAIN, cellCount: 1 },
  'cells that are always new': { ...PLAIN, freshEvery: 100 },
  'writes of what was not read': { ...PLAIN, blind: true },
  'cells that come and go': { ...PLAIN, deletes: true },
  'many cells at once': { ...PLAIN, cellCount: 60, readCountMax: 30, blind: true },
} satisfies Record<string, Partial<Plan>>

/** What a level allows, and a run on few cells therefore shows. */
const SHOWN = {
  'read-committed': ['G-single', 'G2-item'],
  'repeatable-read': ['G2-item'],
  serializable: [],
} as const

describe.each(['read-committed', 'repeatable-read', 'serializable'] as const)('at %s', (level) => {
  it.each(Object.entries(SIZES))(
    'a history on %s shows no more than allowed',
    async (name, size) => {
      const seed = testSeed()
      const folder = mkdtempSync(join(tmpdir(), 'khonsu-history-'))
      onTestFinished(() => rmSync(folder, { recursive: true, force: true }))
      const clock = new Int32Array(new SharedArrayBuffer(4))
      const khonsu = await openStore({ workers: WORKERS, memory: 256 * MIB, isolation: level })
      const plan = (index: number): Plan => ({
        ...size,
        seed: seed + index,
        file: join(folder, `history-${index}.ndjson`),
        isolation: level,
        lengthMs: LENGTH_MS,
        clock,
      })
      const others = khonsu.runAll<typeof import('./jobs/history-job.mjs')>(JOB, plan)
      // The workers need the events of this thread until they have passed the gate.
      await until(() => Atomics.load(clock, 0) > 0)
      const own = makeHistory(khonsu, plan(WORKERS))
      expect([...(await others), own].flat()).toEqual([])

      const files = Array.from({ length: WORKERS + 1 }, (_, index) => plan(index).file)
      const report = await checkHistoryFiles(files)
      const forbidden = report.anomalies.filter(({ allowed }) => !allowed)
      expect(forbidden.map(({ class: kind, example }) => [kind, ...example.text])).toEqual([])
      expect(report.passed).toBe(true)
      expect(report.recordedAt[level]).toBe(report.committed)
      expect(report.committed).toBeGreaterThan(500)
      console.error(
        level,
        name,
        report.attempts,
        report.committed,
        report.unplacedReads,
        JSON.stringify(report.anomalies.map((a) => [a.class, a.count])),
      )
      const shown = report.anomalies.map(({ class: kind }) => kind)
      if (name === '4 cells') expect(shown).toEqual(expect.arrayContaining([...SHOWN[level]]))
      if (level === 'serializable') expect(report.satisfies).toBe('serializable')
    },
  )
})
