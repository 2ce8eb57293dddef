import { type Khonsu, type Ref, record, type Transaction } from '../../index.ts'
import type { FlightColumns } from './flight-columns.ts'
import { type FlightTotals, NO_FLIGHTS, type Totals } from './flight-totals.ts'

/** One codec for airports and routes: a thread that meets one record type only is quicker. */
const TOTALS_RECORD = record({
  departures: 'float64',
  arrivals: 'float64',
  delaySum: 'float64',
  distanceSum: 'float64',
  worstDelay: 'float64',
})

/**
 * One cell for each airport and one for each route, numbered like the columns. Refs belong to their
 * thread: each thread resolves its own, once.
 */
export interface FlightCells {
  readonly airports: readonly Ref<Totals>[]
  readonly routes: readonly Ref<Totals>[]
}

export function resolveCells(store: Pick<Khonsu, 'ref'>, columns: FlightColumns): FlightCells {
  const codes = columns.airportCodes
  return {
    airports: codes.map((code) => store.ref(['airport', code], TOTALS_RECORD, NO_FLIGHTS)),
    routes: columns.routes.map(({ originIndex, destinationIndex }) => {
      const key = ['route', codes[originIndex] as string, codes[destinationIndex] as string]
      return store.ref(key, TOTALS_RECORD, NO_FLIGHTS)
    }),
  }
}

/** Gives every cell its first value, so that no flight has to create one. */
export function createCells(tx: Transaction, cells: FlightCells): void {
  for (const ref of cells.airports) tx.set(ref, NO_FLIGHTS)
  for (const ref of cells.routes) tx.set(ref, NO_FLIGHTS)
}

/** All cells as one transaction sees them. */
export function readCells(tx: Transaction, cells: FlightCells): FlightTotals {
  return {
    airports: cells.airports.map((ref) => tx.get(ref) ?? NO_FLIGHTS),
    routes: cells.routes.map((ref) => tx.get(ref) ?? NO_FLIGHTS),
  }
}
