/** A thread of its own that works until somebody ends it. */
import { parentPort, workerData } from 'node:worker_threads'
import { attach } from 'khonsu'
import { move } from './accounts.mjs'
import { replaceBanner } from './banner.mjs'

/** @type {{ handle: import('khonsu').StoreHandle, bank: import('./accounts.mjs').Bank }} */
const { handle, bank } = workerData
const store = attach(handle)
// A snapshot that nobody ends: it must not outlive its thread.
store.startTransaction({ name: 'left behind' }).read('banner 0')
parentPort?.postMessage('works')
for (;;) {
  move(store, { ...bank, untilMs: Date.now() + 1 })
  replaceBanner(store)
}
