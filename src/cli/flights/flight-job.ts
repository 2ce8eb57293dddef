import type { Khonsu, RecordView, Transaction } from '../../index.ts'
import { resolveCells } from './flight-cells.ts'
import type { FlightColumns } from './flight-columns.ts'
import type { Totals } from './flight-totals.ts'
import { sharedClockMs } from './measured-run.ts'
import { passGate, takeRows } from './run-board.ts'

export interface FlightJob {
  readonly columns: FlightColumns
  readonly board: Int32Array
  readonly workerIndex: number
}

/** The shape of the worker file that runs `commitFlights`. */
export interface FlightJobModule {
  readonly default: (job: FlightJob) => number
}

/**
 * Commits one transaction for each flight that this worker takes from the board, and returns the time
 * on the shared clock at which it found no more. The closures are made once: a flight allocates
 * nothing of its own.
 */
export function commitFlights(store: Pick<Khonsu, 'ref' | 'transact'>, job: FlightJob): number {
  const { columns, board, workerIndex } = job
  const { originIndex, destinationIndex, routeIndex, delay, distance } = columns
  const { airports, routes } = resolveCells(store, columns)
  let row = 0
  let minutes = 0
  let miles = 0
  let attempts = 0

  const commitFlight = (tx: Transaction): void => {
    attempts++
    const origin = tx.modify(airports[originIndex[row]!]!)
    origin.departures += 1
    addFlight(origin)
    const destination = tx.modify(airports[destinationIndex[row]!]!)
    destination.arrivals += 1
    addFlight(destination)
    const route = tx.modify(routes[routeIndex[row]!]!)
    route.departures += 1
    route.arrivals += 1
    addFlight(route)
  }
  const addFlight = (totals: RecordView<Totals>): void => {
    totals.delaySum += minutes
    totals.distanceSum += miles
    if (minutes > totals.worstDelay) totals.worstDelay = minutes
  }

  passGate(board)
  takeRows(board, workerIndex, columns.rowCount, (start, end) => {
    attempts = 0
    for (row = start; row < end; row++) {
      minutes = delay[row]!
      miles = distance[row]!
      store.transact(commitFlight)
    }
    return attempts
  })
  return sharedClockMs()
}
