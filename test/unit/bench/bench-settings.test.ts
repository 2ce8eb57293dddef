import { describe, expect, test } from 'vitest'
import { BenchSettingsError, readSettings } from '#dist/bench/bench-settings.js'
import { churn } from '#dist/bench/workloads/churn.js'
import { deaths } from '#dist/bench/workloads/deaths.js'
import { footprint } from '#dist/bench/workloads/footprint.js'
import { longSnapshot } from '#dist/bench/workloads/long-snapshot.js'
import { pause } from '#dist/bench/workloads/pause.js'
import { smallbank } from '#dist/bench/workloads/smallbank.js'
import { transfer } from '#dist/bench/workloads/transfer.js'
import { writeSkew } from '#dist/bench/workloads/write-skew.js'

describe('readSettings', () => {
  test('takes from the workload what the options leave open', () => {
    expect(readSettings({}, transfer)).toEqual({
      workerCounts: [1, 2],
      cellCount: 100_000,
      isolation: 'serializable',
      seconds: 5,
      roundCount: 10,
      seed: 1,
      count: 0,
    })
  })

  test('takes the amount of work of a workload that counts', () => {
    expect(readSettings({}, churn).count).toBe(50_000_000)
    expect(readSettings({ count: '20000' }, churn).count).toBe(20_000)
  })

  test('takes the attempts that a race must make', () => {
    expect(readSettings({}, writeSkew).count).toBe(10_000_000)
    expect(readSettings({ count: '5000' }, writeSkew).count).toBe(5_000)
  })

  test('refuses fewer cells than the workload can do with', () => {
    expect(readSettings({ cells: '4', workers: '1' }, smallbank).cellCount).toBe(4)
    expect(() => readSettings({ cells: '3', workers: '1' }, smallbank)).toThrow('--cells')
    expect(readSettings({ cells: '2', workers: '1' }, transfer).cellCount).toBe(2)
  })

  test('takes a small amount of work where the workload allows it', () => {
    expect(readSettings({ count: '1' }, deaths).count).toBe(1)
    expect(() => readSettings({ count: '0' }, deaths)).toThrow('--count')
    expect(() => readSettings({ count: '999' }, churn)).toThrow('--count')
  })

  test('refuses an amount of work for a workload that runs for a time', () => {
    expect(() => readSettings({ count: '20000' }, transfer)).toThrow('--count is not for transfer')
  })

  test('takes the time that a workload prefers', () => {
    expect(readSettings({}, longSnapshot).seconds).toBe(60)
    expect(readSettings({}, pause)).toMatchObject({ seconds: 5, roundCount: 3 })
    expect(readSettings({ seconds: '2', rounds: '1' }, pause).roundCount).toBe(1)
  })

  test('sorts the numbers of workers and drops repetitions', () => {
    expect(readSettings({ workers: '4,1,4' }, transfer).workerCounts).toEqual([1, 4])
  })

  test('refuses several workers for a workload in one thread', () => {
    expect(readSettings({ workers: '1' }, footprint).workerCounts).toEqual([1])
    expect(() => readSettings({ workers: '2' }, footprint)).toThrow('--workers must be 1')
    expect(() => readSettings({ workers: '1,2' }, footprint)).toThrow('--workers must be 1')
  })

  test('reads a time with decimals', () => {
    expect(readSettings({ seconds: '0.5' }, transfer).seconds).toBe(0.5)
  })

  test.each([
    { workers: '0' },
    { workers: '65' },
    { workers: '1,' },
    { workers: 'two' },
    { cells: '3' },
    { cells: '1e5' },
    { cells: '16000001' },
    { isolation: 'snapshot' },
    { seconds: '0' },
    { seconds: '-1' },
    { seconds: 'Infinity' },
    { seconds: '' },
    { rounds: '0' },
    { rounds: '2.5' },
    { count: '999' },
    { count: '1000000001' },
    { seed: '-1' },
    { seed: '4294967296' },
  ])('refuses %j', (texts) => {
    const [name] = Object.keys(texts)
    expect(() => readSettings(texts, transfer)).toThrow(BenchSettingsError)
    expect(() => readSettings(texts, transfer)).toThrow(`--${name}`)
  })
})
