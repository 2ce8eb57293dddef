/** Threads that die under load: that the workload sees what they leave, and what they break. */
import { type Khonsu, TransactionAbortedError } from 'khonsu'
import { beforeEach, describe, expect, test } from 'vitest'
import { accountKey, loadAccounts } from '#dist/bench/accounts.js'
import { bannerKeys, raiseBanner } from '#dist/bench/banner.js'
import { type BenchOptionTexts, readSettings } from '#dist/bench/bench-settings.js'
import { DeathTally } from '#dist/bench/death-tally.js'
import { type Doom, runDoomed } from '#dist/bench/doomed-thread.js'
import { StoreInspection } from '#dist/bench/store-inspection.js'
import { deaths } from '#dist/bench/workloads/deaths.js'
import { exposeCell } from '../../support/arena-damage.ts'
import { openStore } from '../../support/store.ts'

const SILENT = { show: () => {}, end: () => {} }
const CELL_COUNT = 50
const WORK_URL = new URL('../../../dist/bench/jobs/doomed-work.js', import.meta.url).href

function measure(texts: BenchOptionTexts, signal?: AbortSignal) {
  const watch = { progress: SILENT, ...(signal !== undefined && { signal }) }
  return deaths.measure(readSettings(texts, deaths), watch)
}

describe('deaths', () => {
  test('ends as many threads as it is told to, and finds the store whole', async () => {
    const report = await measure({ count: '12', rounds: '2', seconds: '0.1', workers: '1' })
    const { figures, ratios, runs } = report
    expect(runs.map(({ name, invariant }) => [name, invariant])).toEqual([
      ['deaths', true],
      ['departures', true],
    ])
    expect(figures).toMatchObject({
      deaths: 12,
      contentFaults: 0,
      lockedCells: 0,
      leftSnapshots: 0,
      poolServes: 1,
      // Where a thread dies is chance, and a few may all die between two commits.
      deathsHoldingLocks: expect.any(Number),
      outageMsP99: expect.any(Number),
    })
    expect(figures.departures).toBeGreaterThanOrEqual(2)
    expect(figures.deathsPerSecond).toBeGreaterThan(0)
    expect(figures.recoveryUsP50).toBeGreaterThan(0)
    expect(figures['deaths/departures']).toBe(ratios['deaths/departures']?.median)
    expect(figures['deaths/departures']).toBeGreaterThan(0)
  })

  test('ends its threads when it is interrupted', async () => {
    const interruption = new AbortController()
    const run = measure({ count: '100000', workers: '1' }, interruption.signal)
    setTimeout(() => interruption.abort(new Error('enough')), 300)
    await expect(run).rejects.toThrow('enough')
  })
})

async function openAccounts(timeoutMs = 30_000): Promise<Khonsu> {
  const khonsu = await openStore({ timeoutMs })
  loadAccounts(khonsu, CELL_COUNT)
  raiseBanner(khonsu)
  return khonsu
}

describe('a doomed thread', () => {
  const dooms: readonly Doom[] = [
    { ending: 'exit', accessCount: 2_000 },
    { ending: 'throw', accessCount: 2_000 },
    { ending: 'leave', accessCount: 2_000 },
    { ending: 'terminate', lifeMs: 5 },
  ]

  test.each(dooms)('ends by $ending, and is recovered', async (doom) => {
    const khonsu = await openAccounts()
    const inspection = new StoreInspection(khonsu, CELL_COUNT)
    const work = { url: WORK_URL, input: { cellCount: CELL_COUNT, seed: 1 } }
    const { endedNs, recoveryNs } = await runDoomed(khonsu, doom, work, inspection.refs)
    expect(endedNs).toBeGreaterThan(0)
    expect(recoveryNs).toBeGreaterThan(0)
    expect(inspection.conclude()).toEqual({ contents: 0, lockedCells: 0, leftSnapshots: 0 })
  })

  test('is found with its locks when it dies in a commit', async () => {
    const khonsu = await openAccounts()
    const { refs } = new StoreInspection(khonsu, CELL_COUNT)
    const work = { url: WORK_URL, input: { cellCount: CELL_COUNT, seed: 1 } }
    const lockedCounts: number[] = []
    for (let accessCount = 1_500; accessCount <= 4_500; accessCount += 500) {
      const { remains } = await runDoomed(khonsu, { ending: 'exit', accessCount }, work, refs)
      lockedCounts.push(remains.locked.length)
    }
    expect(Math.max(...lockedCounts)).toBeGreaterThan(2)
  })

  test.each(dooms)('that fails before it ends by $ending is a failure', async (doom) => {
    const khonsu = await openAccounts()
    const url = 'data:text/javascript,export default () => () => { throw new Error("broken") }'
    await expect(runDoomed(khonsu, doom, { url, input: null }, [])).rejects.toThrow('broken')
  })

  test('that exits by itself is a failure', async () => {
    const khonsu = await openAccounts()
    const url = 'data:text/javascript,export default () => () => process.exit(3)'
    const doom: Doom = { ending: 'leave', accessCount: 10 }
    await expect(runDoomed(khonsu, doom, { url, input: null }, [])).rejects.toThrow('exit code 3')
  })
})

describe('an inspection', () => {
  let khonsu: Khonsu
  let inspection: StoreInspection

  beforeEach(async () => {
    khonsu = await openAccounts(50)
    inspection = new StoreInspection(khonsu, CELL_COUNT)
  })

  test('finds money that is lost', () => {
    khonsu.transact((tx) => tx.set(accountKey(3), 1))
    expect(inspection.conclude().contents).toBe(1)
  })

  test('remembers a banner that was not whole', () => {
    const [key = ''] = bannerKeys()
    const text = khonsu.transact((tx) => String(tx.get(key)))
    khonsu.transact((tx) => tx.set(key, 'half a commit'))
    inspection.readAll()
    khonsu.transact((tx) => tx.set(key, text))
    expect(inspection.conclude().contents).toBe(1)
  })

  test('finds a cell that stays locked', () => {
    khonsu.transact((tx) => {
      tx.set(accountKey(0), 900_001)
      tx.set(accountKey(1), 1_099_999)
    })
    const cell = exposeCell(khonsu, 900_001)
    const [ref] = inspection.refs
    cell.lock(4_000)
    expect(() => inspection.rewrite(ref === undefined ? [] : [ref])).toThrow(
      TransactionAbortedError,
    )
    expect(inspection.conclude().lockedCells).toBe(1)
    cell.unlock()
    expect(inspection.conclude().lockedCells).toBe(0)
  })

  test('finds a snapshot that is left open', () => {
    using left = khonsu.startTransaction({ isolation: 'repeatable-read' })
    left.read(accountKey(0))
    expect(inspection.conclude().leftSnapshots).toBe(1)
  })
})

test('a tally tells those that held locks from those that did not', () => {
  const tally = new DeathTally()
  const free = { locked: [], isCommitting: false }
  tally.add('exit', { remains: free, endedNs: 0, recoveryNs: 2_000 }, 1)
  tally.add('exit', { remains: { ...free, isCommitting: true }, endedNs: 5, recoveryNs: 2_000 }, 9)
  tally.add('throw', { remains: free, endedNs: 0, recoveryNs: 2_000 }, 1)
  expect(tally.figures).toMatchObject({
    deaths: 3,
    deathsHoldingLocks: 1,
    deathsInCommit: 1,
    'exit: deaths': 2,
    'exit: holding locks': 1,
    'throw: holding locks': 0,
    recoveryUsP50: 2,
    outageMsP50: 4e-6,
  })
})
