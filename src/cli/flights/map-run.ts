import { setImmediate } from 'node:timers/promises'
import type { FlightColumns } from './flight-columns.ts'
import { type FlightTotals, NO_FLIGHTS, routeName, type Totals } from './flight-totals.ts'
import type { RunOptions, RunResult } from './measured-run.ts'

const ROWS_PER_SLICE = 50_000

type MutableTotals = { -readonly [K in keyof Totals]: number }

/**
 * The truth: one thread, two plain `Map`s keyed by airport code and by route name. It shares no code
 * with the other runs except the decoded columns.
 */
export async function runWithMaps(
  columns: FlightColumns,
  { signal, onProgress }: RunOptions,
): Promise<RunResult> {
  const airports = new Map<string, MutableTotals>()
  const routes = new Map<string, MutableTotals>()
  const startedMs = performance.now()
  for (let start = 0; start < columns.rowCount; start += ROWS_PER_SLICE) {
    const end = Math.min(start + ROWS_PER_SLICE, columns.rowCount)
    addRows(columns, start, end, airports, routes)
    onProgress({ done: end, attempts: end })
    await setImmediate()
    signal.throwIfAborted()
  }
  const elapsedMs = performance.now() - startedMs
  return { elapsedMs, totals: totalsOf(columns, airports, routes) }
}

function addRows(
  columns: FlightColumns,
  start: number,
  end: number,
  airports: Map<string, MutableTotals>,
  routes: Map<string, MutableTotals>,
): void {
  for (let row = start; row < end; row++) {
    const originCode = columns.airportCodes[columns.originIndex[row] as number] as string
    const destinationCode = columns.airportCodes[columns.destinationIndex[row] as number] as string
    const delay = columns.delay[row] as number
    const distance = columns.distance[row] as number
    const origin = entry(airports, originCode)
    origin.departures += 1
    addFlight(origin, delay, distance)
    const destination = entry(airports, destinationCode)
    destination.arrivals += 1
    addFlight(destination, delay, distance)
    const route = entry(routes, `${originCode}-${destinationCode}`)
    route.departures += 1
    route.arrivals += 1
    addFlight(route, delay, distance)
  }
}

function entry(map: Map<string, MutableTotals>, key: string): MutableTotals {
  const known = map.get(key)
  if (known !== undefined) return known
  const created: MutableTotals = { ...NO_FLIGHTS }
  map.set(key, created)
  return created
}

function addFlight(totals: MutableTotals, delay: number, distance: number): void {
  totals.delaySum += delay
  totals.distanceSum += distance
  if (delay > totals.worstDelay) totals.worstDelay = delay
}

function totalsOf(
  columns: FlightColumns,
  airports: ReadonlyMap<string, Totals>,
  routes: ReadonlyMap<string, Totals>,
): FlightTotals {
  return {
    airports: columns.airportCodes.map((code) => airports.get(code) ?? NO_FLIGHTS),
    routes: columns.routes.map((_, index) => {
      return routes.get(routeName(columns, index)) ?? NO_FLIGHTS
    }),
  }
}
