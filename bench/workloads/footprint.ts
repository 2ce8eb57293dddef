import { createHistogram } from 'node:perf_hooks'
import type { Khonsu } from '../../src/index.ts'
import type { BenchReport } from '../bench-report.ts'
import type { BenchSettings } from '../bench-settings.ts'
import { describeMachine, findCommit } from '../machine.ts'
import { latencyOf } from '../statistics.ts'
import type { MeasurementWorkload } from '../workload.ts'

const KEY_PREFIX = 'account:'
const KEY_LENGTH = 16
const CELLS_PER_TRANSACTION = 1_000

/** Room for eight times the target of 128 bytes a cell. */
const ARENA_BYTES_PER_CELL = 1_024
const ARENA_BYTES_MIN = 64 * 2 ** 20

/**
 * Bytes of the arena in use for each cell, after loading cells with keys of 16 ASCII bytes and
 * number values. All that the arena holds is counted: headers, index, keys, what is kept free.
 */
export const footprint: MeasurementWorkload = {
  kind: 'measurement',
  name: 'footprint',
  description: 'arena bytes a cell: a million cells, 16-byte keys, number values',
  defaults: { cellCount: 1_000_000, workerCounts: [1], isSingleThreaded: true },
  measure: measureFootprint,
}

async function measureFootprint(settings: BenchSettings): Promise<BenchReport> {
  const { Khonsu } = await import('../../src/index.ts')
  const { cellCount, isolation, seed } = settings
  const memory = Math.max(ARENA_BYTES_MIN, cellCount * ARENA_BYTES_PER_CELL)
  const khonsu = await Khonsu.open({ workers: 0, isolation, memory })
  try {
    const emptyBytes = khonsu.stats().memory.usedBytes
    const load = loadCells(khonsu, cellCount)
    const { usedBytes } = khonsu.stats().memory
    const { aborts } = khonsu.stats()
    return {
      workload: 'footprint',
      seed,
      node: process.version,
      commit: await findCommit(),
      machine: describeMachine(),
      runs: [
        {
          name: 'load',
          workers: 1,
          isolation,
          throughputPerSecond: cellCount / load.seconds,
          abortsByCause: aborts.byCause,
          latencyNs: latencyOf([load.latencyNs]),
          invariant: holdsAll(khonsu, cellCount),
        },
      ],
      figures: { bytesPerCell: usedBytes / cellCount, usedBytes, emptyBytes },
      ratios: {},
    }
  } finally {
    await khonsu.close()
  }
}

/** Returns a key of exactly `KEY_LENGTH` ASCII characters. */
function cellKey(index: number): string {
  return KEY_PREFIX + String(index).padStart(KEY_LENGTH - KEY_PREFIX.length, '0')
}

/** Writes every cell; a latency sample is one transaction of 1,000 cells. */
function loadCells(
  khonsu: Khonsu,
  cellCount: number,
): { readonly seconds: number; readonly latencyNs: ReturnType<typeof createHistogram> } {
  const latencyNs = createHistogram()
  const startedMs = performance.now()
  for (let first = 0; first < cellCount; first += CELLS_PER_TRANSACTION) {
    const end = Math.min(first + CELLS_PER_TRANSACTION, cellCount)
    const beforeMs = performance.now()
    khonsu.transact((tx) => {
      for (let index = first; index < end; index++) tx.set(cellKey(index), index)
    })
    latencyNs.record(Math.max(1, Math.round((performance.now() - beforeMs) * NS_PER_MS)))
  }
  return { seconds: (performance.now() - startedMs) / MS_PER_SECOND, latencyNs }
}

/** Returns whether every cell holds its own number. */
function holdsAll(khonsu: Khonsu, cellCount: number): boolean {
  for (let first = 0; first < cellCount; first += CELLS_PER_TRANSACTION) {
    const end = Math.min(first + CELLS_PER_TRANSACTION, cellCount)
    const held = khonsu.transact((tx) => {
      for (let index = first; index < end; index++) {
        if (tx.get(cellKey(index)) !== index) return false
      }
      return true
    })
    if (!held) return false
  }
  return true
}

const NS_PER_MS = 1e6
const MS_PER_SECOND = 1e3
