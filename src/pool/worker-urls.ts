/** Where the thread entry points lie; the only place that names them. */

/** Entry point of the pool's threads. */
export const POOL_WORKER_URL: URL = new URL('../../workers/pool-worker.js', import.meta.url)

/** Entry point of the coordinator's thread. */
export const COORDINATOR_WORKER_URL: URL = new URL(
  '../../workers/coordinator-worker.js',
  import.meta.url,
)
