/** A thread of its own that works until somebody ends it. */
import { parentPort, workerData } from 'node:worker_threads'
import { attach } from 'khonsu'
import doomedWork from './doomed-work.mjs'

/** @type {{ handle: import('khonsu').StoreHandle, bank: import('./accounts.mjs').Bank }} */
const { handle, bank } = workerData
const store = attach(handle)
// A snapshot that nobody ends: it must not outlive its thread.
store.startTransaction({ name: 'left behind' }).read('banner 0')
const step = doomedWork(store, bank)
parentPort?.postMessage('works')
for (;;) step()
