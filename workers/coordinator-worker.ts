/** Thread entry of the coordinator: steps on a timer, answers control calls. */
import { parentPort, workerData } from 'node:worker_threads'
import { type Endpoint, expose } from 'comlink'
import nodeEndpoint from 'comlink/dist/esm/node-adapter.mjs'
import type { StoreHandle } from '../src/api/store-handle.ts'
import { sessionOf } from '../src/api/store-session.ts'
import { Coordinator } from '../src/coordinator/coordinator.ts'
import type { CoordinatorControl, CoordinatorSetup } from '../src/coordinator/coordinator-client.ts'
import { MergeTurns } from '../src/coordinator/merge-turns.ts'
import { Arena } from '../src/memory/arena.ts'

const STEP_INTERVAL_MS = 50

const { handle, control } = workerData as CoordinatorSetup
const store = handle as StoreHandle
const coordinator = new Coordinator(sessionOf(Arena.attach(store), store.settings))
const merges = new MergeTurns(coordinator)
const calls: CoordinatorControl = {
  report: () => coordinator.report(),
  sweepAll: () => coordinator.sweepAll(),
}
expose(calls, nodeEndpoint(control) as Endpoint)
setInterval(() => {
  coordinator.step(performance.now())
  void merges.run()
}, STEP_INTERVAL_MS)

parentPort?.postMessage('attached')
