/** What one scenario is explored on: an arena with its keys, and threads that are ready. */
import { once } from 'node:events'
import { Worker } from 'node:worker_threads'
import {
  BUCKET_COUNT_OFFSET,
  CELL_COUNT_OFFSET,
  CLOCK_OFFSET,
  CLOSED_MAP_OFFSET,
  HORIZON_BOUND_OFFSET,
  SLOT_COUNT_OFFSET,
  SLOT_TABLE_ADDRESS,
} from '../../native-layout/arena-header-descriptor.ts'
import {
  CELL_SHIFT,
  CELL_VALUE_OFFSET,
  CELL_WORD_OFFSET,
} from '../../native-layout/cell-descriptor.ts'
import { layoutFingerprint } from '../../native-layout/fingerprint.ts'
import { META_WORD_OFFSET } from '../../native-layout/meta-descriptor.ts'
import { MODE_SERIALIZABLE, SLOT_PHASE_OFFSET } from '../../native-layout/slot-descriptor.ts'
import type { Kernel } from '../memory/kernel.ts'
import { EXPLORED_THREAD_URL } from '../pool/worker-urls.ts'
import { ArenaImage } from './arena-image.ts'
import { metaAddress } from './cell-parts.ts'
import {
  CELLS,
  ControlBlock,
  type ControlBuffers,
  makeControlBuffers,
  THREAD_INDEX,
  WATCHED,
  WATCHED_COUNT,
} from './control-block.ts'
import { ExploredThread, type ThreadSetup } from './explored-thread.ts'
import { ACCESS_COUNT_MAX, HookedKernel, throwEndless } from './hooked-kernel.ts'
import { Participant } from './participant.ts'
import type { Plan } from './plan.ts'
import { rowsIn, type Statement } from './program.ts'
import { type CompiledScenario, hasRows, openCount } from './scenario.ts'
import { SettledArena } from './settled-arena.ts'

const PAGE_COUNT = 48
const GAP_COUNT = 256

/** Node's ids of the threads are not used; these stand for them. */
const CHECKER_ID = 1000

/** The parts that a runner drives. */
export interface Stage {
  readonly control: ControlBlock
  readonly plan: Plan
  /** Threads 1 and up; thread 0 runs beside the explorer. */
  readonly workers: readonly Worker[]
  readonly first: ExploredThread
  /** The kernel that recovers and looks after each run. It is never stepped. */
  readonly checker: HookedKernel
  /** Puts it back into the state in which it was when the threads were started. */
  readonly beginCheck: () => void
  readonly check: Participant
  readonly checkStatements: readonly Statement[]
  readonly image: ArenaImage
  readonly settled: SettledArena
  /** Addresses of the records of all threads. */
  readonly records: readonly number[]
}

function planOf(compiled: CompiledScenario): Plan {
  const { names } = compiled
  const owned = names.threads.map((_, index) => `~${index}`)
  return {
    keys: [...names.keys, ...owned, '~check'],
    // Behind those of the scenario: the transaction that reads and writes everything in the end.
    transactionCount: names.transactions.length + 1,
    variableCount: names.variables.length + names.keys.length,
    pageCount: PAGE_COUNT,
    hasRows: hasRows(compiled),
  }
}

function fillStatements({ scenario }: CompiledScenario, transaction: number): Statement[] {
  const writes = Object.values(scenario.keys).flatMap((value, key): Statement[] => {
    if (value === null) return []
    if (String(value).startsWith('[')) {
      const place = { key, by: 'handle' } as const
      return [{ kind: 'rows', call: 'write', transaction, place, ...rowsIn(String(value)) }]
    }
    const isBlock = typeof value === 'string'
    const number = Number(isBlock ? value.slice(1) : value)
    const operand = { variable: -1, number, isBlock }
    return [{ kind: 'write', transaction, place: { key, by: 'handle' }, operand }]
  })
  return [
    { kind: 'begin', transaction, mode: MODE_SERIALIZABLE },
    ...writes,
    { kind: 'commit', transaction },
  ]
}

/** Reads every key, and writes those that existed before. */
function checkStatements(compiled: CompiledScenario, plan: Plan): Statement[] {
  const transaction = plan.transactionCount - 1
  const { keys } = compiled.names
  const firstVariable = plan.variableCount - keys.length
  const reads = keys.map((_, key): Statement => {
    return { kind: 'read', transaction, place: { key, by: 'key' }, variable: firstVariable + key }
  })
  const writes = Object.keys(compiled.scenario.keys).map((_, key): Statement => {
    const operand = { variable: firstVariable + key, number: 0, isBlock: false }
    return { kind: 'write', transaction, place: { key, by: 'handle' }, operand }
  })
  return [
    { kind: 'begin', transaction, mode: MODE_SERIALIZABLE },
    ...reads,
    ...writes,
    { kind: 'commit', transaction },
  ]
}

async function startThreads(
  compiled: CompiledScenario,
  common: Omit<ThreadSetup, 'me' | 'statements' | 'slotCount' | 'ownKey'>,
): Promise<{ first: ExploredThread; workers: Worker[] }> {
  const setups = compiled.programs.map((statements, me): ThreadSetup => {
    const ownKey = compiled.names.keys.length + me
    return { ...common, me, statements, slotCount: openCount(statements), ownKey }
  })
  const [setup, ...others] = setups
  if (setup === undefined) throw new Error(`${compiled.scenario.name} has no threads`)
  const first = new ExploredThread(setup)
  const workers: Worker[] = []
  for (const workerData of others) {
    const worker = new Worker(EXPLORED_THREAD_URL, { workerData })
    workers.push(worker)
    // One after the other, so that slots and pages are the same in every exploration.
    await once(worker, 'message')
    worker.unref()
  }
  return { first, workers }
}

/** Words that say how far the protocol is: they tell states apart. */
function watch(control: ControlBlock, arena: ArrayBufferLike, cells: readonly number[]): void {
  const u32 = new Uint32Array(arena)
  const addresses = [CLOCK_OFFSET, HORIZON_BOUND_OFFSET, CLOSED_MAP_OFFSET]
  for (const cell of cells) {
    const address = cell << CELL_SHIFT
    addresses.push(address + CELL_WORD_OFFSET, address + CELL_VALUE_OFFSET)
    addresses.push(metaAddress(address) + META_WORD_OFFSET)
  }
  const slotCount = u32[SLOT_COUNT_OFFSET >>> 2] as number
  for (let id = 1; id <= slotCount; id++) {
    addresses.push((u32[(SLOT_TABLE_ADDRESS >>> 2) + id] as number) + SLOT_PHASE_OFFSET)
  }
  for (const [index, address] of addresses.entries()) control.words[WATCHED + index] = address >>> 3
  control.words[WATCHED_COUNT] = addresses.length
}

function recordsOf(kernel: Kernel, threadCount: number): number[] {
  return Array.from({ length: threadCount }, (_, index) => kernel.threadRecord(index) >>> 0)
}

/** Makes an arena, fills it, and starts the threads. */
export async function makeStage(
  compiled: CompiledScenario,
  module: WebAssembly.Module,
): Promise<Stage> {
  const { scenario, names } = compiled
  const memory = new WebAssembly.Memory({ initial: PAGE_COUNT, maximum: PAGE_COUNT, shared: true })
  const { buffer } = memory
  const buffers: ControlBuffers = makeControlBuffers(buffer.byteLength)
  const threadCount = names.threads.length
  const mortal = compiled.dying[0] ?? 0
  const control = new ControlBlock(buffers, buffer, threadCount, mortal)
  let accessCount = 0
  const beforeAccess = (): void => {
    if (++accessCount > ACCESS_COUNT_MAX) throwEndless()
  }
  const checker = new HookedKernel(module, memory, beforeAccess)
  const beginCheck = (): void => {
    accessCount = 0
    checker.restore()
  }
  const { kernel } = checker
  kernel.createArena(PAGE_COUNT, GAP_COUNT, layoutFingerprint(), 0, 0, 0, 0)
  kernel.attachThread(CHECKER_ID)
  const plan = planOf(compiled)
  const slotCount = Math.max(1, openCount(compiled.before))
  const check = new Participant(plan, kernel, control, buffer, {
    slotCount,
    awaitEnd: () => {},
    onTick: () => {},
  })
  check.warmUp(plan.keys.length - 1)
  const cells = Object.keys(scenario.keys).map((_, key) => {
    const cell = check.makeCell(key)
    control.words[CELLS + 2 * key] = cell
    control.words[CELLS + 2 * key + 1] = kernel.foundGeneration()
    return cell
  })
  check.run(fillStatements(compiled, plan.transactionCount - 1))
  const common = { module, memory, buffers, plan, threadCount, mortal }
  const { first, workers } = await startThreads(compiled, common)
  check.run(compiled.before)
  if (scenario.fullIndex) {
    const u32 = new Uint32Array(buffer)
    u32[CELL_COUNT_OFFSET >>> 2] = u32[BUCKET_COUNT_OFFSET >>> 2] as number
  }
  checker.keep()
  watch(control, buffer, cells)
  const settled = new SettledArena(buffer)
  const records = recordsOf(kernel, threadCount + 1)
  control.words.fill(0, THREAD_INDEX + threadCount, CELLS)
  const image = new ArenaImage(buffer)
  return {
    ...{
      control,
      plan,
      workers,
      first,
      checker,
      beginCheck,
      check,
      image,
      settled,
      records,
    },
    checkStatements: checkStatements(compiled, plan),
  }
}
