/** Thread entry of the pool: knows its store, runs the tasks it is sent. */
import { workerData } from 'piscina'
import { attach, providePoolHandle } from '../src/api/attach.ts'
import type { Store } from '../src/api/store.ts'
import type { StoreHandle } from '../src/api/store-handle.ts'
import { type PoolAnswer, type PoolTask, runPoolTask } from '../src/pool/pool-task.ts'
import { loadArrowCodec } from '../src/values/arrow-codec.ts'

providePoolHandle(workerData as StoreHandle)
let store: Store | undefined
try {
  store = attach()
} catch {
  // A full arena, say. A thread that fails to start would leave its tasks waiting for ever; the job
  // that attaches is told, and may find room by then.
}

/** Where there are batches, a job will read them. */
async function load(): Promise<void> {
  if (store?.session.batches.areUsed) await loadArrowCodec()
}

export default function poolWorker(task: PoolTask): Promise<PoolAnswer> {
  return runPoolTask(task, load)
}
