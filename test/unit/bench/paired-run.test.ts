/** Races in threads of their own, as short as can be. */
import { describe, expect, test } from 'vitest'
import { type BenchOptionTexts, readSettings } from '#dist/bench/bench-settings.js'
import { measurePaired } from '#dist/bench/paired-run.js'
import type { ThroughputWorkload } from '#dist/bench/workload.js'
import { smallbank } from '#dist/bench/workloads/smallbank.js'
import { writeSkew } from '#dist/bench/workloads/write-skew.js'
import { ycsbA, ycsbF } from '#dist/bench/workloads/ycsb.js'
import { ycsbD } from '#dist/bench/workloads/ycsb-d.js'
import { ycsbE } from '#dist/bench/workloads/ycsb-e.js'

const SILENT = { show: () => {}, end: () => {} }
const SHORT = { cells: '400', seconds: '0.05', rounds: '2', workers: '1,2' }

function measure(workload: ThroughputWorkload, texts: BenchOptionTexts = {}) {
  const settings = readSettings({ ...SHORT, ...texts }, workload)
  return measurePaired(workload, settings, { progress: SILENT })
}

describe.each([smallbank, ycsbA, ycsbD, ycsbE, ycsbF])('$name', (workload) => {
  test('holds its invariants beside its control, and counts its attempts', async () => {
    const { figures, ratios, runs } = await measure(workload)
    expect(runs.map(({ name, workers }) => `${name}@${workers}`)).toEqual([
      'engine@1',
      'control@1',
      'engine@2',
      'control@2',
    ])
    expect(runs.filter(({ invariant }) => !invariant)).toEqual([])
    expect(Object.keys(ratios)).toContain('engine/control@2')
    expect(figures.commits).toBeGreaterThan(0)
    expect(abortsIn(figures)).toBe((figures.attempts as number) - (figures.commits as number))
  })
})

test('ycsb-e says how many scans and keys there are in a second', async () => {
  const { figures, runs } = await measure(ycsbE, { isolation: 'repeatable-read' })
  const [engine] = runs
  const scans = figures['scansPerSecond@1'] as number
  expect(scans / (engine?.throughputPerSecond as number)).toBeCloseTo(0.95, 1)
  expect((figures['scannedKeysPerSecond@1'] as number) / scans).toBeCloseTo(50.5, -1)
  expect(Object.keys(figures)).toContain('scansPerSecond@2')
  expect((figures.scans as number) + (figures.inserts as number)).toBe(figures.commits)
})

test.each(['serializable', 'repeatable-read'])(
  'write-skew goes on at %s until its attempts are made',
  async (isolation) => {
    const { figures, runs } = await measure(writeSkew, { isolation, cells: '8', count: '1000000' })
    expect(figures.attempts).toBeGreaterThanOrEqual(1_000_000)
    expect(abortsIn(figures)).toBe((figures.attempts as number) - (figures.commits as number))
    expect(runs.filter(({ invariant }) => !invariant)).toEqual([])
    if (isolation === 'serializable') expect(figures.violations).toBe(0)
    else expect(figures.violations).toBeGreaterThanOrEqual(0)
  },
)

function abortsIn(figures: Readonly<Record<string, number>>): number {
  return Object.entries(figures)
    .filter(([name]) => name.startsWith('aborts: '))
    .reduce((sum, [, aborts]) => sum + aborts, 0)
}
