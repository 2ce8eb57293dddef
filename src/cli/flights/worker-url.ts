/** Threads of this command are started by URL; nothing imports their files. */
const EXTENSION = import.meta.url.endsWith('.ts') ? '.ts' : '.js'

/** Runs `commitFlights` on each worker of the pool. */
export const FLIGHT_JOB_URL: URL = workerUrl('flights-job')
/** Takes snapshots on a thread of its own. */
export const READER_URL: URL = workerUrl('flights-reader')

function workerUrl(name: string): URL {
  return new URL(`../../../workers/${name}${EXTENSION}`, import.meta.url)
}
