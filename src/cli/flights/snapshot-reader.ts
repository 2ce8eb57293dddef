import type { Khonsu, StoreHandle } from '../../index.ts'
import { type FlightCells, readCells, resolveCells } from './flight-cells.ts'
import type { FlightColumns } from './flight-columns.ts'
import type { FlightTotals } from './flight-totals.ts'

/** What the thread of the reader starts with. */
export interface ReaderSetup {
  readonly handle: StoreHandle
  readonly columns: FlightColumns
}

/** Asks the reader for one last snapshot; it ends after it. */
export const FINISH_READING = 'finish'
export const SNAPSHOT_INTERVAL_MS = 100

/** The sums of one snapshot over all airports and over all routes. */
export interface SnapshotSums {
  readonly departures: number
  readonly arrivals: number
  readonly airportDelay: number
  readonly airportDistance: number
  readonly airportWorstDelay: number
  readonly flights: number
  readonly routeDelay: number
  readonly routeDistance: number
  readonly routeWorstDelay: number
}

export interface SnapshotMessage {
  readonly sums: SnapshotSums
  readonly elapsedMs: number
}

/** Takes snapshots of all cells, each in one transaction. Belongs to one thread. */
export class SnapshotReader {
  readonly #store: Pick<Khonsu, 'transact'>
  readonly #cells: FlightCells

  constructor(store: Pick<Khonsu, 'ref' | 'transact'>, columns: FlightColumns) {
    this.#store = store
    this.#cells = resolveCells(store, columns)
  }

  /** Never sees half a flight: the level is at least repeatable-read, whatever the writers use. */
  take(): SnapshotMessage {
    const startedMs = performance.now()
    const options = { isolation: 'repeatable-read', name: 'snapshot' } as const
    const totals = this.#store.transact((tx) => readCells(tx, this.#cells), options)
    return { sums: sumTotals(totals), elapsedMs: performance.now() - startedMs }
  }
}

export function sumTotals({ airports, routes }: FlightTotals): SnapshotSums {
  let departures = 0
  let arrivals = 0
  let airportDelay = 0
  let airportDistance = 0
  let airportWorstDelay = Number.NEGATIVE_INFINITY
  for (const airport of airports) {
    departures += airport.departures
    arrivals += airport.arrivals
    airportDelay += airport.delaySum
    airportDistance += airport.distanceSum
    airportWorstDelay = Math.max(airportWorstDelay, airport.worstDelay)
  }
  let flights = 0
  let routeDelay = 0
  let routeDistance = 0
  let routeWorstDelay = Number.NEGATIVE_INFINITY
  for (const route of routes) {
    flights += route.flights
    routeDelay += route.delaySum
    routeDistance += route.distanceSum
    routeWorstDelay = Math.max(routeWorstDelay, route.worstDelay)
  }
  return {
    ...{ departures, arrivals, airportDelay, airportDistance, airportWorstDelay },
    ...{ flights, routeDelay, routeDistance, routeWorstDelay },
  }
}

/**
 * Whether a snapshot holds whole flights only: each flight counts once as a departure, an arrival and
 * a flight of its route, and its delay and distance twice among the airports. Exact below 2^53.
 */
export function isConsistent(sums: SnapshotSums): boolean {
  return (
    sums.departures === sums.arrivals &&
    sums.arrivals === sums.flights &&
    sums.airportDelay === 2 * sums.routeDelay &&
    sums.airportDistance === 2 * sums.routeDistance &&
    sums.airportWorstDelay === sums.routeWorstDelay
  )
}
