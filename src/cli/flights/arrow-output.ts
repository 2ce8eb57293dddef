import { join } from 'node:path'
import { Float64, Table, tableToIPC, Utf8, type Vector, vectorFromArray } from 'apache-arrow'
import { CliError } from '../exit-code.ts'
import { writeOutput } from '../output-file.ts'
import type { FlightColumns } from './flight-columns.ts'
import type { FlightTotals, Totals, TotalsField } from './flight-totals.ts'

/** The files that were written, and why the others were not. */
export interface ArrowOutput {
  readonly files: readonly string[]
  readonly failure: string | undefined
}

/**
 * Writes `airports.arrow` and `routes.arrow` (Arrow IPC files) sorted by code, each complete or not
 * at all. Does not throw when the folder cannot hold them: a long run should still be reported.
 */
export async function writeArrowFiles(
  folder: string,
  columns: FlightColumns,
  totals: FlightTotals,
): Promise<ArrowOutput> {
  const tables = {
    'airports.arrow': airportTable(columns, totals),
    'routes.arrow': routeTable(columns, totals),
  }
  const files: string[] = []
  try {
    for (const [name, table] of Object.entries(tables)) {
      const path = join(folder, name)
      await writeOutput(path, tableToIPC(table, 'file'), '--out')
      files.push(path)
    }
    return { files, failure: undefined }
  } catch (cause) {
    if (!(cause instanceof CliError)) throw cause
    return { files, failure: cause.message }
  }
}

function airportTable(columns: FlightColumns, { airports }: FlightTotals): Table {
  const rows = columns.airportCodes
    .map((airport, index) => ({ airport, totals: airports[index] }))
    .sort((a, b) => compare(a.airport, b.airport))
  return new Table({
    airport: texts(rows.map(({ airport }) => airport)),
    ...numbers(rows.map((row) => row.totals)),
  })
}

function routeTable(columns: FlightColumns, { routes }: FlightTotals): Table {
  const codes = columns.airportCodes
  const rows = columns.routes
    .map(({ originIndex, destinationIndex }, index) => ({
      origin: codes[originIndex] as string,
      destination: codes[destinationIndex] as string,
      totals: routes[index],
    }))
    .sort((a, b) => compare(a.origin, b.origin) || compare(a.destination, b.destination))
  const {
    departures,
    arrivals: _sameAsDepartures,
    ...sums
  } = numbers(rows.map((row) => row.totals))
  return new Table({
    origin: texts(rows.map(({ origin }) => origin)),
    destination: texts(rows.map(({ destination }) => destination)),
    flights: departures,
    ...sums,
  })
}

function texts(values: readonly string[]): Vector<Utf8> {
  return vectorFromArray(values, new Utf8())
}

function numbers(rows: readonly (Totals | undefined)[]): Record<TotalsField, Vector<Float64>> {
  const column = (field: TotalsField): Vector<Float64> => {
    return vectorFromArray(
      rows.map((row) => row?.[field] ?? null),
      new Float64(),
    )
  }
  return {
    departures: column('departures'),
    arrivals: column('arrivals'),
    delaySum: column('delaySum'),
    distanceSum: column('distanceSum'),
    worstDelay: column('worstDelay'),
  }
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0
}
