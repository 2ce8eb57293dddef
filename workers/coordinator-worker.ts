/** Thread entry of the coordinator: steps on a timer, answers control calls. */
import { parentPort, workerData } from 'node:worker_threads'
import { type Endpoint, expose } from 'comlink'
import nodeEndpoint from 'comlink/dist/esm/node-adapter.mjs'
import { attach } from '../src/api/attach.ts'
import type { StoreHandle } from '../src/api/store-handle.ts'
import { Coordinator } from '../src/coordinator/coordinator.ts'
import type { CoordinatorControl, CoordinatorSetup } from '../src/coordinator/coordinator-client.ts'

const STEP_INTERVAL_MS = 50

let isMerging = false

const { handle, control } = workerData as CoordinatorSetup
const coordinator = new Coordinator(attach(handle as StoreHandle).session)
const calls: CoordinatorControl = {
  report: () => coordinator.report(),
  sweepAll: () => coordinator.sweepAll(),
}
expose(calls, nodeEndpoint(control) as Endpoint)
setInterval(() => {
  coordinator.step(performance.now())
  merge()
}, STEP_INTERVAL_MS)

/** Between two slices everything else has its turn. */
function merge(): void {
  if (coordinator.mergeSlice(performance.now()) && !isMerging) {
    isMerging = true
    setImmediate(() => {
      isMerging = false
      merge()
    })
  }
}
parentPort?.postMessage('attached')
