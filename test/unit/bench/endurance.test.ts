/** The workloads that run for long, in runs that are as short as can be. */
import { readdirSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { describe, expect, test } from 'vitest'
import { type BenchOptionTexts, readSettings } from '#dist/bench/bench-settings.js'
import type { MeasurementWorkload } from '#dist/bench/workload.js'
import { checkHistory } from '#dist/bench/workloads/check-history.js'
import { churn } from '#dist/bench/workloads/churn.js'
import { longSnapshot } from '#dist/bench/workloads/long-snapshot.js'
import { pause } from '#dist/bench/workloads/pause.js'

const SILENT = { show: () => {}, end: () => {} }

function measure(workload: MeasurementWorkload, texts: BenchOptionTexts, signal?: AbortSignal) {
  const watch = { progress: SILENT, ...(signal !== undefined && { signal }) }
  return workload.measure(readSettings(texts, workload), watch)
}

describe.each([churn, longSnapshot])('$name', (workload) => {
  test('does its updates, keeps the sum and reports how far the arena grew', async () => {
    const report = await measure(workload, { count: '20000', cells: '500', seconds: '0.1' })
    expect(report.workload).toBe(workload.name)
    expect(report.runs.map(({ invariant }) => invariant)).toEqual([true, true])
    const { figures } = report
    expect(figures.updates).toBeGreaterThanOrEqual(20_000)
    expect(figures.snapshots).toBeGreaterThanOrEqual(1)
    expect(figures.snapshotFaults).toBe(0)
    expect(figures['end/early']).toBe(
      (figures.usedBytesEnd as number) / (figures.usedBytesEarly as number),
    )
    expect(figures['peak/early']).toBeGreaterThanOrEqual(figures['end/early'] as number)
  })

  test('ends its threads when it is interrupted', async () => {
    const interruption = new AbortController()
    const run = measure(workload, { count: '1000000000', cells: '500' }, interruption.signal)
    setTimeout(() => interruption.abort(new Error('enough')), 300)
    await expect(run).rejects.toThrow('enough')
  })
})

test('long-snapshot lasts for its seconds when the updates are done sooner', async () => {
  const report = await measure(longSnapshot, { count: '1000', cells: '100', seconds: '0.5' })
  expect(report.figures.seconds).toBeGreaterThanOrEqual(0.5)
  expect(report.figures.updates).toBeGreaterThan(1_000)
})

test('pause stops in transactions of both kinds, and both end', async () => {
  const report = await measure(pause, { cells: '64', seconds: '0.05', rounds: '2' })
  const { figures, ratios, runs } = report
  expect(runs.map(({ name }) => name)).toEqual(['normal', 'pause in transact', 'pause in explicit'])
  expect(runs.every(({ invariant }) => invariant)).toBe(true)
  expect(Object.keys(ratios)).toEqual(['transact/normal', 'explicit/normal'])
  expect(figures['paused/normal']).toBeGreaterThan(0)
  expect(figures['transact: committed']).toBe(2)
  expect(figures['explicit: attempts']).toBe(2)
  // 64 cells: others have changed what the explicit one read. If they did not, it is committed.
  const conflicts = figures['explicit: KHONSU_TRANSACTION_CONFLICT'] ?? 0
  expect(conflicts + (figures['explicit: committed'] ?? 0)).toBe(2)
})

test('check-history records, checks, and leaves no files', async () => {
  const before = historyFolders()
  const report = await measure(checkHistory, { count: '1000', cells: '50' })
  expect(report.runs.map(({ name, invariant }) => [name, invariant])).toEqual([
    ['record', true],
    ['check', true],
  ])
  expect(report.figures.committed).toBe(1_000)
  expect(report.figures.operations).toBeGreaterThanOrEqual(5_000)
  expect(report.figures.checkSeconds).toBeGreaterThan(0)
  expect(historyFolders().filter((name) => !before.includes(name))).toEqual([])
})

function historyFolders(): string[] {
  return readdirSync(tmpdir()).filter((name) => name.startsWith('khonsu-history-'))
}
