import { HistoryFileError } from '../../errors/history-errors.ts'
import {
  APPEND,
  DELETE,
  DROPPED_APPEND,
  DROPPED_DELETE,
  DROPPED_WRITE,
  type HistoryTable,
  isRead,
  LIST_READ,
} from '../check/history-table.ts'
import { VersionOrder } from '../check/version-order.ts'
import { IDS_A_THREAD } from '../history-format.ts'
import { EdnProcesses } from './edn-processes.ts'

type EndType = 'ok' | 'fail' | 'info'

/** A table as EDN, one map a line, in the order of time. */
export class EdnTransactions {
  readonly #table: HistoryTable
  readonly #processes = new EdnProcesses()
  /** By attempt: its process while it is open. */
  readonly #processOf: Int32Array
  #index = 0
  #startNs = 0

  /** @throws {HistoryFileError} when Elle has no operations for what happened. */
  constructor(table: HistoryTable) {
    refuseWhatElleLacks(table)
    this.#table = table
    this.#processOf = new Int32Array(table.attemptCount)
  }

  *lines(): Generator<string> {
    const { beganNs, endedNs, attemptCount } = this.#table
    const events = this.#eventsInOrder()
    const first = events[0] ?? 0
    const last = events[events.length - 1] ?? 0
    this.#startNs = attemptCount === 0 ? 0 : (beganNs.data[first >>> 1] as number)
    const endNs = attemptCount === 0 ? 0 : (endedNs.data[last >>> 1] as number)
    const missing = missingWritesOf(this.#table)
    const unknown = missing.map((write) => ({ write, process: this.#processes.begin(-1) }))
    for (const { write, process } of unknown) {
      yield this.#line('invoke', process, this.#startNs, write)
    }
    for (const event of events) yield this.#event(event >>> 1, (event & 1) === 1)
    for (const { write, process } of unknown) yield this.#line('info', process, endNs, write)
  }

  /** Twice the number of an attempt for its beginning, one more for its end. */
  #eventsInOrder(): Int32Array {
    const { beganNs, endedNs, attemptCount } = this.#table
    const timeOf = (event: number): number =>
      ((event & 1) === 0 ? beganNs : endedNs).data[event >>> 1] as number
    const events = Int32Array.from({ length: attemptCount * 2 }, (_, event) => event)
    // What touches in time counts as at the same time: beginnings come first.
    return events.sort((a, b) => timeOf(a) - timeOf(b) || (a & 1) - (b & 1) || a - b)
  }

  #event(attempt: number, isEnd: boolean): string {
    const { ids, beganNs, endedNs } = this.#table
    const thread = Math.floor((ids.data[attempt] as number) / IDS_A_THREAD)
    if (!isEnd) {
      const process = this.#processes.begin(thread)
      this.#processOf[attempt] = process
      const began = beganNs.data[attempt] as number
      return this.#line('invoke', process, began, this.#operations(attempt, false))
    }
    const process = this.#processOf[attempt] as number
    this.#processes.end(thread, process)
    const committed = this.#table.isCommitted(attempt)
    const type: EndType = committed ? 'ok' : 'fail'
    const text = this.#operations(attempt, committed)
    return this.#line(type, process, endedNs.data[attempt] as number, text)
  }

  #line(type: 'invoke' | EndType, process: number, timeNs: number, operations: string): string {
    const time = timeNs - this.#startNs
    return (
      `{:index ${this.#index++}, :type :${type}, :process ${process}, :f :txn, :time ${time}, ` +
      `:value [${operations}]}\n`
    )
  }

  /** The micro-operations of an attempt, without those that were dropped. */
  #operations(attempt: number, isRead: boolean): string {
    const { kinds, keys, firstOperations } = this.#table
    const own = new Map<number, number[]>()
    const dropped = new Set<number>()
    const texts: string[] = []
    const end = this.#table.operationsEnd(attempt)
    for (let at = firstOperations.data[attempt] as number; at < end; at++) {
      const kind = kinds.data[at] as number
      const key = keys.data[at] as number
      if (isDropped(kind)) dropped.add(key)
      // What is read after an own write that never took place is of no use to others.
      if (!dropped.has(key)) texts.push(this.#operation(at, isRead, own))
    }
    return texts.join(' ')
  }

  #operation(at: number, isKnown: boolean, own: Map<number, number[]>): string {
    const { kinds, keys, versions, lists } = this.#table
    const kind = kinds.data[at] as number
    const key = keys.data[at] as number
    const text = this.#table.keyText(key)
    const version = versions.data[at] as number
    if (kind === LIST_READ) {
      const others = lists.othersOf(at)
      const list = others === undefined ? lists.torn.get(at) : others.concat(own.get(key) ?? [])
      return `[:r ${text} ${isKnown ? `[${list?.join(' ')}]` : 'nil'}]`
    }
    if (kind === APPEND) {
      own.set(key, [...(own.get(key) ?? []), version])
      return `[:append ${text} ${version}]`
    }
    if (isRead(kind)) return `[:r ${text} ${isKnown && version > 0 ? version : 'nil'}]`
    return `[:w ${text} ${version}]`
  }
}

function isDropped(kind: number): boolean {
  return kind === DROPPED_WRITE || kind === DROPPED_APPEND
}

function refuseWhatElleLacks(table: HistoryTable): void {
  let lists = 0
  for (let at = 0; at < table.operationCount; at++) {
    const kind = table.kinds.data[at] as number
    const key = table.keys.data[at] as number
    if (kind === DELETE || kind === DROPPED_DELETE) {
      refuse(`the key ${table.keyText(key)} is deleted, and Elle knows no deletions`)
    }
    if (table.isList(key)) lists++
    if (lists > 0 && lists <= at) {
      refuse('it has lists and single values, and Elle takes one or the other')
    }
  }
}

function refuse(why: string): never {
  throw new HistoryFileError({ fault: 'unexportable', file: 'the history', why })
}

/**
 * Writes of what was read and nobody wrote, or only in vain. Elle needs a writer for each element;
 * whether and when it committed is not known.
 */
function missingWritesOf(table: HistoryTable): string[] {
  const { operationCount, kinds, keys, versions, lists } = table
  const order = new VersionOrder(table)
  const missing = new Set<string>()
  const isMissing = (version: number, key: number): boolean => {
    const write = order.writeOf(version)
    if (version <= 0) return false
    return write === -1 || keys.data[write] !== key || isDropped(kinds.data[write] as number)
  }
  for (let at = 0; at < operationCount; at++) {
    const key = keys.data[at] as number
    const version = versions.data[at] as number
    const isSingle = isRead(kinds.data[at] as number) && kinds.data[at] !== LIST_READ
    if (isSingle && isMissing(version, key)) missing.add(`[:w ${table.keyText(key)} ${version}]`)
  }
  const read = [...lists.branches, ...tornLists(table)]
  for (const { key, elements } of read) {
    for (const element of elements) {
      if (isMissing(element, key)) missing.add(`[:append ${table.keyText(key)} ${element}]`)
    }
  }
  return [...missing]
}

function tornLists({ lists, keys }: HistoryTable) {
  return [...lists.torn].map(([operation, elements]) => ({
    key: keys.data[operation] as number,
    elements,
  }))
}
