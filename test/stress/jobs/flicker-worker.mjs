/** A thread of its own, so that main is free to read in a tight loop. */
import { parentPort, workerData } from 'node:worker_threads'
import { attach } from 'khonsu'
import { work } from './flicker.mjs'

/** @type {{ handle: import('khonsu').StoreHandle, setup: import('./flicker.mjs').Setup }} */
const { handle, setup } = workerData
const store = attach(handle)
parentPort?.postMessage('works')
work(store, setup)
store.close()
