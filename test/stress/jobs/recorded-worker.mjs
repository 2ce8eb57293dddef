/** Records random transactions until it is ended from outside. */
import { workerData } from 'node:worker_threads'
import { attach } from 'khonsu'
import { makeHistory } from './history.mjs'

makeHistory(attach(workerData.handle), workerData.plan)
