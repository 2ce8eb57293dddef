import { threadId } from 'node:worker_threads'
import type { ConflictMode } from '../transaction/isolation.ts'
import type { Key } from '../values/key.ts'
import {
  type HistoryAttempt,
  type HistoryLevel,
  type HistoryOperation,
  IDS_A_THREAD,
} from './history-format.ts'

let nextNumber = 1

/** What an operation is when the conflict mode `ignore` dropped it. */
const DROPPED = { w: 'x', d: 'y', a: 'z' } as const

/** A new id of an attempt or a version, unique in the process. */
export function nextId(): number {
  return threadId * IDS_A_THREAD + nextNumber++
}

/** What differs from the header in one transaction. */
export interface AttemptMode {
  readonly isolation?: HistoryLevel | undefined
  readonly onConflict?: ConflictMode | undefined
  readonly name?: string | undefined
}

/** One attempt while it runs. */
export class AttemptLog {
  readonly id: number = nextId()
  readonly operations: HistoryOperation[] = []
  readonly #mode: AttemptMode
  readonly #beganNs: number

  constructor({ isolation, onConflict, name }: AttemptMode, beganNs: number) {
    this.#mode = { isolation, onConflict, name }
    this.#beganNs = beganNs
  }

  add(kind: 'r' | 'w' | 'd' | 'a', key: Key, version: number | null): void {
    this.operations.push([kind, key, version])
  }

  addList(key: Key, elements: readonly number[]): void {
    this.operations.push(['l', key, elements])
  }

  committed(endedNs: number, timestamp: number, ignored: readonly Key[]): HistoryAttempt {
    const dropped = new Set(ignored.map((key) => JSON.stringify(key)))
    const operations =
      dropped.size === 0
        ? this.operations
        : this.operations.map((operation): HistoryOperation => {
            const [kind, key, version] = operation
            return isWrite(kind) && dropped.has(JSON.stringify(key))
              ? [DROPPED[kind], key, version as number]
              : operation
          })
    return { ...this.#ended('committed', endedNs), timestamp, operations }
  }

  aborted(endedNs: number): HistoryAttempt {
    return { ...this.#ended('aborted', endedNs), timestamp: 0, operations: this.operations }
  }

  #ended(end: HistoryAttempt['end'], endedNs: number) {
    return { id: this.id, end, beganNs: this.#beganNs, endedNs, ...this.#mode }
  }
}

function isWrite(kind: HistoryOperation[0]): kind is keyof typeof DROPPED {
  return kind in DROPPED
}
