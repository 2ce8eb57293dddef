import { isMainThread, parentPort, Worker, workerData } from 'node:worker_threads'
import type { FlightColumns } from './flight-columns.ts'
import type { FlightTotals, Totals } from './flight-totals.ts'
import { measureRun, type RunOptions, type RunResult, sharedClockMs } from './measured-run.ts'
import { createBoard, passGate, takeRows } from './run-board.ts'
import { firstMessage } from './worker-outcome.ts'

/**
 * The control: the same job by hand, without transactions. Each airport and each route is one cache
 * line that holds its numbers and its spin lock.
 * Invariants:
 *   H1. The numbers of an entity are read and written only by the holder of its lock.
 *   H2. A flight holds its three locks at once, as its transaction would.
 *   H3. Locks are taken in ascending order of entity, airports before routes: no deadlock.
 */
const ENTITY_LENGTH = 64
const FLOATS_PER_ENTITY = ENTITY_LENGTH / Float64Array.BYTES_PER_ELEMENT
const WORDS_PER_ENTITY = ENTITY_LENGTH / Int32Array.BYTES_PER_ELEMENT
const DEPARTURES = 0
const ARRIVALS = 1
const DELAY_SUM = 2
const DISTANCE_SUM = 3
const WORST_DELAY = 4
const LOCK_WORD = (5 * Float64Array.BYTES_PER_ELEMENT) / Int32Array.BYTES_PER_ELEMENT
const SPINS_BEFORE_SLEEP = 2_000
const SLEEP_MS = 0.05

const JOB_KIND = 'khonsu-flights-hand-locked'

interface HandLockedJob {
  readonly kind: typeof JOB_KIND
  readonly columns: FlightColumns
  readonly board: Int32Array
  readonly entities: SharedArrayBuffer
  readonly workerIndex: number
}

/**
 * Runs the job on `workerCount` plain worker threads.
 * @throws CliError when a worker dies; the reason of the signal when it was aborted.
 */
export async function runHandLocked(
  columns: FlightColumns,
  workerCount: number,
  options: RunOptions,
): Promise<RunResult> {
  const entityCount = columns.airportCodes.length + columns.routes.length
  const entities = new SharedArrayBuffer(entityCount * ENTITY_LENGTH)
  const floats = new Float64Array(entities)
  for (let entity = 0; entity < entityCount; entity++) {
    floats[entity * FLOATS_PER_ENTITY + WORST_DELAY] = Number.NEGATIVE_INFINITY
  }
  const board = createBoard(workerCount)
  const workers = Array.from({ length: workerCount }, (_, workerIndex) => {
    const job: HandLockedJob = { kind: JOB_KIND, columns, board, entities, workerIndex }
    return new Worker(new URL(import.meta.url), { workerData: job })
  })
  try {
    const finished = Promise.all(
      workers.map((worker, index) => firstMessage(worker, `hand-locked worker ${index}`)),
    ) as Promise<number[]>
    const elapsedMs = await measureRun(board, workerCount, finished, options)
    return { elapsedMs, totals: readTotals(columns, floats) }
  } finally {
    await Promise.all(workers.map((worker) => worker.terminate()))
  }
}

function readTotals(columns: FlightColumns, floats: Float64Array): FlightTotals {
  const totals = (entity: number): Totals => {
    const base = entity * FLOATS_PER_ENTITY
    return {
      departures: floats[base + DEPARTURES] as number,
      arrivals: floats[base + ARRIVALS] as number,
      delaySum: floats[base + DELAY_SUM] as number,
      distanceSum: floats[base + DISTANCE_SUM] as number,
      worstDelay: floats[base + WORST_DELAY] as number,
    }
  }
  const airportCount = columns.airportCodes.length
  return {
    airports: columns.airportCodes.map((_, index) => totals(index)),
    routes: columns.routes.map((_, index) => totals(airportCount + index)),
  }
}

function workByHand({ columns, board, entities, workerIndex }: HandLockedJob): number {
  const floats = new Float64Array(entities)
  const words = new Int32Array(entities)
  const { originIndex, destinationIndex, routeIndex, delay, distance } = columns
  const airportCount = columns.airportCodes.length
  passGate(board)
  takeRows(board, workerIndex, columns.rowCount, (start, end) => {
    for (let row = start; row < end; row++) {
      const origin = originIndex[row] as number
      const destination = destinationIndex[row] as number
      const route = airportCount + (routeIndex[row] as number)
      const minutes = delay[row] as number
      const miles = distance[row] as number
      const first = origin < destination ? origin : destination
      const second = origin < destination ? destination : origin
      lock(words, first)
      if (second !== first) lock(words, second)
      lock(words, route)
      add(floats, origin, 1, 0, minutes, miles)
      add(floats, destination, 0, 1, minutes, miles)
      add(floats, route, 1, 1, minutes, miles)
      unlock(words, route)
      if (second !== first) unlock(words, second)
      unlock(words, first)
    }
    return end - start
  })
  return sharedClockMs()
}

function add(
  floats: Float64Array,
  entity: number,
  departures: number,
  arrivals: number,
  minutes: number,
  miles: number,
): void {
  const base = entity * FLOATS_PER_ENTITY
  floats[base + DEPARTURES] = (floats[base + DEPARTURES] as number) + departures
  floats[base + ARRIVALS] = (floats[base + ARRIVALS] as number) + arrivals
  floats[base + DELAY_SUM] = (floats[base + DELAY_SUM] as number) + minutes
  floats[base + DISTANCE_SUM] = (floats[base + DISTANCE_SUM] as number) + miles
  if (minutes > (floats[base + WORST_DELAY] as number)) floats[base + WORST_DELAY] = minutes
}

/** Spins on a plain load between attempts; sleeps briefly when the holder seems to be off its core. */
function lock(words: Int32Array, entity: number): void {
  const index = entity * WORDS_PER_ENTITY + LOCK_WORD
  while (Atomics.compareExchange(words, index, 0, 1) !== 0) {
    let spins = 0
    while (Atomics.load(words, index) !== 0) {
      if (++spins < SPINS_BEFORE_SLEEP) continue
      Atomics.wait(words, index, 1, SLEEP_MS)
      spins = 0
    }
  }
}

function unlock(words: Int32Array, entity: number): void {
  Atomics.store(words, entity * WORDS_PER_ENTITY + LOCK_WORD, 0)
}

const isJob = (data: unknown): data is HandLockedJob => {
  return typeof data === 'object' && data !== null && 'kind' in data && data.kind === JOB_KIND
}

if (!isMainThread && isJob(workerData)) parentPort?.postMessage(workByHand(workerData))
