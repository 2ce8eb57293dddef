/** Where the thread entry points lie; the only place that names them. */

/** Entry point of the pool's threads. */
export const POOL_WORKER_URL: URL = new URL('../../workers/pool-entry.cjs', import.meta.url)

/** Entry point of the coordinator's thread. */
export const COORDINATOR_WORKER_URL: URL = new URL(
  '../../workers/coordinator-worker.js',
  import.meta.url,
)

/** Entry point of the explorer's threads. */
export const EXPLORED_THREAD_URL: URL = new URL('../../workers/explored-thread.js', import.meta.url)

/**
 * The options of a thread that say with which arguments of Node it starts: those of the process, or
 * none when the program came by `--eval` or standard input, since a thread has a file and Node would
 * refuse `--input-type`. Named one by one they would be checked, and options of V8 refused.
 */
export function threadArguments(): { execArgv?: string[] } {
  const hasInputType = process.execArgv.some((argument) => argument.startsWith('--input-type'))
  return hasInputType ? { execArgv: [] } : {}
}
