/** Where the thread entry points lie; the only place that names them. */

/** Entry point of the pool's threads. */
export const POOL_WORKER_URL: URL = new URL('../../workers/pool-worker.js', import.meta.url)

/** Entry point of the coordinator's thread. */
export const COORDINATOR_WORKER_URL: URL = new URL(
  '../../workers/coordinator-worker.js',
  import.meta.url,
)

/** The arguments of Node that a thread takes over: those of the process that fit a thread's file. */
export function threadArguments(): string[] {
  return process.execArgv.filter((argument) => !argument.startsWith('--input-type'))
}
