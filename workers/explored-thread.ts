/** Thread entry of the explorer: does its program whenever its turn comes. */
import { parentPort, workerData } from 'node:worker_threads'
import { ExploredThread, type ThreadSetup } from '../src/testing/explored-thread.ts'

const thread = new ExploredThread(workerData as ThreadSetup)
parentPort?.postMessage('ready')
thread.serve()
