import { commitFlights, type FlightJob } from '../src/cli/flights/flight-job.ts'
import { stopRun } from '../src/cli/flights/run-board.ts'
import { attach } from '../src/index.ts'

/** One task per worker of the pool: commits flights until the board has no more. */
export default function flightsJob(job: FlightJob): number {
  try {
    return commitFlights(attach(), job)
  } catch (error) {
    stopRun(job.board)
    throw error
  }
}
