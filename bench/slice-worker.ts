/**
 * Thread entry: attaches to the store, builds both sides of one workload, then runs one slice per
 * message. The same thread runs the engine's slices and the control's.
 */

import { parentPort, workerData } from 'node:worker_threads'
import { attach } from '../src/index.ts'
import type { CrewMember } from './crew.ts'
import { Ledger } from './ledger.ts'
import { runSlice, type SliceOrder } from './slice.ts'
import { requireThroughputWorkload } from './workload-registry.ts'

const port = parentPort
if (port === null) throw new Error('slice-worker runs as a worker thread only')

const { workloadName, handle, control, ledgers, seat, barrier } = workerData as CrewMember
const workload = requireThroughputWorkload(workloadName)
const store = attach(handle)
const batches = {
  engine: workload.subject(store, seat, Ledger.from(ledgers.engine)),
  control: workload.control.batch(control, seat, Ledger.from(ledgers.control)),
}

port.on('message', (order: SliceOrder | 'stop') => {
  if (order === 'stop') {
    store.close()
    port.close()
    return
  }
  port.postMessage(runSlice(batches[order.side], order, barrier))
})
port.postMessage('ready')
