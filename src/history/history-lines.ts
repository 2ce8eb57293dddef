import { type HistoryFault, HistoryFileError } from '../errors/history-errors.ts'
import type { Key } from '../values/key.ts'
import { LEVELS as HISTORY_LEVELS, type HistoryTable } from './check/history-table.ts'
import {
  FORMAT_NAME,
  FORMAT_VERSION,
  FORMAT_VERSION_STRICT_ONLY,
  FORMAT_VERSION_WITHOUT_LISTS,
  type HistoryAttempt,
  type HistoryHeader,
  type HistoryLevel,
} from './history-format.ts'

const CONFLICT_MODES: ReadonlySet<unknown> = new Set(['fail', 'ignore', 'replace'])
const SINGLE_KINDS: ReadonlySet<unknown> = new Set(['r', 'w', 'd', 'x', 'y'])
const KINDS: ReadonlySet<unknown> = new Set([...SINGLE_KINDS, 'l', 'a', 'z'])

/** What a file may say, by the version of its format. */
interface Vocabulary {
  readonly kinds: ReadonlySet<unknown>
  /** By the name of a level in the file. */
  readonly levels: ReadonlyMap<unknown, HistoryLevel>
}

const LEVELS: ReadonlyMap<unknown, HistoryLevel> = new Map(
  HISTORY_LEVELS.map((level) => [level, level]),
)
const STRICT_LEVELS: ReadonlyMap<unknown, HistoryLevel> = new Map([
  ['read-committed', 'read-committed'],
  ['repeatable-read', 'repeatable-read'],
  ['serializable', 'strict-serializable'],
])
const VOCABULARIES: ReadonlyMap<unknown, Vocabulary> = new Map([
  [FORMAT_VERSION_WITHOUT_LISTS, { kinds: SINGLE_KINDS, levels: STRICT_LEVELS }],
  [FORMAT_VERSION_STRICT_ONLY, { kinds: KINDS, levels: STRICT_LEVELS }],
  [FORMAT_VERSION, { kinds: KINDS, levels: LEVELS }],
])
const SHOWN_LENGTH_MAX = 60

type Fields = Readonly<Record<string, unknown>>

/** Checks the lines of one file, one after the other, and enters what they say into a table. */
export class HistoryLines {
  readonly #file: string
  readonly #table: HistoryTable
  /** By number of this file: the number in the table. */
  readonly #keys = new Map<number, number>()
  readonly #keyNumberOf = (key: Key): number => this.#keys.get(key as number) as number
  #header: HistoryHeader | undefined
  #vocabulary: Vocabulary | undefined
  /** Nanoseconds from the clock of the table to that of the file. */
  #shiftNs = 0
  #line = 0
  #attempts = 0
  #complete = false

  constructor(file: string, table: HistoryTable) {
    this.#file = file
    this.#table = table
  }

  /** Whether the footer was read. */
  get complete(): boolean {
    return this.#complete
  }

  get header(): HistoryHeader | undefined {
    return this.#header
  }

  /**
   * Takes the next line, without its end.
   * @throws {HistoryFileError} when it is not what the format says.
   */
  take(text: string): void {
    this.#line++
    const fields = this.#parse(text)
    if (this.#header === undefined) this.#takeHeader(fields)
    else if (this.#complete) this.#refuse('damaged', 'there is a line after the footer')
    else if ('attempt' in fields) this.#takeAttempt(fields)
    else if ('key' in fields) this.#takeKey(fields)
    else if ('attempts' in fields) this.#takeFooter(fields)
    else this.#refuse('damaged', `no such line is known: ${shorten(text)}`)
  }

  /** Says how far the clock of this file is from that of the first one. */
  shift(nanoseconds: number): void {
    this.#shiftNs = nanoseconds
  }

  #parse(text: string): Fields {
    try {
      const value: unknown = JSON.parse(text)
      if (typeof value === 'object' && value !== null) return value as Fields
    } catch {
      // Said below.
    }
    return this.#header === undefined
      ? this.#refuse('foreign', 'the file does not begin with the header of a Khonsu history')
      : this.#refuse('damaged', `the line is no JSON object: ${shorten(text)}`)
  }

  #takeHeader(fields: Fields): void {
    if (fields.format !== FORMAT_NAME) {
      this.#refuse('foreign', 'the file does not begin with the header of a Khonsu history')
    }
    this.#vocabulary = VOCABULARIES.get(fields.version)
    if (this.#vocabulary === undefined) {
      const version = shorten(JSON.stringify(fields.version) ?? 'none')
      this.#refuse(
        'foreign',
        `its format has version ${version}, this reads 1 to ${FORMAT_VERSION}`,
      )
    }
    const { run, thread, clockNs, isolation, onConflict } = fields
    this.#expect(typeof run === 'string' && run !== '', 'run')
    this.#expect(isCount(thread), 'thread')
    this.#expect(typeof clockNs === 'string' && /^\d{1,20}$/.test(clockNs), 'clockNs')
    const level = this.#levelOf(isolation)
    this.#expect(level !== undefined, 'isolation')
    this.#expect(CONFLICT_MODES.has(onConflict), 'onConflict')
    this.#header = { ...(fields as unknown as HistoryHeader), isolation: level as HistoryLevel }
  }

  #takeKey({ key, name }: Fields): void {
    this.#expect(isCount(key), 'key')
    const isElement = (part: unknown): boolean =>
      typeof part === 'string' || typeof part === 'number'
    this.#expect(isElement(name) || (Array.isArray(name) && name.every(isElement)), 'name')
    this.#keys.set(key as number, this.#table.keyNumber(name as Key))
  }

  #takeAttempt(fields: Fields): void {
    const { attempt: id, end, beganNs, endedNs, timestamp, operations } = fields
    this.#expect(isCount(id) && (id as number) > 0, 'attempt')
    this.#expect(end === 'committed' || end === 'aborted', 'end')
    this.#expect(isCount(beganNs), 'beganNs')
    this.#expect(isCount(endedNs) && (endedNs as number) >= (beganNs as number), 'endedNs')
    this.#expect(isCount(timestamp), 'timestamp')
    const { isolation, onConflict, name } = fields
    const level = this.#levelOf(isolation)
    this.#expect(isolation === undefined || level !== undefined, 'isolation')
    this.#expect(onConflict === undefined || CONFLICT_MODES.has(onConflict), 'onConflict')
    this.#expect(name === undefined || typeof name === 'string', 'name')
    this.#expect(Array.isArray(operations), 'operations')
    for (const operation of operations as unknown[]) this.#checkOperation(operation)
    const attempt = fields as unknown as HistoryAttempt
    const shifted = {
      ...attempt,
      id: id as number,
      isolation: level,
      beganNs: attempt.beganNs + this.#shiftNs,
      endedNs: attempt.endedNs + this.#shiftNs,
    }
    this.#table.add(shifted, this.#header as HistoryHeader, this.#keyNumberOf)
    this.#attempts++
  }

  #levelOf(isolation: unknown): HistoryLevel | undefined {
    return this.#vocabulary?.levels.get(isolation)
  }

  #checkOperation(operation: unknown): void {
    if (Array.isArray(operation) && operation.length === 3) {
      const [kind, key, version] = operation
      const isKnown = this.#vocabulary?.kinds.has(kind) ?? false
      if (isKnown && this.#keys.has(key) && isResult(kind, version)) return
    }
    const given = shorten(JSON.stringify(operation) ?? String(operation))
    this.#refuse('damaged', `no operation, or one on a key without a name: ${given}`)
  }

  #takeFooter({ attempts }: Fields): void {
    this.#complete = true
    if (attempts === this.#attempts) return
    const counted = `the footer counts ${shorten(JSON.stringify(attempts) ?? 'none')} attempts`
    this.#refuse('damaged', `${counted}, the file has ${this.#attempts}`)
  }

  #expect(holds: boolean, field: string): void {
    if (!holds) this.#refuse('damaged', `the field ${field} is missing or not as it should be`)
  }

  #refuse(fault: HistoryFault, why: string): never {
    throw new HistoryFileError({ fault, file: this.#file, line: this.#line, why })
  }
}

/** Whether an operation of a kind may have read or written this. */
function isResult(kind: unknown, version: unknown): boolean {
  const isVersion = (id: unknown): boolean => isCount(id) && id > 0
  if (kind === 'l') return Array.isArray(version) && version.every(isVersion)
  return isVersion(version) || (kind === 'r' && (version === null || version === 0))
}

function isCount(value: unknown): value is number {
  return Number.isSafeInteger(value) && (value as number) >= 0
}

function shorten(text: string): string {
  return text.length <= SHOWN_LENGTH_MAX ? text : `${text.slice(0, SHOWN_LENGTH_MAX)}…`
}
