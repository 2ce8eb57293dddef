import type { ThroughputWorkload, Workload } from './workload.ts'
import { arrowAppend } from './workloads/arrow-append.ts'
import { arrowMerge } from './workloads/arrow-merge.ts'
import { arrowRead } from './workloads/arrow-read.ts'
import { arrowWrite } from './workloads/arrow-write.ts'
import { checkHistory } from './workloads/check-history.ts'
import { churn } from './workloads/churn.ts'
import { deaths } from './workloads/deaths.ts'
import { disjoint } from './workloads/disjoint.ts'
import { footprint } from './workloads/footprint.ts'
import { hot } from './workloads/hot.ts'
import { hotAdd } from './workloads/hot-add.ts'
import { judge } from './workloads/judge.ts'
import { longSnapshot } from './workloads/long-snapshot.ts'
import { micro } from './workloads/micro.ts'
import { pause } from './workloads/pause.ts'
import { reads } from './workloads/reads.ts'
import { scan } from './workloads/scan.ts'
import { scanUpdate } from './workloads/scan-update.ts'
import { smallbank } from './workloads/smallbank.ts'
import { strings } from './workloads/strings.ts'
import { transfer } from './workloads/transfer.ts'
import { writeSkew } from './workloads/write-skew.ts'
import { ycsbA, ycsbB, ycsbC, ycsbF } from './workloads/ycsb.ts'
import { ycsbD } from './workloads/ycsb-d.ts'
import { ycsbE } from './workloads/ycsb-e.ts'

/** Every workload of `khonsu bench`, in the order in which the help lists them. */
export const workloads: readonly Workload[] = [
  transfer,
  disjoint,
  hot,
  strings,
  reads,
  writeSkew,
  smallbank,
  ycsbA,
  ycsbB,
  ycsbC,
  ycsbD,
  ycsbE,
  ycsbF,
  footprint,
  scan,
  micro,
  churn,
  longSnapshot,
  pause,
  scanUpdate,
  judge,
  hotAdd,
  deaths,
  arrowRead,
  arrowWrite,
  arrowAppend,
  arrowMerge,
  checkHistory,
]

/** Returns the workload called `name`, or undefined. */
export function findWorkload(name: string): Workload | undefined {
  return workloads.find((workload) => workload.name === name)
}

/** Returns the throughput workload that the main thread named when it started this worker. */
export function requireThroughputWorkload(name: string): ThroughputWorkload {
  const workload = findWorkload(name)
  if (workload?.kind !== 'throughput') throw new Error(`no throughput workload is named ${name}`)
  return workload
}
