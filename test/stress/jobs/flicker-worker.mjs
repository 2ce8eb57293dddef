/** A thread of its own, so that main is free to read in a tight loop. */
import { parentPort, workerData } from 'node:worker_threads'
import { attach, KhonsuError } from 'khonsu'
import { work } from './flicker.mjs'

/** @type {{ handle: import('khonsu').StoreHandle, setup: import('./flicker.mjs').Setup }} */
const { handle, setup } = workerData
const store = attach(handle)
parentPort?.postMessage('works')
try {
  work(store, setup)
} catch (error) {
  // The test is over when its store is closed.
  if (!(error instanceof KhonsuError && error.code === 'KHONSU_STORE_CLOSED')) throw error
}
store.close()
