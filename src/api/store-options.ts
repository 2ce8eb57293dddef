import { availableParallelism, totalmem } from 'node:os'
import { PAGE_LENGTH } from '../../native-layout/page-descriptor.ts'
import { InvalidOptionError } from '../errors/store-errors.ts'
import {
  type ConflictMode,
  type IsolationLevel,
  modeBits,
  SERIALIZABLE_MODES,
  type SerializableMode,
} from '../transaction/isolation.ts'
import { columnNames, DEFAULT_KEY_COLUMN, type KeyColumns } from '../transaction/key-columns.ts'

/** What `Khonsu.open` takes. */
export interface KhonsuOptions {
  /**
   * Length of the shared arena in bytes, 4 MiB to 4 GiB; fixed while the store is open. Real memory
   * is taken only as it is used. Default: half of what this process may use, at most 4 GiB.
   */
  readonly memory?: number
  /**
   * Bytes of shared memory beside the arena for the bodies of large batches, at most 256 GiB; as lazy as
   * the arena. One batch can have 2 GiB. Default: 0, they lie in the arena.
   */
  readonly payloadMemory?: number
  /** Threads of the pool, 0 for none. Default: one for each core. */
  readonly workers?: number
  /** Level of transactions that say nothing else. Default: `serializable`. */
  readonly isolation?: IsolationLevel
  /** What happens on a write-write conflict. Default: `fail`, which `transact` retries. */
  readonly onConflict?: ConflictMode
  /** Key columns of batches that are written with `onConflict: 'append'`. Default: `id`. */
  readonly appendOn?: KeyColumns
  /**
   * How serializability is reached. `ssi`: a transaction with a stale read commits unless it would
   * close a cycle of dependencies; the serial order may differ from real time. `occ`: any stale read
   * aborts, and the order agrees with real time. Default: `ssi`.
   */
  readonly serializable?: SerializableMode
  /** Age in milliseconds at which a snapshot may lose its right. Default: 60000. */
  readonly maxSnapshotAgeMs?: number
  /** Milliseconds of attempts after which `transact` gives up. Default: 30000. */
  readonly timeoutMs?: number
  /** Tasks that wait for a worker before `run` itself waits. Default: 64 for each worker. */
  readonly queueLimit?: number
  /** Runs each body once more than needed, to expose side effects. Default: false. */
  readonly development?: boolean
  /**
   * For tests: batches are read from copies, which are overwritten when the transaction, or the pin, ends,
   * and so is memory that is given back. Who uses a batch for too long then sees it at once.
   * Default: false.
   */
  readonly poison?: boolean
}

/** Options with every default filled in; travels to other threads in a handle. */
export interface StoreSettings {
  readonly memory: number
  readonly payloadMemory: number
  readonly workers: number
  readonly isolation: IsolationLevel
  readonly onConflict: ConflictMode
  readonly appendOn: readonly string[]
  readonly serializable: SerializableMode
  readonly maxSnapshotAgeMs: number
  readonly timeoutMs: number
  readonly queueLimit: number
  readonly development: boolean
  readonly poison: boolean
}

const MIB = 1024 * 1024
const MEMORY_MIN = 4 * MIB
const MEMORY_MAX = 4096 * MIB
const PAYLOAD_MAX = 256 * 1024 * MIB
const WORKERS_MAX = 200
const QUEUED_TASKS_A_WORKER = 64
const NAMES: ReadonlySet<string> = new Set([
  'memory',
  'payloadMemory',
  'workers',
  'isolation',
  'onConflict',
  'appendOn',
  'serializable',
  'maxSnapshotAgeMs',
  'timeoutMs',
  'queueLimit',
  'development',
  'poison',
] satisfies (keyof KhonsuOptions)[])

/**
 * Checks options and fills in the defaults.
 * @throws {InvalidOptionError} naming the option, what was given and what is accepted.
 */
export function completeOptions(options: KhonsuOptions): StoreSettings {
  for (const name of Object.keys(options)) {
    if (!NAMES.has(name)) refuse(name, undefined, `one of ${[...NAMES].join(', ')}`)
  }
  const workers = whole('workers', options.workers ?? availableParallelism(), 0, WORKERS_MAX)
  const isolation = options.isolation ?? 'serializable'
  const onConflict = options.onConflict ?? 'fail'
  modeBits(isolation, onConflict)
  const serializable = options.serializable ?? 'ssi'
  if (!SERIALIZABLE_MODES.includes(serializable)) {
    refuse('serializable', serializable, SERIALIZABLE_MODES.join(', '))
  }
  const development = options.development ?? false
  if (typeof development !== 'boolean') refuse('development', development, 'true or false')
  const poison = options.poison ?? false
  if (typeof poison !== 'boolean') refuse('poison', poison, 'true or false')
  const memory = whole('memory', options.memory ?? defaultMemory(), MEMORY_MIN, MEMORY_MAX)
  const dayMs = 24 * 3600 * 1000
  return {
    memory: memory - (memory % PAGE_LENGTH),
    payloadMemory: whole('payloadMemory', options.payloadMemory ?? 0, 0, PAYLOAD_MAX),
    workers,
    isolation,
    onConflict,
    appendOn: columnNames(options.appendOn ?? DEFAULT_KEY_COLUMN),
    serializable,
    maxSnapshotAgeMs: whole('maxSnapshotAgeMs', options.maxSnapshotAgeMs ?? 60_000, 10, dayMs),
    timeoutMs: whole('timeoutMs', options.timeoutMs ?? 30_000, 1, dayMs),
    queueLimit: whole(
      'queueLimit',
      options.queueLimit ?? Math.max(1, workers) * QUEUED_TASKS_A_WORKER,
      1,
      1_000_000,
    ),
    development,
    poison,
  }
}

/** Half of what this process may use: a lazy arena must not grow into the out-of-memory killer. */
function defaultMemory(): number {
  const constrained = process.constrainedMemory?.() ?? 0
  const total = totalmem()
  const usable = constrained > 0 && constrained < total ? constrained : total
  return Math.max(MEMORY_MIN, Math.min(MEMORY_MAX, Math.floor(usable / 2)))
}

function whole(option: string, given: number, min: number, max: number): number {
  if (Number.isInteger(given) && given >= min && given <= max) return given
  return refuse(option, given, `a whole number from ${min} to ${max}`)
}

function refuse(option: string, given: unknown, accepted: string): never {
  throw new InvalidOptionError({ option, given, accepted })
}
