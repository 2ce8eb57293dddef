import { parentPort, workerData } from 'node:worker_threads'
import { attach } from 'khonsu'

const PAUSE_MS = 5

const { handle, cells } = workerData
const store = attach(handle)
let snapshots = 0
let broken = 0

const timer = setInterval(() => {
  const sum = store.transact((tx) => {
    let total = 0
    for (let cell = 0; cell < cells; cell++) total += Number(tx.get(cell))
    return total
  })
  snapshots++
  if (sum !== 0) broken++
}, PAUSE_MS)

parentPort?.on('message', () => {
  clearInterval(timer)
  const unfinished = store.startTransaction({ name: 'reader' })
  unfinished.write(0, 1_000_000)
  parentPort?.postMessage({ snapshots, broken })
})
parentPort?.postMessage('attached')
