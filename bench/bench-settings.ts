import type { IsolationLevel } from '../src/index.ts'
import type { Workload } from './workload.ts'

/** How a benchmark is to run. All numbers are checked. */
export interface BenchSettings {
  /** Numbers of workers to run with, ascending, without repetition. */
  readonly workerCounts: readonly number[]
  readonly cellCount: number
  readonly isolation: IsolationLevel
  /** Time that each side gets with each number of workers, over all rounds together. */
  readonly seconds: number
  readonly roundCount: number
  readonly seed: number
  /** How much to do; 0 for a workload that runs for a time. */
  readonly count: number
}

/** The options as the command line gives them: texts, none of them checked. */
export interface BenchOptionTexts {
  readonly workers?: string
  readonly cells?: string
  readonly isolation?: string
  readonly seconds?: string
  readonly rounds?: string
  readonly seed?: string
  readonly count?: string
}

/** An option that cannot be used. The message names the option, the text and what is allowed. */
export class BenchSettingsError extends Error {
  override readonly name = 'BenchSettingsError'
}

export const ISOLATION_LEVELS: readonly IsolationLevel[] = [
  'read-committed',
  'repeatable-read',
  'serializable',
]

export const DEFAULT_SECONDS = 5
export const DEFAULT_ROUND_COUNT = 10
export const DEFAULT_SEED = 1

const WORKER_COUNT_MAX = 64
const CELL_COUNT_MAX = 16_000_000
const SECONDS_MAX = 3_600
const ROUND_COUNT_MAX = 1_000
const SEED_MAX = 2 ** 32 - 1
const COUNT_MIN = 1_000
const COUNT_MAX = 1_000_000_000

/** A transfer needs two cells, in the share of each worker too. */
const CELLS_PER_WORKER_MIN = 2

/**
 * Returns the settings of one run: what the options say, else what the workload prefers.
 * @throws BenchSettingsError for an option that is malformed or out of range.
 */
export function readSettings(texts: BenchOptionTexts, workload: Workload): BenchSettings {
  const workerCounts = readWorkerCounts(texts.workers, workload) ?? workload.defaults.workerCounts
  const cellCountMin = Math.max(
    CELLS_PER_WORKER_MIN * Math.max(...workerCounts),
    workload.defaults.cellCountMin ?? 0,
  )
  return {
    workerCounts,
    cellCount:
      readInteger('--cells', texts.cells, cellCountMin, CELL_COUNT_MAX) ??
      Math.max(workload.defaults.cellCount, cellCountMin),
    isolation: readIsolation(texts.isolation),
    seconds: readSeconds(texts.seconds) ?? workload.defaults.seconds ?? DEFAULT_SECONDS,
    roundCount:
      readInteger('--rounds', texts.rounds, 1, ROUND_COUNT_MAX) ??
      workload.defaults.roundCount ??
      DEFAULT_ROUND_COUNT,
    seed: readInteger('--seed', texts.seed, 0, SEED_MAX) ?? DEFAULT_SEED,
    count: readCount(texts.count, workload),
  }
}

function readInteger(
  option: string,
  text: string | undefined,
  min: number,
  max: number,
): number | undefined {
  if (text === undefined) return undefined
  const value = /^\d+$/.test(text) ? Number(text) : Number.NaN
  if (value >= min && value <= max) return value
  throw new BenchSettingsError(
    `${option} must be an integer between ${min} and ${max}, not '${text}'`,
  )
}

function readWorkerCounts(
  text: string | undefined,
  { name, defaults }: Workload,
): readonly number[] | undefined {
  if (text === undefined) return undefined
  if (defaults.isSingleThreaded && text !== '1') {
    throw new BenchSettingsError(
      `--workers must be 1 for ${name}, which runs in one thread, not '${text}'`,
    )
  }
  const counts = text
    .split(',')
    .map((part) => readInteger('--workers', part, 1, WORKER_COUNT_MAX) as number)
  return [...new Set(counts)].sort((a, b) => a - b)
}

function readCount(text: string | undefined, { name, defaults }: Workload): number {
  const count = readInteger('--count', text, defaults.countMin ?? COUNT_MIN, COUNT_MAX)
  if (defaults.count !== undefined) return count ?? defaults.count
  if (count === undefined) return 0
  throw new BenchSettingsError(`--count is not for ${name}, which runs for a time`)
}

function readSeconds(text: string | undefined): number | undefined {
  if (text === undefined) return undefined
  const seconds = /^\d+(\.\d+)?$/.test(text) ? Number(text) : Number.NaN
  if (seconds > 0 && seconds <= SECONDS_MAX) return seconds
  throw new BenchSettingsError(
    `--seconds must be a number above 0 and at most ${SECONDS_MAX}, not '${text}'`,
  )
}

function readIsolation(text: string | undefined): IsolationLevel {
  if (text === undefined) return 'serializable'
  const level = ISOLATION_LEVELS.find((known) => known === text)
  if (level !== undefined) return level
  throw new BenchSettingsError(
    `--isolation must be one of ${ISOLATION_LEVELS.join(', ')}, not '${text}'`,
  )
}
