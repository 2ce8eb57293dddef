import type { Khonsu, StoreHandle } from '../../index.ts'
import { type FlightCells, readCells, resolveCells } from './flight-cells.ts'
import type { FlightColumns } from './flight-columns.ts'
import type { FlightTotals, Totals } from './flight-totals.ts'

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
  readonly airports: Totals
  readonly routes: Totals
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
  return { airports: airports.reduce(addTotals), routes: routes.reduce(addTotals) }
}

function addTotals(a: Totals, b: Totals): Totals {
  return {
    departures: a.departures + b.departures,
    arrivals: a.arrivals + b.arrivals,
    delaySum: a.delaySum + b.delaySum,
    distanceSum: a.distanceSum + b.distanceSum,
    worstDelay: Math.max(a.worstDelay, b.worstDelay),
  }
}

/**
 * Whether a snapshot holds whole flights only: each flight departs from one airport, arrives at one
 * and is on one route; its delay and distance count twice among the airports. Exact below 2^53.
 */
export function isConsistent({ airports, routes }: SnapshotSums): boolean {
  return (
    airports.departures === airports.arrivals &&
    airports.departures === routes.departures &&
    routes.departures === routes.arrivals &&
    airports.delaySum === 2 * routes.delaySum &&
    airports.distanceSum === 2 * routes.distanceSum &&
    airports.worstDelay === routes.worstDelay
  )
}
