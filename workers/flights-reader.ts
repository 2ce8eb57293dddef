import { parentPort, workerData } from 'node:worker_threads'
import {
  FINISH_READING,
  type ReaderSetup,
  SNAPSHOT_INTERVAL_MS,
  SnapshotReader,
} from '../src/cli/flights/snapshot-reader.ts'
import { attach } from '../src/index.ts'

const { handle, columns } = workerData as ReaderSetup
const store = attach(handle)
const reader = new SnapshotReader(store, columns)
const post = (): void => parentPort?.postMessage(reader.take())

post()
const timer = setInterval(post, SNAPSHOT_INTERVAL_MS)
parentPort?.on('message', (message) => {
  if (message !== FINISH_READING) return
  clearInterval(timer)
  post()
  store.close()
  parentPort?.close()
})
