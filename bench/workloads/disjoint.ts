import { loadAccounts } from '../accounts.ts'
import { controlTransfers, transferControl } from '../two-lock-control.ts'
import type { Seat, ThroughputWorkload } from '../workload.ts'
import { observeSum, transferBatch } from './transfer.ts'

/**
 * Transfers inside a share of the cells that no other worker touches: nothing conflicts, so what
 * keeps two workers from twice the throughput of one is what the engine itself shares.
 */
export const disjoint: ThroughputWorkload = {
  kind: 'throughput',
  name: 'disjoint',
  description: 'transfer, each worker in a share of the cells of its own',
  defaults: { cellCount: 100_000, workerCounts: [1, 2] },
  prepare: loadAccounts,
  subject: (store, seat) => {
    const { firstCell, cellCount } = shareOf(seat)
    return transferBatch(store, firstCell, cellCount, seat.seed)
  },
  control: {
    ...transferControl,
    batch: (cells, seat) => controlTransfers(cells, shareOf(seat), seat.seed),
  },
  observe: (store, { cellCount }) => [observeSum(store, cellCount)],
}

/** Returns the worker's range of cells: as large in a run of one worker as in one of all. */
function shareOf({ workerIndex, workerCount, cellCount }: Seat): {
  firstCell: number
  cellCount: number
} {
  const shareCellCount = Math.floor(cellCount / workerCount)
  return { firstCell: workerIndex * shareCellCount, cellCount: shareCellCount }
}
