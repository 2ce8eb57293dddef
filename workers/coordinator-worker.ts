/** Thread entry of the coordinator: steps on a timer, answers control calls. */
import { setImmediate } from 'node:timers/promises'
import { parentPort, workerData } from 'node:worker_threads'
import { type Endpoint, expose } from 'comlink'
import nodeEndpoint from 'comlink/dist/esm/node-adapter.mjs'
import type { StoreHandle } from '../src/api/store-handle.ts'
import { sessionOf } from '../src/api/store-session.ts'
import { Coordinator } from '../src/coordinator/coordinator.ts'
import type { CoordinatorControl, CoordinatorSetup } from '../src/coordinator/coordinator-client.ts'
import { SLICE_MS } from '../src/coordinator/row-merger.ts'
import { Arena } from '../src/memory/arena.ts'
import { arrowCodec, loadArrowCodec } from '../src/values/arrow-codec.ts'

const STEP_INTERVAL_MS = 50

let isMerging = false
let isPrepared = false

const { handle, control } = workerData as CoordinatorSetup
const store = handle as StoreHandle
const coordinator = new Coordinator(sessionOf(Arena.attach(store), store.settings))
const calls: CoordinatorControl = {
  report: () => coordinator.report(),
  sweepAll: () => coordinator.sweepAll(),
}
expose(calls, nodeEndpoint(control) as Endpoint)
setInterval(() => {
  coordinator.step(performance.now())
  void merge()
}, STEP_INTERVAL_MS)

/** Between two slices everything else has its turn. */
async function merge(): Promise<void> {
  if (isMerging || !coordinator.hasMerges) return
  isMerging = true
  try {
    if (!isPrepared) await prepare()
    while (coordinator.mergeSlice(performance.now())) await setImmediate()
  } finally {
    isMerging = false
  }
}

/** Loads what merges need, and has it compiled. */
async function prepare(): Promise<void> {
  await loadArrowCodec()
  const practice = arrowCodec().planPractice()
  try {
    while (!practice.step(performance.now() + SLICE_MS)) await setImmediate()
  } catch {
    // Without it merges are slower at first, and nothing else.
  }
  isPrepared = true
}

parentPort?.postMessage('attached')
