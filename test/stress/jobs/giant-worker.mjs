/** A thread whose commits take milliseconds, so that it can be ended in the middle of one. */
import { parentPort, workerData } from 'node:worker_threads'
import { attach } from 'khonsu'

/**
 * @typedef {object} GiantSetup
 * @property {import('khonsu').StoreHandle} handle
 * @property {number} count cells of one commit
 * @property {boolean} texts whether they hold texts instead of numbers
 * @property {Int32Array} progress [1 while it commits, bodies that were run]
 */

/** @type {GiantSetup} */
const { handle, count, texts, progress } = workerData
const store = attach(handle)
const list = store.refs(Array.from({ length: count }, (_, i) => ['giant', i]))
const readOnly = store.refs(Array.from({ length: count / 10 }, (_, i) => ['only read', i]))
parentPort?.postMessage('works')
for (;;) {
  store.transact((tx) => {
    Atomics.store(progress, 0, 0)
    const version = Number(String(tx.getAt(list, 0) ?? 0).split(' ')[0]) + 1
    for (let i = 0; i < readOnly.length; i++) tx.getAt(readOnly, i)
    for (let i = 0; i < count; i++) tx.setAt(list, i, texts ? `${version} text` : version)
    Atomics.add(progress, 1, 1)
    Atomics.store(progress, 0, 1)
  })
  Atomics.store(progress, 0, 0)
}
