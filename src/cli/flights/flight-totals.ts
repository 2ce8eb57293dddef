import type { FlightColumns } from './flight-columns.ts'

/** The cells of one airport: flights out, flights in, and sums over both. */
export const AIRPORT_FIELDS = [
  'departures',
  'arrivals',
  'delaySum',
  'distanceSum',
  'worstDelay',
] as const
/** The cells of one route. */
export const ROUTE_FIELDS = ['flights', 'delaySum', 'distanceSum', 'worstDelay'] as const

/** Minutes and miles; all sums are exact integers. */
export type AirportTotals = Readonly<Record<(typeof AIRPORT_FIELDS)[number], number>>
export type RouteTotals = Readonly<Record<(typeof ROUTE_FIELDS)[number], number>>

/** No flight yet: any delay is worse than `worstDelay`. */
export const NO_AIRPORT_FLIGHTS: AirportTotals = {
  departures: 0,
  arrivals: 0,
  delaySum: 0,
  distanceSum: 0,
  worstDelay: Number.NEGATIVE_INFINITY,
}
/** No flight yet: any delay is worse than `worstDelay`. */
export const NO_ROUTE_FLIGHTS: RouteTotals = {
  flights: 0,
  delaySum: 0,
  distanceSum: 0,
  worstDelay: Number.NEGATIVE_INFINITY,
}

/** What a run computed, numbered like `FlightColumns.airportCodes` and `FlightColumns.routes`. */
export interface FlightTotals {
  readonly airports: readonly AirportTotals[]
  readonly routes: readonly RouteTotals[]
}

/** One cell where a run and the truth differ. */
export interface Difference {
  readonly entity: string
  readonly field: string
  readonly expected: number | undefined
  readonly actual: number | undefined
}

/** `LAX-JFK`. */
export function routeName(columns: FlightColumns, routeIndex: number): string {
  const route = columns.routes[routeIndex]
  if (route === undefined) throw new RangeError(`route ${routeIndex} of ${columns.routes.length}`)
  const origin = columns.airportCodes[route.originIndex]
  const destination = columns.airportCodes[route.destinationIndex]
  return `${origin}-${destination}`
}

/** Every cell where `actual` is not exactly `expected`; empty when the run is right. */
export function differences(
  columns: FlightColumns,
  expected: FlightTotals,
  actual: FlightTotals,
): Difference[] {
  return [
    ...cellDifferences(AIRPORT_FIELDS, expected.airports, actual.airports, (index) => {
      return `airport ${columns.airportCodes[index]}`
    }),
    ...cellDifferences(ROUTE_FIELDS, expected.routes, actual.routes, (index) => {
      return `route ${routeName(columns, index)}`
    }),
  ]
}

function cellDifferences<F extends string>(
  fields: readonly F[],
  expected: readonly Readonly<Record<F, number>>[],
  actual: readonly Readonly<Record<F, number>>[],
  nameOf: (index: number) => string,
): Difference[] {
  const found: Difference[] = []
  for (let index = 0; index < Math.max(expected.length, actual.length); index++) {
    for (const field of fields) {
      const right = expected[index]?.[field]
      const got = actual[index]?.[field]
      if (right === got) continue
      found.push({ entity: nameOf(index), field, expected: right, actual: got })
    }
  }
  return found
}
