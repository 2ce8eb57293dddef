import { HistoryFileError } from '../../errors/history-errors.ts'
import type { ConflictMode } from '../../transaction/isolation.ts'
import type { Key } from '../../values/key.ts'
import type { HistoryAttempt, HistoryLevel, HistoryOperation } from '../history-format.ts'
import { Column } from './column.ts'
import { ListReads } from './list-reads.ts'

/** Levels from the weakest to the strongest: their index is what the table holds. */
export const LEVELS: readonly HistoryLevel[] = [
  'read-committed',
  'repeatable-read',
  'serializable',
  'strict-serializable',
]
const CONFLICT_MODES: readonly ConflictMode[] = ['fail', 'ignore', 'replace']
const REPLACE = CONFLICT_MODES.indexOf('replace')

export const READ = 0
export const LIST_READ = 1
export const WRITE = 2
export const DELETE = 3
export const APPEND = 4
export const DROPPED_WRITE = 5
export const DROPPED_DELETE = 6
export const DROPPED_APPEND = 7

const KIND_OF_LETTER = {
  r: READ,
  l: LIST_READ,
  w: WRITE,
  d: DELETE,
  a: APPEND,
  x: DROPPED_WRITE,
  y: DROPPED_DELETE,
  z: DROPPED_APPEND,
} as const

export function isRead(kind: number): boolean {
  return kind <= LIST_READ
}

function isOfList(kind: number): boolean {
  return kind === LIST_READ || kind === APPEND || kind === DROPPED_APPEND
}

/** What a key holds, as far as it is known. */
const UNKNOWN_FORM = 0
const SINGLE_FORM = 1
const LIST_FORM = 2

/** The version of a read that found no value, or an empty list. */
export const ABSENT = -1

const COMMITTED_BIT = 1
const LEVEL_SHIFT = 1
const LEVEL_MASK = 3
const CONFLICT_SHIFT = 3

/** What an attempt says nothing about is as in its file. */
export interface AttemptDefaults {
  readonly isolation: HistoryLevel
  readonly onConflict: ConflictMode
}

/** A history in columns: attempts and operations are numbered from 0 in the order of their arrival. */
export class HistoryTable {
  readonly ids: Column<Float64Array> = new Column((length) => new Float64Array(length))
  readonly beganNs: Column<Float64Array> = new Column((length) => new Float64Array(length))
  readonly endedNs: Column<Float64Array> = new Column((length) => new Float64Array(length))
  readonly timestamps: Column<Float64Array> = new Column((length) => new Float64Array(length))
  /** By attempt: its first operation. The last one ends where the next attempt begins. */
  readonly firstOperations: Column<Int32Array> = new Column((length) => new Int32Array(length))
  readonly names: Column<Int32Array> = new Column((length) => new Int32Array(length))
  readonly kinds: Column<Uint8Array> = new Column((length) => new Uint8Array(length))
  readonly keys: Column<Int32Array> = new Column((length) => new Int32Array(length))
  readonly versions: Column<Float64Array> = new Column((length) => new Float64Array(length))
  readonly lists: ListReads = new ListReads()
  readonly #forms: Column<Uint8Array> = new Column((length) => new Uint8Array(length))
  readonly #flags: Column<Uint8Array> = new Column((length) => new Uint8Array(length))
  readonly #keyTexts: string[] = []
  readonly #keyNumbers = new Map<string, number>()
  readonly #nameTexts: (string | undefined)[] = [undefined]
  readonly #nameNumbers = new Map<string, number>()

  get attemptCount(): number {
    return this.ids.length
  }

  get operationCount(): number {
    return this.kinds.length
  }

  get keyCount(): number {
    return this.#keyTexts.length
  }

  /** The number of a key in this table. */
  keyNumber(key: Key): number {
    const text = JSON.stringify(key)
    const known = this.#keyNumbers.get(text)
    if (known !== undefined) return known
    this.#keyTexts.push(text)
    this.#forms.push(UNKNOWN_FORM)
    this.#keyNumbers.set(text, this.#keyTexts.length - 1)
    return this.#keyTexts.length - 1
  }

  /**
   * @param keyNumberOf what an operation calls its key; default: its name.
   * @throws {HistoryFileError} when a key is a list in one operation and a single value in another.
   */
  add(
    attempt: HistoryAttempt,
    defaults: AttemptDefaults,
    keyNumberOf: (key: HistoryOperation[1]) => number = (key) => this.keyNumber(key),
  ): void {
    const { id, end, beganNs, endedNs, timestamp, operations, name } = attempt
    this.ids.push(id)
    this.beganNs.push(beganNs)
    this.endedNs.push(endedNs)
    this.timestamps.push(timestamp)
    this.names.push(name === undefined ? 0 : this.#nameNumber(name))
    const level = LEVELS.indexOf(attempt.isolation ?? defaults.isolation)
    const conflict = CONFLICT_MODES.indexOf(attempt.onConflict ?? defaults.onConflict)
    const committed = end === 'committed' ? COMMITTED_BIT : 0
    this.#flags.push(committed | (level << LEVEL_SHIFT) | (conflict << CONFLICT_SHIFT))
    this.firstOperations.push(this.operationCount)
    this.lists.beginAttempt()
    for (const operation of operations) this.#addOperation(operation, keyNumberOf(operation[1]))
  }

  #addOperation([letter, , result]: HistoryOperation, key: number): void {
    const kind = KIND_OF_LETTER[letter]
    this.#setForm(key, isOfList(kind) ? LIST_FORM : SINGLE_FORM)
    let version = result
    if (typeof version === 'object' && version !== null) {
      version = this.lists.addRead(this.operationCount, key, version) ?? null
    } else if (isOfList(kind)) {
      this.lists.addAppend(key, version as number)
    }
    this.kinds.push(kind)
    this.keys.push(key)
    this.versions.push(version ?? ABSENT)
  }

  #setForm(key: number, form: number): void {
    const known = this.#forms.data[key]
    this.#forms.data[key] = form
    if (known === form || known === UNKNOWN_FORM) return
    const why = `the key ${this.keyText(key)} is a list in one place and a single value in another`
    throw new HistoryFileError({ fault: 'damaged', file: 'the history', why })
  }

  /** Whether a key is a list. */
  isList(key: number): boolean {
    return this.#forms.data[key] === LIST_FORM
  }

  isCommitted(attempt: number): boolean {
    return ((this.#flags.data[attempt] as number) & COMMITTED_BIT) !== 0
  }

  /** Index in `LEVELS`. */
  levelOf(attempt: number): number {
    return ((this.#flags.data[attempt] as number) >> LEVEL_SHIFT) & LEVEL_MASK
  }

  /** Whether its writes win over what came in between. */
  replaces(attempt: number): boolean {
    return (this.#flags.data[attempt] as number) >> CONFLICT_SHIFT === REPLACE
  }

  operationsEnd(attempt: number): number {
    const next = attempt + 1
    return next < this.attemptCount
      ? (this.firstOperations.data[next] as number)
      : this.operationCount
  }

  /** The key as JSON. */
  keyText(key: number): string {
    return this.#keyTexts[key] as string
  }

  nameOf(attempt: number): string | undefined {
    return this.#nameTexts[this.names.data[attempt] as number]
  }

  #nameNumber(name: string): number {
    const known = this.#nameNumbers.get(name)
    if (known !== undefined) return known
    this.#nameNumbers.set(name, this.#nameTexts.length)
    return this.#nameTexts.push(name) - 1
  }
}
