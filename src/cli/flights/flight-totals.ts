import type { FlightColumns } from './flight-columns.ts'

/** The numbers of one airport or one route. On a route every flight departs and arrives. */
export const TOTALS_FIELDS = [
  'departures',
  'arrivals',
  'delaySum',
  'distanceSum',
  'worstDelay',
] as const

export type TotalsField = (typeof TOTALS_FIELDS)[number]

/** Minutes and miles; all sums are exact integers. */
export type Totals = Readonly<Record<TotalsField, number>>

/** No flight yet: any delay is worse than `worstDelay`. */
export const NO_FLIGHTS: Totals = {
  departures: 0,
  arrivals: 0,
  delaySum: 0,
  distanceSum: 0,
  worstDelay: Number.NEGATIVE_INFINITY,
}

/** What a run computed, numbered like `FlightColumns.airportCodes` and `FlightColumns.routes`. */
export interface FlightTotals {
  readonly airports: readonly Totals[]
  readonly routes: readonly Totals[]
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
    ...cellDifferences(expected.airports, actual.airports, (index) => {
      return `airport ${columns.airportCodes[index]}`
    }),
    ...cellDifferences(expected.routes, actual.routes, (index) => {
      return `route ${routeName(columns, index)}`
    }),
  ]
}

function cellDifferences(
  expected: readonly Totals[],
  actual: readonly Totals[],
  nameOf: (index: number) => string,
): Difference[] {
  const found: Difference[] = []
  for (let index = 0; index < Math.max(expected.length, actual.length); index++) {
    for (const field of TOTALS_FIELDS) {
      const right = expected[index]?.[field]
      const got = actual[index]?.[field]
      if (right === got) continue
      found.push({ entity: nameOf(index), field, expected: right, actual: got })
    }
  }
  return found
}
