/** Joins by a handle, as a program does that has threads of its own. */
import { parentPort, workerData } from 'node:worker_threads'
import { attach } from 'khonsu'

const { handle, task } = workerData
const store = attach(handle)
if (task === 'add') {
  store.transact((tx) => tx.update('count', (count) => Number(count ?? 0) + 1))
  parentPort?.postMessage(attach(handle) === store)
  store.close()
}
if (task === 'stay') {
  store.startTransaction({ name: 'left open' }).write('count', 100)
  parentPort?.postMessage('stays')
  setInterval(() => {}, 1_000)
}
if (task === 'join twice') {
  store.startTransaction({ name: 'of the first' })
  store.close()
  attach(handle).startTransaction({ name: 'of the second' }).write('count', 100)
  parentPort?.postMessage('stays')
  setInterval(() => {}, 1_000)
}
if (task === 'outlive') {
  parentPort?.on('message', () => {
    try {
      store.transact((tx) => tx.get('count'))
      parentPort?.postMessage('still open')
    } catch (error) {
      parentPort?.postMessage(/** @type {{ code: string }} */ (error).code)
    }
    parentPort?.close()
  })
  parentPort?.postMessage('ready')
}
