/** Thread entry of the pool: knows its store, runs the tasks it is sent. */
import { workerData } from 'piscina'
import { attach, providePoolHandle } from '../src/api/attach.ts'
import type { StoreHandle } from '../src/api/store-handle.ts'
import { type PoolAnswer, type PoolTask, runPoolTask } from '../src/pool/pool-task.ts'

providePoolHandle(workerData as StoreHandle)
try {
  attach()
} catch {
  // A full arena, say. A thread that fails to start would leave its tasks waiting for ever; the job
  // that attaches is told, and may find room by then.
}

export default function poolWorker(task: PoolTask): Promise<PoolAnswer> {
  return runPoolTask(task)
}
