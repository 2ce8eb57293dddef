import { setTimeout as sleep } from 'node:timers/promises'
import { type EncodedError, encodeError } from '../errors/error-encoding.ts'

/** What a pool thread is asked to do. */
export interface PoolTask {
  /** URL of the module whose default export is called. */
  readonly url: string
  readonly input: unknown
  /** Where the tasks of one `runAll` wait for each other, so that each worker gets one. */
  readonly gate: Int32Array | undefined
}

/** What it answers. Errors travel encoded, so that they keep class and code. */
export type PoolAnswer =
  | { readonly ok: true; readonly result: unknown }
  | { readonly ok: false; readonly error: EncodedError }

/** Gate word: tasks that have arrived. */
const ARRIVED = 0
/** Gate word: tasks that are expected; 0 once one of them will never come. */
const EXPECTED = 1

const GATE_POLL_MS = 1

/** A gate for so many tasks. */
export function createGate(taskCount: number): Int32Array {
  const gate = new Int32Array(new SharedArrayBuffer(2 * Int32Array.BYTES_PER_ELEMENT))
  gate[EXPECTED] = taskCount
  return gate
}

/** Lets the tasks that wait at a gate go: one of the others will never come. */
export function breakGate(gate: Int32Array): void {
  Atomics.store(gate, EXPECTED, 0)
}

/** Whether nobody waits at a gate any more. */
export function isPassed(gate: Int32Array): boolean {
  return Atomics.load(gate, ARRIVED) >= Atomics.load(gate, EXPECTED)
}

async function passGate(gate: Int32Array): Promise<void> {
  Atomics.add(gate, ARRIVED, 1)
  while (!isPassed(gate)) await sleep(GATE_POLL_MS)
}

/** Runs one task in a pool thread, once what the thread needs is loaded. */
export async function runPoolTask(
  { url, input, gate }: PoolTask,
  load: () => Promise<void>,
): Promise<PoolAnswer> {
  try {
    await load()
    if (gate !== undefined) await passGate(gate)
    const module: { readonly default?: unknown } = await import(url)
    if (typeof module.default !== 'function') {
      throw new TypeError(`${url} has no default export that is a function`)
    }
    return { ok: true, result: await module.default(input) }
  } catch (error) {
    return { ok: false, error: encodeError(error) }
  }
}
