import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import {
  asyncBufferFromFile,
  type DecodedArray,
  parquetMetadataAsync,
  parquetRead,
} from 'hyparquet'
import { compressors } from 'hyparquet-compressors'
import { CliError, EXIT_USAGE } from '../exit-code.ts'
import { type FlightColumns, FlightColumnsBuilder } from './flight-columns.ts'

const FILE_NAME = 'flights-3m.parquet'
const COLUMN_NAMES = ['origin', 'destination', 'delay', 'distance'] as const

type ColumnName = (typeof COLUMN_NAMES)[number]

export interface LoadOptions {
  /** How many rows to take from the start of the file; all of them when absent. */
  readonly rowLimit: number | undefined
  readonly signal: AbortSignal
  /** Called once, before the first row, with the number of rows that will be decoded. */
  readonly onStart: (rowCount: number) => void
  readonly onProgress: (rowsDecoded: number) => void
}

/** Where the package `vega-datasets` keeps the flights. @throws CliError when it is not installed. */
export function flightFilePath(): string {
  try {
    const entry = createRequire(import.meta.url).resolve('vega-datasets')
    return join(dirname(entry), '..', 'data', FILE_NAME)
  } catch (cause) {
    const remedy = 'run: npm install vega-datasets'
    throw new CliError(`the package vega-datasets is not installed; ${remedy}`, undefined, {
      cause,
    })
  }
}

/**
 * Decodes the first rows of the flight file, one row group after the other, into shared columns.
 * @throws CliError when the file is unreadable, lacks a value, or has fewer rows than asked for.
 */
export async function loadFlights(path: string, options: LoadOptions): Promise<FlightColumns> {
  const file = await asyncBufferFromFile(path).catch((cause: unknown) => {
    throw new CliError(`cannot read the flights from ${path}`, undefined, { cause })
  })
  const metadata = await parquetMetadataAsync(file)
  const fileRowCount = Number(metadata.num_rows)
  const rowCount = options.rowLimit ?? fileRowCount
  if (rowCount > fileRowCount) {
    const most = fileRowCount.toLocaleString('en-US')
    throw new CliError(`--rows ${rowCount}: the file has only ${most} flights`, EXIT_USAGE)
  }
  options.onStart(rowCount)
  const builder = new FlightColumnsBuilder(rowCount)
  let rowStart = 0
  for (const group of metadata.row_groups) {
    const rowEnd = Math.min(rowStart + Number(group.num_rows), rowCount)
    if (rowEnd === rowStart) break
    const chunks = new Map<string, DecodedArray>()
    await parquetRead({
      file,
      metadata,
      compressors,
      columns: [...COLUMN_NAMES],
      rowStart,
      rowEnd,
      onChunk: ({ columnName, columnData }) => chunks.set(columnName, columnData),
    })
    options.signal.throwIfAborted()
    appendRows(builder, chunks, rowEnd - rowStart)
    rowStart = rowEnd
    options.onProgress(rowStart)
  }
  return builder.build()
}

function appendRows(
  builder: FlightColumnsBuilder,
  chunks: ReadonlyMap<string, DecodedArray>,
  count: number,
): void {
  const origin = columnOf(chunks, 'origin', count)
  const destination = columnOf(chunks, 'destination', count)
  const delay = columnOf(chunks, 'delay', count)
  const distance = columnOf(chunks, 'distance', count)
  for (let row = 0; row < count; row++) {
    builder.append(
      textOf(origin[row]),
      textOf(destination[row]),
      integerOf(delay[row]),
      integerOf(distance[row]),
    )
  }
}

/** A chunk holds its whole row group, which may be longer than the rows wanted of it. */
function columnOf(
  chunks: ReadonlyMap<string, DecodedArray>,
  name: ColumnName,
  count: number,
): DecodedArray {
  const column = chunks.get(name)
  if (column !== undefined && column.length >= count) return column
  throw new CliError(`${FILE_NAME} is damaged: the column "${name}" is missing or too short`)
}

function textOf(value: unknown): string {
  if (typeof value === 'string') return value
  throw new CliError(`${FILE_NAME}: expected an airport code, found ${String(value)}`)
}

function integerOf(value: unknown): number {
  if (typeof value === 'bigint') return Number(value)
  if (typeof value === 'number') return value
  throw new CliError(`${FILE_NAME}: expected a whole number, found ${String(value)}`)
}
