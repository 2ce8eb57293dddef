import type { ThroughputWorkload } from '../workload.ts'
import { transfer } from './transfer.ts'

/** Transfers between 16 cells: nearly every transaction meets another one. */
export const hot: ThroughputWorkload = {
  ...transfer,
  name: 'hot',
  description: 'transfer among 16 cells: nearly every transaction meets another',
  defaults: { cellCount: 16, workerCounts: [2] },
}
