/**
 * Thread entry: works until it ends, before one of its accesses to shared memory or by others. It
 * loads as little as it can: a run starts a thousand of them.
 */

import { parentPort, workerData } from 'node:worker_threads'
import { attach } from '../src/api/attach.ts'
import { loadHookedKernel } from '../src/testing/hooked-kernel.ts'
import {
  DOOMED_EXIT_CODE,
  DOOMED_MESSAGE,
  type DoomedSetup,
  type PrepareWork,
} from './doomed-thread.ts'
import { nowNs } from './slice.ts'

const { handle, doom, work, endedNs } = workerData as DoomedSetup
const { ending } = doom
const isCounting = doom.ending !== 'terminate'
let accessesLeft = Number.POSITIVE_INFINITY

function beforeAccess(): void {
  accessesLeft--
  if (accessesLeft !== 0) return
  endedNs[0] = nowNs()
  if (ending === 'exit') process.exit(DOOMED_EXIT_CODE)
  if (ending === 'throw') throw new Error(DOOMED_MESSAGE)
}

/** Everything above the kernel is the product's: it is given another build of it. */
function hookKernel(): void {
  const { Instance } = WebAssembly
  const hooked = loadHookedKernel()
  const HookedInstance = class extends Instance {
    constructor(_: WebAssembly.Module, { env }: WebAssembly.Imports = {}) {
      super(hooked, { env: { ...env, beforeAccess } })
    }
  }
  Object.defineProperty(WebAssembly, 'Instance', { value: HookedInstance })
}

if (isCounting) hookKernel()
const { default: prepare }: { default: PrepareWork } = await import(work.url)
const store = attach(handle)
const step = prepare(store, work.input as never)
parentPort?.postMessage('works')
if (isCounting) accessesLeft = doom.accessCount
while (accessesLeft > 0) step()
// The store finishes a commit that was decided, and does not tell what it was thrown out by.
if (ending === 'throw') throw new Error(DOOMED_MESSAGE)
store.close()
