import { RecordBatch, Table } from 'apache-arrow'
import type { Khonsu } from 'khonsu'
import { describe, expect, it } from 'vitest'
import { beside } from '../support/beside.ts'
import { MIB, openStore, until } from '../support/store.ts'

const JOB = new URL('./jobs/append-job.mjs', import.meta.url)
const RUN_MS = 1_000
const WRITER_COUNT = 2

/** How many rows each writer has in a batch, which must be all up to some number, in their order. */
function countsOf(log: RecordBatch | Table): number[] {
  const writers = log.getChild('writer')
  const numbers = log.getChild('number')
  const counts = Array.from({ length: WRITER_COUNT }, () => 0)
  for (let i = 0; i < log.numRows; i++) {
    const writer = Number(writers?.get(i))
    expect(numbers?.get(i)).toBe(counts[writer])
    counts[writer] = (counts[writer] as number) + 1
  }
  return counts
}

/** Looks at the log in one way or another; how many rows there are. */
function look(khonsu: Khonsu, way: number): number {
  const options = way % 2 === 0 ? { readOnly: true as const } : {}
  return khonsu.transact((tx) => {
    const log = way % 3 === 0 ? tx.table('log') : tx.get('log')
    const count = Number(tx.get('count') ?? 0)
    if (!(log instanceof RecordBatch || log instanceof Table)) return count
    const rowCount = countsOf(log).reduce((sum, each) => sum + each, 0)
    expect(rowCount).toBe(count)
    return rowCount
  }, options)
}

describe('writers that append to one batch', () => {
  it.each([false, true])(
    'lose no row and no order, beside readers (poison: %s)',
    async (poison) => {
      const khonsu = await openStore({ workers: WRITER_COUNT, memory: 128 * MIB, poison })
      const untilMs = Date.now() + RUN_MS
      const inputOf = (writer: number) => ({ writer, untilMs, seed: 5 + writer })
      const results = await beside(
        khonsu.runAll(JOB, inputOf) as Promise<number[]>,
        untilMs,
        (_, i) => look(khonsu, i),
      )
      const appended = results.slice(0, WRITER_COUNT)
      expect(Math.max(...results.slice(WRITER_COUNT))).toBeGreaterThan(0)
      const total = appended.reduce((sum, count) => sum + count, 0)
      expect(look(khonsu, 0)).toBe(total)
      khonsu.transact((tx) => expect(countsOf(tx.get('log') as RecordBatch)).toEqual(appended))
      await until(() => khonsu.transact((tx) => tx.table('log')?.batches.length === 1))
      expect(look(khonsu, 1)).toBe(total)
      khonsu.transact((tx) => tx.delete('log'))
      // Nothing is left, although the writers are idle.
      await until(async () => {
        await khonsu.reclaim()
        const { byClass } = khonsu.stats().memory
        return byClass.find(({ name }) => name === 'chunks')?.blocksUsed === 0
      })
    },
  )
})
